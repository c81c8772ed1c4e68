import type { ReactNode } from "react";
import type { MessageAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { classes } from "../../ui/Button";
import { inbox } from "../../words/inbox";
import { shownOf } from "./content";
import { plain } from "./markup";

interface QuoteProps {
  /** Null where it is not among what has been read in. */
  message: MessageAnswer | null;
  /** Whose conversation it is. */
  name: string;
}

/** What a message answers, in a line or two above it. */
export function Quote({ message, name }: QuoteProps): ReactNode {
  const t = useWords(inbox);
  if (message === null) return <span className="quote quote-far">{t("quoted_earlier")}</span>;
  const isMine = message.direction === "outbound";
  const shown = shownOf(message, t);
  return (
    <span className={classes("quote", isMine && "quote-mine")}>
      <b className="cut">{isMine ? t("quoted_you") : name}</b>
      <span className="quote-text">{plain(shown.text ?? "") || shown.card?.title || shown.title}</span>
    </span>
  );
}

/** WhatsApp's id of the message that this one answers. */
export function quotedId({ content }: MessageAnswer): string | null {
  const context = content["context"] as { id?: unknown; message_id?: unknown } | null | undefined;
  const id = context?.message_id ?? context?.id;
  return typeof id === "string" ? id : null;
}

/** Whether WhatsApp knows it, so that an answer can point to it. */
export function isQuotable({ whatsapp_message_id: id, revoked_at: at, message_type: type }: MessageAnswer): boolean {
  return id !== null && at === null && type !== "reaction";
}
