// What a run did, step by step, from recorded facts: the answer to "why did she get that", and to "why did she not".

import type { ReactNode } from "react";
import { Link } from "wouter";
import { useCall } from "../../api/queries";
import type { AutomationLogAnswer, RunMessageAnswer, RunStoryAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { Failure, SkeletonRows } from "../../ui/States";
import { Tag } from "../../ui/Tag";
import { inbox } from "../../words/inbox";
import { outcomes } from "../../words/outcomes";
import { labelOf } from "../inbox/Ticks";
import { ContactName } from "./ContactName";
import { useReason } from "./useReason";

export function Story(props: { automationId: number; runId: number; onClose: () => void }): ReactNode {
  const t = useWords(outcomes);
  const story = useCall(
    ["automation_log", "run", props.runId],
    "GET /api/v1/automations/{automation_id}/runs/{run_id}",
    {
      path: { automation_id: props.automationId, run_id: props.runId },
    },
  );
  return (
    <Dialog title={t("story_title")} shape="side" onClose={props.onClose}>
      {story.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : story.isError ? (
        <Failure error={story.error} onRetry={() => void story.refetch()} />
      ) : (
        <Told story={story.data} />
      )}
    </Dialog>
  );
}

function Told({ story }: { story: RunStoryAnswer }): ReactNode {
  const t = useWords(outcomes);
  const formats = useFormats();
  const reasonOf = useReason();
  const { log } = story;
  return (
    <div className="story">
      {log && <Verdict log={log} />}
      <dl className="facts">
        <div>
          <dt>{t("contact")}</dt>
          <dd>
            <Link href={`/contacts/${story.contact_id}`}>
              <ContactName id={story.contact_id} />
            </Link>
          </dd>
        </div>
        <div>
          <dt>{t("story_started")}</dt>
          <dd>{formats.moment(new Date(story.started_at))}</dd>
        </div>
        {log && (
          <div>
            <dt>{t("story_by")}</dt>
            <dd>{log.executed_by}</dd>
          </div>
        )}
      </dl>
      <section>
        <h3 className="soft">{t("story_steps")}</h3>
        <ol className="steps">
          {story.steps.map((step) => (
            <Step key={step.seq} step={step} />
          ))}
        </ol>
      </section>
      {story.messages.map((message) => (
        <Message key={message.id} message={message} />
      ))}
      {story.effects.length > 0 && (
        <section>
          <h3 className="soft">{t("story_effects")}</h3>
          <ul className="steps">
            {story.effects.map((effect) => (
              <li key={effect.id}>
                {effect.kind} · {effect.outcome ?? effect.state}
                {effect.error && <span className="soft"> {reasonOf(effect.error)}</span>}
              </li>
            ))}
          </ul>
        </section>
      )}
      {log && <AsWritten log={log} />}
    </div>
  );
}

function Verdict({ log }: { log: AutomationLogAnswer }): ReactNode {
  const t = useWords(outcomes);
  const reasonOf = useReason();
  const isGood = log.execution_status === "success";
  return (
    <div className="verdict-line">
      <Tag tone={isGood ? "good" : log.execution_status === "failed" ? "bad" : "caution"}>
        {t(`status_${log.execution_status as "success"}`)}
      </Tag>
      {log.error_message !== null && <p>{reasonOf(log.error_message)}</p>}
    </div>
  );
}

function Step({ step }: { step: RunStoryAnswer["steps"][number] }): ReactNode {
  const t = useWords(outcomes);
  const formats = useFormats();
  const reasonOf = useReason();
  const wasNotSent = step.decision["send"] === false;
  const key = wasNotSent ? "step_send_not" : `step_${step.kind}`;
  const { reason: decided, until } = step.decision;
  const reason = decided ?? step.output["reason"];
  const note = step.output["message"] ?? step.output["group"];
  return (
    <li>
      <span className="step-head">
        <b>{key in outcomes ? t(key as "step_end") : step.kind}</b>
        <time className="faint figures" dateTime={step.started_at}>
          {formats.clock(new Date(step.started_at))}
        </time>
      </span>
      {typeof reason === "string" && reason !== "jitter" && <span className="soft">{reasonOf(reason)}</span>}
      {typeof until === "string" && (
        <span className="soft">{t("goes_on", { moment: formats.moment(new Date(until)) })}</span>
      )}
      {typeof note === "string" && <span className="soft">{note}</span>}
    </li>
  );
}

function Message({ message }: { message: RunMessageAnswer }): ReactNode {
  const t = useWords(outcomes);
  const ti = useWords(inbox);
  const reasonOf = useReason();
  return (
    <section>
      <h3 className="soft">{t("story_messages")}</h3>
      <p>
        {labelOf(message, ti)}
        {message.error_message !== null && <span className="soft"> · {reasonOf(message.error_message)}</span>}
      </p>
      {message.gates !== null && message.gates.length > 0 && (
        <>
          <h4 className="soft">{t("story_checks")}</h4>
          <ul className="checks">
            {message.gates.map((gate) => {
              const didPass = gate["verdict"] === "pass";
              return (
                <li key={String(gate["gate"])} className={didPass ? "check-pass" : "check-stop"}>
                  <Icon name={didPass ? "check" : "close"} />
                  <span>
                    {!didPass && typeof gate["reason"] === "string"
                      ? reasonOf(gate["reason"])
                      : ti(`gate_${String(gate["gate"])}` as "gate_window")}
                  </span>
                </li>
              );
            })}
          </ul>
        </>
      )}
    </section>
  );
}

function AsWritten({ log }: { log: AutomationLogAnswer }): ReactNode {
  const t = useWords(outcomes);
  return (
    <details className="as-written">
      <summary>{t("story_details")}</summary>
      <pre tabIndex={0}>{JSON.stringify(log.execution_details, null, 2)}</pre>
    </details>
  );
}

/** Those who were not let in: there is no run, only a count and a reason. */
export function Refused({ log, onClose }: { log: AutomationLogAnswer; onClose: () => void }): ReactNode {
  const t = useWords(outcomes);
  return (
    <Dialog title={t("people", { n: log.contacts_affected })} shape="side" onClose={onClose}>
      <div className="story">
        <Verdict log={log} />
        <p className="soft">{t("story_refused")}</p>
        <AsWritten log={log} />
      </div>
    </Dialog>
  );
}
