// What a message says, from WhatsApp's shape to what is shown. Unknown parts are normal: Meta adds kinds as it likes.

import type { MessageAnswer } from "../../api/schema";
import type { Translate } from "../../lib/language";
import type { IconName } from "../../ui/Icon";
import type { inbox } from "../../words/inbox";

type Say = Translate<typeof inbox>;
type Part = Record<string, unknown>;

export interface Shown {
  text?: string;
  small?: string;
  title?: string;
  card?: { icon: IconName; title: string; detail?: string };
  choices?: string[];
  /** Not what somebody wrote but what we say about it. */
  isNote?: boolean;
}

const MEDIA = ["image", "video", "audio", "document", "sticker"] as const;
const ICONS: Record<(typeof MEDIA)[number], IconName> = {
  image: "panel",
  video: "play",
  audio: "bell",
  document: "book",
  sticker: "tag",
};

export function shownOf(message: MessageAnswer, t: Say): Shown {
  if (message.revoked_at !== null) return { text: t("revoked"), isNote: true };
  const edited = message.edit?.["content"];
  const content = isPart(edited) ? edited : message.content;
  const type = textAt(content, "type") ?? message.message_type;
  const own = content[type];
  const part = isPart(own) ? own : {};
  const media = MEDIA.find((each) => each === type);
  if (media !== undefined) return mediaOf(media, part, t);
  switch (type) {
    case "text":
      return { text: textAt(part, "body") ?? message.text ?? "" };
    case "button":
      return { text: textAt(part, "text") ?? "" };
    case "interactive":
      return interactiveOf(part, message);
    case "template":
      return { title: `${t("template")}: ${textAt(part, "name") ?? ""}`, text: message.text ?? "" };
    case "reaction":
      return { text: t("reaction", { emoji: textAt(part, "emoji") ?? "" }), isNote: true };
    case "location":
      return {
        card: {
          icon: "globe",
          title: textAt(part, "name") ?? t("location"),
          detail: textAt(part, "address") ?? `${String(part["latitude"])}, ${String(part["longitude"])}`,
        },
      };
    case "contacts":
      return { card: { icon: "person", title: namesOf(own) || t("contact_card") } };
    case "order":
      return { card: { icon: "list", title: t("order") } };
    default:
      return message.text ? { text: message.text } : { text: t("unsupported"), isNote: true };
  }
}

function mediaOf(kind: (typeof MEDIA)[number], part: Part, t: Say): Shown {
  const title = kind === "audio" && part["voice"] === true ? t("voice") : t(kind);
  const file = textAt(part, "filename");
  const caption = textAt(part, "caption");
  return {
    card: { icon: ICONS[kind], title: file ?? title, ...(file ? { detail: title } : {}) },
    ...(caption ? { text: caption } : {}),
  };
}

function interactiveOf(part: Part, message: MessageAnswer): Shown {
  const reply = part["button_reply"] ?? part["list_reply"];
  if (isPart(reply)) {
    const small = textAt(reply, "description");
    return { text: textAt(reply, "title") ?? "", ...(small ? { small } : {}) };
  }
  const title = textAt(part["header"], "text");
  const small = textAt(part["footer"], "text");
  const action = isPart(part["action"]) ? part["action"] : {};
  const buttons = Array.isArray(action["buttons"]) ? (action["buttons"] as unknown[]) : [];
  const choices = buttons
    .map((each) => (isPart(each) ? textAt(each["reply"], "title") : null))
    .filter((each) => each !== null);
  const list = textAt(action, "button") ?? textAt(action["parameters"], "display_text");
  return {
    text: textAt(part["body"], "text") ?? message.text ?? "",
    ...(title ? { title } : {}),
    ...(small ? { small } : {}),
    choices: list ? [...choices, list] : choices,
  };
}

function namesOf(cards: unknown): string {
  if (!Array.isArray(cards)) return "";
  return cards
    .map((card) => (isPart(card) ? textAt(card["name"], "formatted_name") : null))
    .filter(Boolean)
    .join(", ");
}

function isPart(value: unknown): value is Part {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function textAt(part: unknown, name: string): string | null {
  const value = isPart(part) ? part[name] : null;
  return typeof value === "string" && value !== "" ? value : null;
}
