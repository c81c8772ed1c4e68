// What somebody writes about a contact, as text in fields, and back again into what the API takes.

import type { ContactAnswer, ContactPatch } from "../../api/schema";
import { type BirthdayParts, birthdayParts, birthdayText } from "../../lib/format";

export interface Field {
  id: number;
  name: string;
  value: string;
  /** As it came, where it is no text: it goes back as it is unless somebody changes it. */
  original?: unknown;
  /** What somebody declared that it holds, once it is written in its own control. */
  kind?: string;
  /** Added here: it keeps its row, whatever its name becomes. */
  isNew?: boolean;
}

export interface ContactDraft {
  name: string;
  given_name: string;
  phone: string;
  email: string;
  birthday: { day: string; month: string; year: string };
  tags: string[];
  language: string;
  time_zone: string;
  notes: string;
  fields: Field[];
}

export const EMPTY: ContactDraft = {
  name: "",
  given_name: "",
  phone: "",
  email: "",
  birthday: { day: "", month: "", year: "" },
  tags: [],
  language: "",
  time_zone: "",
  notes: "",
  fields: [],
};

export function draftOf(contact: ContactAnswer): ContactDraft {
  const parts = contact.birthday === null ? null : birthdayParts(contact.birthday);
  return {
    // The API shows WhatsApp's name where nobody gave one; that is not to be written back as ours.
    name: contact.name === contact.profile_name ? "" : (contact.name ?? ""),
    given_name: contact.given_name ?? "",
    phone: contact.phone ?? "",
    email: contact.email ?? "",
    birthday: {
      day: parts ? String(parts.day) : "",
      month: parts ? String(parts.month) : "",
      year: parts?.year ? String(parts.year) : "",
    },
    tags: contact.tags,
    language: contact.language ?? "",
    time_zone: contact.time_zone ?? "",
    notes: contact.notes ?? "",
    fields: Object.entries(contact.metadata).map(([name, value], id) =>
      typeof value === "string" ? { id, name, value } : { id, name, value: JSON.stringify(value), original: value },
    ),
  };
}

/** Only what differs from `before`: what somebody else changes meanwhile stays. */
export function changesOf(before: ContactDraft, after: ContactDraft): ContactPatch {
  const changed = <K extends keyof ContactDraft>(key: K) => JSON.stringify(before[key]) !== JSON.stringify(after[key]);
  const patch: ContactPatch = {};
  for (const key of ["name", "given_name", "phone", "email", "language", "time_zone", "notes"] as const) {
    if (changed(key)) patch[key] = after[key].trim() || null;
  }
  if (changed("birthday")) patch.birthday = birthdayOf(after.birthday);
  if (changed("tags")) patch.tags = after.tags;
  if (changed("fields")) patch.metadata = metadataOf(after.fields);
  return patch;
}

export function birthdayOf({ day, month, year }: ContactDraft["birthday"]): string | null {
  if (day.trim() === "" && month === "" && year.trim() === "") return null;
  const parts: BirthdayParts = {
    day: Number(day) || 0, // no such day: the server says so, beside the field
    month: Number(month) || 0,
    year: year.trim() === "" ? null : Number(year) || 0,
  };
  return birthdayText(parts);
}

function metadataOf(fields: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.filter(({ name }) => name.trim() !== "").map((each) => [each.name.trim(), valueOf(each)]),
  );
}

/** What does not fit its kind goes as it was typed: the server says so, beside the field. */
function valueOf({ value, original, kind }: Field): unknown {
  if (original !== undefined && JSON.stringify(original) === value) return original;
  if (kind === "boolean") return value === "true";
  if (kind === "number" && value.trim() !== "") {
    const number = Number(value.trim().replace(",", "."));
    return Number.isNaN(number) ? value : number;
  }
  return value;
}
