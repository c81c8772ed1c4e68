import { useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, type ReactNode, type RefObject, useEffect, useState } from "react";
import type { ConversationAnswer, MessageAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useNow } from "../../lib/useNow";
import { classes, IconButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { inbox } from "../../words/inbox";
import { drafts, write } from "./outbox";
import { Quote } from "./Quote";

const LONGEST = 4096; // characters that WhatsApp takes
const CLOSING_SECONDS = 2 * 3600;

interface ComposerProps {
  conversation: ConversationAnswer;
  name: string;
  /** What the next message answers. */
  quoted: MessageAnswer | null;
  onUnquote: () => void;
  box: RefObject<HTMLTextAreaElement | null>;
  onSent: () => void;
}

export function Composer({ conversation, name, quoted, onUnquote, box, onSent }: ComposerProps): ReactNode {
  const t = useWords(inbox);
  const client = useQueryClient();
  const [text, setText] = useState(() => drafts.get(conversation.id) ?? "");
  const left = useSecondsLeft(conversation);
  const maySend = useMay("messages:send");

  useEffect(() => {
    const element = box.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight}px`;
  }, [text, box, left > 0]);

  function change(next: string) {
    setText(next);
    if (next === "") drafts.delete(conversation.id);
    else drafts.set(conversation.id, next);
  }

  function send() {
    const written = text.trim();
    if (written === "") return;
    write(client, conversation.id, written, quoted);
    onUnquote();
    change("");
    onSent();
    box.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.key === "Enter" && !event.shiftKey && !event.nativeEvent.isComposing) {
      event.preventDefault();
      send();
    } else if (event.key === "Escape") {
      if (quoted === null) box.current?.blur();
      else onUnquote();
    }
  }

  const closed = !maySend ? "may_not_send" : left <= 0 ? "window_closed" : null;
  if (closed !== null) {
    return (
      <div className="composer composer-closed">
        <Icon name="lock" />
        <div>
          <h2>{t(`${closed}_title`)}</h2>
          <p>{t(`${closed}_text`)}</p>
        </div>
      </div>
    );
  }
  return (
    <form
      noValidate
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      {quoted !== null && (
        <div className="composer-quote">
          <Quote message={quoted} name={name} />
          <IconButton icon="close" label={t("unquote")} onClick={onUnquote} />
        </div>
      )}
      <div className="composer-box">
        <textarea
          ref={box}
          rows={1}
          value={text}
          maxLength={LONGEST}
          aria-label={t("message_to", { name })}
          placeholder={t("message")}
          onChange={(event) => change(event.target.value)}
          onKeyDown={onKeyDown}
        />
        <IconButton
          icon="send"
          label={t("send")}
          type="submit"
          disabled={text.trim() === ""}
          className="composer-send"
        />
      </div>
      <p className="composer-foot">
        <WindowLeft seconds={left} />
        <span className="composer-hint">{t("send_hint")}</span>
      </p>
    </form>
  );
}

function WindowLeft({ seconds }: { seconds: number }): ReactNode {
  const t = useWords(inbox);
  const formats = useFormats();
  const isClosing = seconds < CLOSING_SECONDS;
  const time = formats.span(seconds);
  return (
    <span className={classes("window-left", isClosing && "window-closing")}>
      <Icon name="clock" />
      {t(isClosing ? "window_closing" : "window_left", { time })}
    </span>
  );
}

/** Counted by this machine from when the answer came, so that a clock that is wrong here changes nothing. */
function useSecondsLeft({ window }: ConversationAnswer): number {
  const now = useNow(10);
  const [told, setTold] = useState({ window, at: now });
  if (told.window !== window) setTold({ window, at: new Date() });
  if (!window.is_open) return 0;
  return window.seconds_left - Math.max(0, (now.getTime() - told.at.getTime()) / 1000);
}
