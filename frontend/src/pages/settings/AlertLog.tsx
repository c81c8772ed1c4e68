import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { AlertAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { useResolve } from "../../shell/useResolve";
import { Button } from "../../ui/Button";
import { Segmented } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { Tag } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { operation } from "../../words/operation";

export default function AlertLog(): ReactNode {
  const t = useWords(operation);
  const [params, change] = useParams();
  const state = params.get("show") === "resolved" ? "resolved" : "open";
  const listing = useListing(["alert", "list", state], "GET /api/v1/alerts", { query: { state } });
  return (
    <Page
      title={t("alerts")}
      width="reading"
      tools={
        <Segmented
          label={t("alerts_which")}
          value={state}
          options={[
            { value: "open", label: t("alerts_open") },
            { value: "resolved", label: t("alerts_resolved") },
          ]}
          onChange={(show) => change({ show: show === "open" ? null : show })}
        />
      }
    >
      <Listed
        listing={listing}
        rows={3}
        empty={
          <EmptyState icon="bell" title={t(state === "open" ? "alerts_none" : "alerts_none_resolved")}>
            {t("alerts_none_text")}
          </EmptyState>
        }
      >
        {(rows) => (
          <ul className="alert-log">
            {rows.map((alert) => (
              <OneAlert key={alert.id} alert={alert} />
            ))}
          </ul>
        )}
      </Listed>
    </Page>
  );
}

function OneAlert({ alert }: { alert: AlertAnswer }): ReactNode {
  const t = useWords(operation);
  const formats = useFormats();
  const mayResolve = useMay("alerts:resolve");
  const resolve = useResolve(alert.id);
  const todo = `todo_${alert.kind}`;
  const isCritical = alert.severity === "critical";
  return (
    <li className="card">
      <div className="alert-head">
        <Tag tone={isCritical ? "bad" : "caution"} icon="alert">
          {t(isCritical ? "severity_critical" : "severity_warning")}
        </Tag>
        <span className="faint figures">
          <Time at={alert.last_at} />
          {alert.count > 1 && ` · ${t("alert_times", { n: alert.count })}`}
        </span>
      </div>
      <h2>{alert.title}</h2>
      {alert.detail !== null && <p className="soft">{alert.detail}</p>}
      {alert.resolved_at === null ? (
        <>
          <h3>{t("what_to_do")}</h3>
          <p className="soft">{t(todo in operation ? (todo as "todo_other") : "todo_other")}</p>
          {mayResolve && (
            <Button small icon="check" isBusy={resolve.isPending} onClick={() => resolve.mutate()}>
              {t("alert_resolve")}
            </Button>
          )}
        </>
      ) : (
        <p className="faint">{t("alert_resolved", { when: formats.moment(new Date(alert.resolved_at)) })}</p>
      )}
    </li>
  );
}
