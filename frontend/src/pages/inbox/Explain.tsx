// Why a message did or did not arrive, from recorded facts: the gates it passed, its attempts, and WhatsApp's reports.

import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import type { EventAnswer, MessageAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Failure, SkeletonRows } from "../../ui/States";
import { failures, reasonKey } from "../../words/failures";
import { inbox } from "../../words/inbox";
import { labelOf, Ticks } from "./Ticks";

interface GateRecord {
  gate: string;
  verdict: string;
  reason: string | null;
}

interface ExplainProps {
  message: MessageAnswer;
  /** Left out where one may not send. */
  onResend: (() => void) | undefined;
  onClose: () => void;
}

export function Explain(props: ExplainProps): ReactNode {
  const { message } = props;
  const t = useWords(inbox);
  const tf = useWords(failures);
  const formats = useFormats();
  const reason = reasonKey(message.error_code, message.error_message);
  const gates = (message.gates ?? []) as unknown as GateRecord[];
  const waits = gates.at(-1)?.verdict === "defer" ? reasonKey(null, gates.at(-1)?.reason ?? null) : null;
  const isFailed = message.status === "failed";
  const explained = useCall(["message", message.id, "explain"], "GET /api/v1/messages/{message_id}/explain", {
    path: { message_id: message.id },
  });
  const cause = explained.data?.cause;
  return (
    <Dialog
      title={t("explain_title")}
      shape="side"
      onClose={props.onClose}
      footer={
        isFailed &&
        props.onResend && (
          <Button kind="primary" icon="repeat" onClick={props.onResend}>
            {t("resend")}
          </Button>
        )
      }
    >
      <p className={isFailed ? "verdict verdict-bad" : "verdict"}>
        <Ticks message={message} />
        <b>{labelOf(message, t)}</b>
      </p>
      {isFailed && <p>{tf(reason ?? "unknown_reason")}</p>}
      {!isFailed && waits && message.dispatch !== "done" && <p>{tf(waits)}</p>}
      {message.error_code !== null && (
        <p className="soft">
          {t("explain_code", { code: String(message.error_code) })}
          {message.error_message && `: ${message.error_message}`}
        </p>
      )}

      <dl className="facts">
        <dt>{t("explain_written")}</dt>
        <dd>
          {formats.moment(new Date(message.created_at))}
          {message.origin === "automation" &&
            ` · ${cause ? t("explain_cause", { name: cause.automation_name }) : t("by_automation")}`}
          {message.attempt > 1 && ` · ${t("explain_attempts", { n: message.attempt })}`}
        </dd>
      </dl>

      {gates.length > 0 && (
        <section className="explain-part">
          <h3 className="soft">{t("explain_gates")}</h3>
          <ul className="gates">
            {gates.map((gate) => (
              <GateLine key={gate.gate} gate={gate} />
            ))}
          </ul>
        </section>
      )}

      <section className="explain-part">
        <h3 className="soft">{t("explain_reports")}</h3>
        {explained.isPending ? (
          <SkeletonRows rows={2} withAvatar={false} />
        ) : explained.isError ? (
          <Failure error={explained.error} onRetry={() => void explained.refetch()} />
        ) : (
          <Reports reports={explained.data.events} />
        )}
      </section>

      {message.trace !== null && (
        <section className="explain-part">
          <h3 className="soft">{t("explain_trace")}</h3>
          <code className="trace">{message.trace}</code>
        </section>
      )}
    </Dialog>
  );
}

function GateLine({ gate }: { gate: GateRecord }): ReactNode {
  const t = useWords(inbox);
  const tf = useWords(failures);
  const didPass = gate.verdict === "pass";
  const reason = reasonKey(null, gate.reason);
  const known = `gate_${gate.gate}` as "gate_window";
  return (
    <li className={didPass ? "gate-pass" : "gate-stop"}>
      <Icon name={didPass ? "check" : gate.verdict === "defer" ? "clock" : "close"} />
      <span>{!didPass && reason !== null ? tf(reason) : t(known)}</span>
    </li>
  );
}

function Reports({ reports }: { reports: readonly EventAnswer[] }): ReactNode {
  const t = useWords(inbox);
  const formats = useFormats();
  if (reports.length === 0) return <p className="faint">{t("explain_no_reports")}</p>;
  return (
    <ol className="reports">
      {reports.map((report) => {
        const known = { status: report.status === "played" ? "read" : report.status, dispatch: "done" };
        return (
          <li key={report.id}>
            <Ticks message={known} />
            <span>{labelOf(known, t)}</span>
            <time className="faint figures" dateTime={report.at}>
              {formats.moment(new Date(report.at))}
            </time>
          </li>
        );
      })}
    </ol>
  );
}
