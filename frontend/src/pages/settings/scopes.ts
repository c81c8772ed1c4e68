// What an API key may, in words, and until when.

import type { Translate } from "../../lib/language";
import { people } from "../../words/people";

const DAY_MILLISECONDS = 24 * 3600 * 1000;
export const EXPIRIES = ["30", "90", "365", "never"] as const;
export type Expiry = (typeof EXPIRIES)[number];

/** A permission that these pages do not know yet goes by its own name. */
export function sayScope(t: Translate<typeof people>, scope: string): string {
  const key = `may_${scope}`;
  return key in people ? t(key as "may_contacts:read") : scope;
}

export function expiryOf(choice: Expiry, now: Date): string | null {
  return choice === "never" ? null : new Date(now.getTime() + Number(choice) * DAY_MILLISECONDS).toISOString();
}

export function isExpired(at: string | null, now: Date): boolean {
  return at !== null && new Date(at) <= now;
}
