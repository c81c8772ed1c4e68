import type { ReactNode } from "react";
import type { AuditEntryAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Dialog } from "../../ui/Dialog";
import { columns } from "../../words/columns";
import { operation } from "../../words/operation";
import { sayAction } from "./AuditLog";
import { differences, fieldText, valueText } from "./diff";

export function AuditEntry({ entry, onClose }: { entry: AuditEntryAnswer; onClose: () => void }): ReactNode {
  const t = useWords(operation);
  const tc = useWords(columns);
  const formats = useFormats();
  const rows = differences(entry.before, entry.after);
  const says = { yes: t("yes"), no: t("no"), hidden: t("hidden"), nothing: t("nothing"), moment: formats.moment };
  const how = [
    entry.actor_kind === "user" ? null : t(`actor_${entry.actor_kind}`),
    entry.api_key_id === null ? null : t("actor_key", { n: String(entry.api_key_id) }),
  ].filter(Boolean);
  return (
    <Dialog title={sayAction(t, entry)} shape="wide" onClose={onClose}>
      <div className="form">
        <p className="soft">
          {formats.moment(new Date(entry.at))} · {[entry.actor_name, ...how].join(" ")}
        </p>
        {rows.length === 0 ? (
          <p className="soft">{t("no_details")}</p>
        ) : (
          <dl className="diff">
            {rows.map((row) => (
              <div key={row.field}>
                <dt>{fieldText(row.field, tc)}</dt>
                {entry.before !== null && (
                  <dd className="diff-before">
                    <span className="unseen">{t("before")}: </span>
                    {valueText(row.before, says)}
                  </dd>
                )}
                {entry.after !== null && (
                  <dd className="diff-after">
                    <span className="unseen">{t("after")}: </span>
                    {valueText(row.after, says)}
                  </dd>
                )}
              </div>
            ))}
          </dl>
        )}
        {entry.trace !== null && (
          <p className="field-hint">
            {t("request")} <code>{entry.trace}</code>
          </p>
        )}
      </div>
    </Dialog>
  );
}
