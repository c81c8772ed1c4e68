// One message as a list item.
// "inbound" is the business's view: on this phone those are the messages that I wrote.

import { el, icon, withPlus } from "./dom.js";
import { formatted, isEmojiOnly, plain } from "./format.js";
import { dateFormat, t } from "./words.js";

const MEDIA = new Set(["image", "video", "audio", "document", "sticker"]);
const TICKS = { pending: "clock", sent: "tick", delivered: "ticks", read: "ticks", played: "ticks", failed: "alert" };

export const isMine = (item) => item.direction === "inbound";

/**
 * `handlers` are onTap(item, id), onOptions(item, opener), onRetry(item).
 * `row` is one of rows.js; the node remembers nothing: what changes later goes through `refresh`.
 */
export function bubble(row, handlers) {
  const { item } = row;
  const words = textOf(item);
  const big = item.type === "text" && !item.revoked && isEmojiOnly(words);
  const body = el("div", { class: "bubble" }, el("span", { class: "unseen" }, `${isMine(item) ? t("you") : row.businessName}: `));
  if (row.quoted) body.append(quote(row.quoted, row.businessName));
  body.append(el("div", { class: big ? "content content-big" : "content", dir: "auto" }, ...content(item)));
  body.append(meta(item));
  if (row.reactions) {
    body.classList.add("bubble-reacted");
    body.append(el("span", { class: "reactions" }, row.reactions));
  }
  const node = el("li", { class: `row ${isMine(item) ? "row-mine" : "row-theirs"}`, "data-id": item.id }, body);
  const choices = isMine(item) ? null : actions(item, handlers);
  if (choices) {
    node.classList.add("row-choices");
    node.append(choices);
  }
  refresh(node, row, handlers);
  return node;
}

/** Brings status and grouping of an existing node up to date, and touches nothing else. */
export function refresh(node, row, handlers) {
  node.classList.toggle("row-first", row.first);
  node.classList.toggle("row-last", row.last);
  const state = `${row.item.status}|${row.caption}`;
  if (node.dataset.state === state) return;
  node.dataset.state = state;
  node.classList.toggle("row-failed", isMine(row.item) && row.item.status === "failed");
  node.querySelector(":scope > .bubble .tick")?.replaceWith(tick(row.item.status, mineLabel(row.item.status)));
  for (const old of node.querySelectorAll(":scope > .caption")) old.remove();
  if (isMine(row.item) && row.item.status === "failed") node.append(failure(row.item, handlers));
  else if (!isMine(row.item) && row.caption && row.item.status in TICKS) node.append(businessView(row.item.status));
}

/** What a message says, as text: for previews, quotes and announcements. */
export function textOf(item) {
  const part = item[item.type] ?? {};
  if (item.revoked) return t("revoked");
  switch (item.type) {
    case "text":
      return part.body ?? "";
    case "button":
      return part.text ?? "";
    case "interactive":
      return (part.button_reply ?? part.list_reply)?.title ?? part.nfm_reply?.body ?? part.body?.text ?? t("options");
    case "template":
      return templateText(part) || `${t("template")}: ${part.name ?? ""}`;
    case "reaction":
      return t("reaction", { emoji: part.emoji ?? "" });
    case "location":
      return part.name ?? t("location");
    case "contacts":
      return (Array.isArray(part) ? part : []).map((contact) => contact.name?.formatted_name ?? "").join(", ");
    case "order":
      return t("order");
    default:
      return MEDIA.has(item.type) ? part.caption || t(item.type) : t("unknown_type", { type: item.type });
  }
}

function content(item) {
  const part = item[item.type] ?? {};
  if (item.revoked) return [el("em", { class: "unknown" }, t("revoked"))];
  if (MEDIA.has(item.type)) return [card(item.type, part.filename ?? t(item.type)), ...caption(part.caption)];
  switch (item.type) {
    case "text":
      return [formatted(part.body ?? "")];
    case "interactive":
      return interactive(part);
    case "template":
      return [formatted(textOf(item))];
    case "location":
      return [card("location", part.name ?? t("location"), part.address ?? `${part.latitude}, ${part.longitude}`)];
    case "contacts":
    case "order":
      return [card(item.type, textOf(item) || t(item.type), part[0]?.phones?.[0]?.phone)];
    case "button":
    case "reaction":
      return [textOf(item)];
    default:
      return [el("em", { class: "unknown" }, textOf(item))];
  }
}

function interactive(part) {
  const reply = part.button_reply ?? part.list_reply;
  if (reply) return [reply.title, ...(reply.description ? [el("div", { class: "small" }, reply.description)] : [])];
  const pieces = [];
  if (part.header?.type === "text") pieces.push(el("div", { class: "heading" }, part.header.text));
  else if (MEDIA.has(part.header?.type)) pieces.push(card(part.header.type, t(part.header.type)));
  pieces.push(el("div", {}, formatted(part.body?.text ?? part.nfm_reply?.body ?? "")));
  if (part.footer?.text) pieces.push(el("div", { class: "small" }, part.footer.text));
  return pieces;
}

/** What the simulator rendered, else the body's parameters: the phone does not know the template's own text. */
function templateText(part) {
  if (part.text) return part.text;
  const body = (part.components ?? []).find((component) => component.type?.toLowerCase() === "body");
  return (body?.parameters ?? []).map((parameter) => parameter.text ?? "").filter(Boolean).join(" · ");
}

function actions(item, handlers) {
  if (item.type !== "interactive") return null;
  const { type, action = {} } = item.interactive ?? {};
  const buttons = (action.buttons ?? []).map((button) =>
    choice("reply", button.reply?.title ?? "", () => handlers.onTap(item, button.reply?.id)),
  );
  if (type === "list") {
    const open = choice("list", action.button ?? t("options"), () => handlers.onOptions(item, open));
    open.setAttribute("aria-haspopup", "dialog");
    buttons.push(open);
  }
  if (type === "cta_url") buttons.push(outside(action.parameters ?? {}));
  return buttons.length ? el("div", { class: "choices" }, ...buttons) : null;
}

function choice(sign, title, onClick) {
  return el("button", { class: "choice", type: "button", on: { click: onClick } }, icon(sign), el("span", {}, title));
}

function outside({ display_text: title = "", url = "" }) {
  const safe = /^https?:\/\//i.test(url);
  return el(
    "a",
    { class: "choice", href: safe ? url : null, target: "_blank", rel: "noopener noreferrer nofollow" },
    icon("out"),
    el("span", {}, title),
  );
}

function card(sign, title, detail) {
  return el(
    "div",
    { class: "card" },
    el("span", { class: "card-icon" }, icon(sign)),
    el("span", { class: "card-text" }, el("span", {}, title), detail ? el("span", { class: "small" }, detail) : null),
  );
}

const caption = (text) => (text ? [el("div", {}, formatted(text))] : []);

function quote(item, businessName) {
  return el(
    "div",
    { class: "quote" },
    el("strong", {}, isMine(item) ? t("you") : businessName),
    el("span", {}, plain(textOf(item)).slice(0, 120)),
  );
}

function meta(item) {
  const at = new Date(Number(item.timestamp) * 1000);
  const time = el("time", { datetime: at.toISOString() }, clockTime(at));
  const edited = item.edited && !item.revoked ? el("span", {}, t("edited")) : null;
  return el("span", { class: "meta" }, edited, time, isMine(item) ? tick(item.status, mineLabel(item.status)) : null);
}

export function clockTime(at) {
  return dateFormat({ hour: "numeric", minute: "2-digit" }).format(at);
}

const mineLabel = (status) => (status in TICKS ? t(`mine_${status === "played" ? "read" : status}`) : "");

export function tick(status, label) {
  const seen = status === "read" || status === "played";
  const node = el("span", { class: `tick ${seen ? "tick-read" : ""}`, title: label }, icon(TICKS[status] ?? "tick"));
  if (label) node.append(el("span", { class: "unseen" }, ` ${label}`));
  return node;
}

function businessView(status) {
  const word = t({ failed: "failed_status", played: "read" }[status] ?? status);
  const label = t("business_sees", { status: word });
  return el(
    "div",
    { class: `caption ${status === "failed" ? "caption-failed" : ""}`, title: label },
    tick(status, ""),
    el("span", { "aria-hidden": "true" }, word),
    el("span", { class: "unseen" }, label),
  );
}

function failure(item, handlers) {
  const retry = el("button", { type: "button", class: "retry", on: { click: () => handlers.onRetry(item) } }, t("retry"));
  return el("div", { class: "caption caption-failed" }, icon("alert"), el("span", {}, t("failed")), item.local ? retry : null);
}

/** The rows of a list message, for the sheet that opens over the chat. */
export function optionsOf(item) {
  const { action = {} } = item.interactive ?? {};
  return { title: action.button ?? t("options"), sections: action.sections ?? [] };
}

export const businessNumber = (business) => withPlus(business.display_phone_number ?? "");
