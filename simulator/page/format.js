// WhatsApp's text formatting as DOM nodes.
// The text is never parsed as HTML, and every step is linear in its length: a hostile message must cost nothing.

import { el } from "./dom.js";

const ELEMENTS = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const LINK = /(?:https?:\/\/|www\.)[^\s<>"`]+/iy;
const TRAILING = /[.,;:!?'")\]}*_~]+$/;
const EMOJI_ONLY =
  /^(?:(?:\p{RI}{2}|[\d#*]\uFE0F?\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?)*)\s*){1,3}$/u;

export const isEmojiOnly = (text) => text.length <= 64 && EMOJI_ONLY.test(text.trim());

export function formatted(text) {
  const fragment = document.createDocumentFragment();
  // Odd parts lie between a pair of three backticks; an unpaired one stays as typed.
  const parts = text.split("```");
  if (parts.length % 2 === 0) parts.push(`${parts.splice(-2, 1)[0]}\`\`\`${parts.pop()}`);
  parts.forEach((part, index) => {
    if (index % 2 === 0) appendLines(fragment, part, index > 0, index < parts.length - 1);
    else if (part.trim()) fragment.append(el("pre", {}, el("code", {}, part.replace(/^\n|\n$/g, ""))));
    else fragment.append(`\`\`\`${part}\`\`\``);
  });
  return fragment;
}

/** The text as one plain line, for previews and announcements. */
export const plain = (text) => text.replace(/```|[*_~`]/g, "").replace(/\s+/g, " ").trim();

function appendLines(parent, text, afterBlock, beforeBlock) {
  let lines = text.split("\n");
  // A code block is on lines of its own already: the line breaks that touch it would be empty lines.
  if (afterBlock && lines.length > 1 && lines[0] === "") lines = lines.slice(1);
  if (beforeBlock && lines.length > 1 && lines.at(-1) === "") lines = lines.slice(0, -1);
  let open = null;
  let previousWasText = false;
  for (const line of lines) {
    const { kind, body, number } = lineKind(line);
    if (kind === "text") {
      if (previousWasText) parent.append(el("br"));
      appendInline(parent, body);
      previousWasText = true;
      open = null;
      continue;
    }
    previousWasText = false;
    if (open?.kind !== kind) {
      const node = kind === "quote" ? el("blockquote") : el(kind === "number" ? "ol" : "ul", { start: number });
      open = { kind, node };
      parent.append(node);
    } else if (kind === "quote") open.node.append(el("br"));
    const target = kind === "quote" ? open.node : open.node.appendChild(el("li"));
    appendInline(target, body);
  }
}

function lineKind(line) {
  let found = /^(?:[-*]) +(\S.*)$/.exec(line);
  if (found) return { kind: "bullet", body: found[1] };
  found = /^(\d{1,3})\. +(\S.*)$/.exec(line);
  if (found) return { kind: "number", body: found[2], number: String(Number(found[1])) };
  found = /^> ?(.+)$/.exec(line);
  if (found) return { kind: "quote", body: found[1] };
  return { kind: "text", body: line };
}

/** `open` holds the markers already around this text; a marker is not looked for inside itself. */
function appendInline(parent, text, open = "") {
  let plainFrom = 0;
  let at = 0;
  const hopeless = new Set();
  const flush = () => {
    if (at > plainFrom) parent.append(text.slice(plainFrom, at));
  };
  while (at < text.length) {
    const piece = pieceAt(text, at, open, hopeless);
    if (!piece) {
      at += 1;
      continue;
    }
    flush();
    parent.append(piece.node);
    at = piece.end;
    plainFrom = at;
  }
  flush();
}

function pieceAt(text, at, open, hopeless) {
  const sign = text[at];
  if (sign === "`") return codeAt(text, at);
  if (sign in ELEMENTS) {
    if (open.includes(sign) || hopeless.has(sign) || !opensAt(text, at)) return null;
    const end = closingOf(text, at, sign);
    if (end < 0) {
      // What does not close here cannot close further on either.
      hopeless.add(sign);
      return null;
    }
    const node = el(ELEMENTS[sign]);
    appendInline(node, text.slice(at + 1, end), open + sign);
    return { node, end: end + 1 };
  }
  return "hHwW".includes(sign) ? linkAt(text, at) : null;
}

function codeAt(text, at) {
  const end = text.indexOf("`", at + 1);
  if (end < 0 || !text.slice(at + 1, end).trim()) return null;
  return { node: el("code", {}, text.slice(at + 1, end)), end: end + 1 };
}

function opensAt(text, at) {
  const next = text[at + 1];
  return (at === 0 || !WORD.test(text[at - 1])) && next !== undefined && next !== text[at] && !/\s/.test(next);
}

function closingOf(text, at, sign) {
  for (let end = text.indexOf(sign, at + 2); end > 0; end = text.indexOf(sign, end + 1)) {
    const after = text[end + 1];
    if (!/\s/.test(text[end - 1]) && (after === undefined || !WORD.test(after))) return end;
  }
  return -1;
}

function linkAt(text, at) {
  if (at > 0 && WORD.test(text[at - 1])) return null;
  LINK.lastIndex = at;
  const found = LINK.exec(text);
  if (!found) return null;
  const shown = found[0].replace(TRAILING, "");
  const address = /^www\./i.test(shown) ? `https://${shown}` : shown;
  if (!URL.canParse(address)) return null;
  const node = el("a", { href: address, target: "_blank", rel: "noopener noreferrer nofollow" }, shown);
  return { node, end: at + shown.length };
}
