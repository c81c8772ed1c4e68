// Placeholders of message texts, as the engine reads them, for the preview beside what one writes.

const PLACEHOLDER = /\{\{ *([\p{L}_][\p{L}\p{N}_-]{0,63}) *\}\}|\{ *([\p{L}_][\p{L}\p{N}_-]{0,63}) *\}/gu;

export const PLACEHOLDERS = ["first_name", "name", "phone", "email", "birthday", "tags"] as const;
export type PlaceholderName = (typeof PLACEHOLDERS)[number];

/** The text with the values of somebody; a field that they lack is shown as its name, so that one sees that it is one. */
export function filledIn(text: string, values: Record<string, string>): string {
  return text.replace(PLACEHOLDER, (whole, double?: string, single?: string) => {
    const name = double ?? single ?? "";
    return values[name.toLowerCase()] ?? values[name] ?? whole;
  });
}

/** The text with something put where the cursor is, and where the cursor is then. */
export function inserted(text: string, piece: string, start: number, end: number): [string, number] {
  return [text.slice(0, start) + piece + text.slice(end), start + piece.length];
}
