// WhatsApp's text formatting: *bold*, _italic_, ~struck~, `code`, ```blocks```, > quotes, and links.
//
// The text is never taken for HTML, and every step is linear in its length: a hostile message must cost nothing.

import { Fragment, type ReactNode } from "react";

const ELEMENTS: Record<string, "strong" | "em" | "s"> = { "*": "strong", _: "em", "~": "s" };
const WORD = /[\p{L}\p{N}]/u;
const LINK = /(?:https?:\/\/|www\.)[^\s<>"`]+/iy;
const TRAILING = /[.,;:!?'")\]}*_~]+$/;
const EMOJI_ONLY =
  /^(?:(?:\p{RI}{2}|[\d#*]\uFE0F?\u20E3|\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?(?:\u200D\p{Extended_Pictographic}(?:\uFE0F|\p{EMod})?)*)\s*){1,3}$/u;

export const isEmojiOnly = (text: string) => text.length <= 64 && EMOJI_ONLY.test(text.trim());

/** One plain line, for previews. */
export const plain = (text: string) =>
  text
    .replace(/```|[*_~`]/g, "")
    .replace(/\s+/g, " ")
    .trim();

export function Formatted({ text }: { text: string }): ReactNode {
  // Odd parts lie between a pair of three backticks; an unpaired one stays as typed.
  const parts = text.split("```");
  if (parts.length % 2 === 0) parts.push(`${parts.splice(-2, 1)[0]}\`\`\`${parts.pop()}`);
  return parts.map((part, index) =>
    index % 2 === 1 && part.trim() !== "" ? (
      <pre key={index}>
        <code>{part.replace(/^\n|\n$/g, "")}</code>
      </pre>
    ) : (
      <Fragment key={index}>{lines(index % 2 === 1 ? `\`\`\`${part}\`\`\`` : part)}</Fragment>
    ),
  );
}

function lines(text: string): ReactNode[] {
  return text.split("\n").map((line, index) => {
    const quoted = /^> ?(.+)$/.exec(line);
    const body = <>{inline(quoted?.[1] ?? line, "")}</>;
    return (
      <Fragment key={index}>
        {index > 0 && "\n"}
        {quoted ? <q>{body}</q> : body}
      </Fragment>
    );
  });
}

interface Piece {
  node: ReactNode;
  end: number;
}

/** `open` holds the markers already around this text; a marker is not looked for inside itself. */
function inline(text: string, open: string): ReactNode[] {
  const found: ReactNode[] = [];
  const hopeless = new Set<string>();
  let from = 0;
  let at = 0;
  while (at < text.length) {
    const piece = pieceAt(text, at, open, hopeless);
    if (piece === null) {
      at += 1;
      continue;
    }
    if (at > from) found.push(text.slice(from, at));
    found.push(<Fragment key={at}>{piece.node}</Fragment>);
    at = from = piece.end;
  }
  if (at > from) found.push(text.slice(from));
  return found;
}

function pieceAt(text: string, at: number, open: string, hopeless: Set<string>): Piece | null {
  const sign = text[at]!;
  if (sign === "`") return codeAt(text, at);
  const Element = ELEMENTS[sign];
  if (Element !== undefined) {
    if (open.includes(sign) || hopeless.has(sign) || !opensAt(text, at)) return null;
    const end = closingOf(text, at, sign);
    if (end < 0) {
      hopeless.add(sign); // what does not close here cannot close further on either
      return null;
    }
    return { node: <Element>{inline(text.slice(at + 1, end), open + sign)}</Element>, end: end + 1 };
  }
  return "hHwW".includes(sign) ? linkAt(text, at) : null;
}

function codeAt(text: string, at: number): Piece | null {
  const end = text.indexOf("`", at + 1);
  if (end < 0 || text.slice(at + 1, end).trim() === "") return null;
  return { node: <code>{text.slice(at + 1, end)}</code>, end: end + 1 };
}

function opensAt(text: string, at: number): boolean {
  const next = text[at + 1];
  return (at === 0 || !WORD.test(text[at - 1]!)) && next !== undefined && next !== text[at] && !/\s/.test(next);
}

function closingOf(text: string, at: number, sign: string): number {
  for (let end = text.indexOf(sign, at + 2); end > 0; end = text.indexOf(sign, end + 1)) {
    const after = text[end + 1];
    if (!/\s/.test(text[end - 1]!) && (after === undefined || !WORD.test(after))) return end;
  }
  return -1;
}

function linkAt(text: string, at: number): Piece | null {
  if (at > 0 && WORD.test(text[at - 1]!)) return null;
  LINK.lastIndex = at;
  const found = LINK.exec(text);
  if (found === null) return null;
  const shown = found[0].replace(TRAILING, "");
  const address = /^www\./i.test(shown) ? `https://${shown}` : shown;
  if (!URL.canParse(address)) return null;
  const node = (
    <a href={address} target="_blank" rel="noopener noreferrer nofollow">
      {shown}
    </a>
  );
  return { node, end: at + shown.length };
}
