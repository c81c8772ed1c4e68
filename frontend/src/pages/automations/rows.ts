// An object as rows of a form, and back: a value that is no text goes back as it came, unless somebody changes it.

import type { Json } from "./kinds";

export interface Row {
  id: number;
  name: string;
  text: string;
  original?: unknown;
}

export function rowsOf(object: Json): Row[] {
  return Object.entries(object).map(([name, value], id) => {
    if (typeof value === "string") return { id, name, text: value };
    return { id, name, text: shown(value), original: value };
  });
}

/** Rows without a name say nothing. */
export function objectOfRows(rows: readonly Row[]): Json {
  return Object.fromEntries(
    rows
      .filter(({ name }) => name.trim() !== "")
      .map(({ name, text, original }) => [
        name.trim(),
        original !== undefined && shown(original) === text ? original : text,
      ]),
  );
}

function shown(value: unknown): string {
  if (value === null) return "";
  return Array.isArray(value) ? value.join(", ") : JSON.stringify(value);
}
