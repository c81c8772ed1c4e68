import type { ReactNode } from "react";
import type { MessageAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { classes, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { failures, reasonKey } from "../../words/failures";
import { inbox } from "../../words/inbox";
import { shownOf } from "./content";
import { Formatted, isEmojiOnly } from "./markup";
import { Quote } from "./Quote";
import { Ticks } from "./Ticks";

interface BubbleProps {
  message: MessageAnswer;
  isFirst: boolean; // of a group of the same side
  isLast: boolean;
  /** Whose conversation it is. */
  name: string;
  /** What it answers; null where that has not been read in. */
  quoted: MessageAnswer | null | undefined;
  /** Left out where it cannot be answered. */
  onReply: (() => void) | undefined;
  onExplain: () => void;
  /** Left out where one may not send. */
  onResend: (() => void) | undefined;
}

export function Bubble(props: BubbleProps): ReactNode {
  const { message, isFirst, isLast, name, quoted, onReply, onExplain, onResend } = props;
  const t = useWords(inbox);
  const isMine = message.direction === "outbound";
  const shown = shownOf(message, t);
  const text = shown.text ?? "";
  const isBig = !shown.isNote && shown.card === undefined && isEmojiOnly(text);
  return (
    <li
      className={classes("row", isMine ? "row-mine" : "row-theirs", isFirst && "row-first", isLast && "row-last")}
      data-status={isMine ? message.status : undefined}
      id={`message-${message.id}`}
    >
      <div className="bubble">
        {quoted !== undefined && <QuoteLink message={quoted} name={name} />}
        {shown.title && <div className="bubble-title">{shown.title}</div>}
        {shown.card && (
          <div className="bubble-card">
            <Icon name={shown.card.icon} />
            <span>
              {shown.card.title}
              {shown.card.detail && <small>{shown.card.detail}</small>}
            </span>
          </div>
        )}
        {text !== "" && (
          <span className={classes("bubble-text", isBig && "bubble-big", shown.isNote && "bubble-note")}>
            {shown.isNote ? text : <Formatted text={text} />}
          </span>
        )}
        {shown.small && <small className="bubble-small">{shown.small}</small>}
        <Meta message={message} isMine={isMine} onExplain={onExplain} />
        {onReply && <IconButton icon="reply" label={t("reply")} className="bubble-reply" onClick={onReply} />}
      </div>
      {shown.choices && shown.choices.length > 0 && (
        <ul className="bubble-choices">
          {shown.choices.map((choice) => (
            <li key={choice}>{choice}</li>
          ))}
        </ul>
      )}
      {message.status === "failed" && isMine && <Failed message={message} onExplain={onExplain} onResend={onResend} />}
      {message.is_doubled && (
        <p className="bubble-caption bubble-caption-bad">
          <Icon name="alert" />
          {t("doubled")}
        </p>
      )}
      {isMine && isLast && message.origin === "automation" && (
        <p className="bubble-caption">
          <Icon name="automations" />
          {t("by_automation")}
        </p>
      )}
    </li>
  );
}

function QuoteLink({ message, name }: { message: MessageAnswer | null; name: string }) {
  if (message === null) return <Quote message={null} name={name} />;
  const show = () => document.getElementById(`message-${message.id}`)?.scrollIntoView({ block: "center" });
  return (
    <button type="button" className="bubble-quote" onClick={show}>
      <Quote message={message} name={name} />
    </button>
  );
}

function Meta({ message, isMine, onExplain }: { message: MessageAnswer; isMine: boolean; onExplain: () => void }) {
  const t = useWords(inbox);
  const formats = useFormats();
  const inside = (
    <>
      {message.edit !== null && message.revoked_at === null && <span>{t("edited")}</span>}
      <time dateTime={message.happened_at}>{formats.clock(new Date(message.happened_at))}</time>
      {isMine && <Ticks message={message} />}
    </>
  );
  // What became of a message is one press away, for ours alone: of theirs there is nothing to tell.
  return isMine ? (
    <button type="button" className="bubble-meta" title={t("details")} onClick={onExplain}>
      {inside}
      <span className="unseen">{t("details")}</span>
    </button>
  ) : (
    <span className="bubble-meta">{inside}</span>
  );
}

function Failed({ message, onExplain, onResend }: Pick<BubbleProps, "message" | "onExplain" | "onResend">) {
  const t = useWords(inbox);
  const tf = useWords(failures);
  const key = reasonKey(message.error_code, message.error_message);
  return (
    <div className="bubble-caption bubble-caption-bad">
      <Icon name="alert" />
      <span>
        {tf(key ?? "unknown_reason")}{" "}
        <button type="button" onClick={onExplain}>
          {t("why")}
        </button>{" "}
        {onResend && (
          <button type="button" onClick={onResend}>
            {t("resend")}
          </button>
        )}
      </span>
    </div>
  );
}
