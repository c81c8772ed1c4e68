import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { sentenceOf } from "../../api/problem";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Icon } from "../../ui/Icon";
import { common } from "../../words/common";
import { inbox } from "../../words/inbox";
import { Formatted } from "./markup";
import { discard, tryAgain, type Waiting } from "./outbox";
import { Quote } from "./Quote";
import { Ticks } from "./Ticks";

/** What was written here and is not the server's yet. */
export function WaitingBubble({ waiting, name }: { waiting: Waiting; name: string }): ReactNode {
  const t = useWords(inbox);
  const tc = useWords(common);
  const formats = useFormats();
  const client = useQueryClient();
  const hasFailed = waiting.error !== null;
  return (
    <li className="row row-mine row-first row-last" data-status={hasFailed ? "failed" : "pending"}>
      <div className="bubble bubble-waiting">
        {waiting.quoted !== null && <Quote message={waiting.quoted} name={name} />}
        <span className="bubble-text">
          <Formatted text={waiting.text} />
        </span>
        <span className="bubble-meta">
          <time dateTime={waiting.at}>{formats.clock(new Date(waiting.at))}</time>
          <Ticks message={{ status: hasFailed ? "failed" : "pending", dispatch: "queued" }} />
        </span>
      </div>
      {hasFailed && (
        <div className="bubble-caption bubble-caption-bad" role="alert">
          <Icon name="alert" />
          <span>
            {sentenceOf(waiting.error)}{" "}
            <button type="button" onClick={() => tryAgain(client, waiting)}>
              {tc("try_again")}
            </button>{" "}
            <button type="button" onClick={() => discard(waiting.key)}>
              {t("discard")}
            </button>
          </span>
        </div>
      )}
    </li>
  );
}
