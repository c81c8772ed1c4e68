// An audit entry's before and after, side by side: one row for each field that differs.

import type { Translate } from "../../lib/language";
import { columns } from "../../words/columns";

export interface Difference {
  field: string;
  before: unknown; // undefined: there was nothing
  after: unknown;
}

type Values = Record<string, unknown> | null;

export function differences(before: Values, after: Values): Difference[] {
  const fields = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})]);
  return [...fields]
    .map((field) => ({ field, before: before?.[field], after: after?.[field] }))
    .filter((each) => JSON.stringify(each.before) !== JSON.stringify(each.after) || each.after === HIDDEN);
}

const HIDDEN = "[hidden]";
const MOMENT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})$/;

export interface Says {
  yes: string;
  no: string;
  hidden: string;
  nothing: string;
  moment: (at: Date) => string;
}

/** A value as a person reads it. */
export function valueText(value: unknown, says: Says): string {
  if (value === undefined || value === null || value === "") return says.nothing;
  if (value === true) return says.yes;
  if (value === false) return says.no;
  if (value === HIDDEN) return says.hidden;
  if (typeof value === "string") return MOMENT.test(value) ? says.moment(new Date(value)) : value;
  if (Array.isArray(value) && value.every((each) => typeof each !== "object")) {
    return value.length === 0 ? says.nothing : value.join(", ");
  }
  if (typeof value !== "object") return String(value);
  return Object.keys(value).length === 0 ? says.nothing : JSON.stringify(value, null, 2);
}

/** What a column is called; one that these pages do not know yet goes by its own name. */
export function fieldText(field: string, t: Translate<typeof columns>): string {
  return field in columns ? t(field as "name") : field.replaceAll("_", " ");
}
