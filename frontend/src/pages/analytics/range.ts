// Which days the dashboard looks at, as they stand in the address: `?range=30`, or `?from=2026-03-01&to=2026-03-14`.

export const PRESETS = ["today", "7", "30", "90"] as const;
export type Preset = (typeof PRESETS)[number];
export type Choice = Preset | "own";

export interface Range {
  choice: Choice;
  from: string;
  to: string; // included
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const USUAL: Preset = "7";

/** `today` as the workspace has it: its days are what is counted. */
export function rangeOf(params: URLSearchParams, today: string): Range {
  const [from, to] = [params.get("from") ?? "", params.get("to") ?? ""];
  if (DATE.test(from) && DATE.test(to) && from <= to) return { choice: "own", from, to };
  const choice = PRESETS.find((each) => each === params.get("range")) ?? USUAL;
  const days = choice === "today" ? 1 : Number(choice);
  const first = new Date(Date.parse(today) - (days - 1) * 86_400_000).toISOString().slice(0, 10);
  return { choice, from: first, to: today };
}

/** What goes into the address for a choice; one's own range begins with the days that are shown. */
export function paramsOf(choice: Choice, shown: Range): Record<string, string | null> {
  if (choice === "own") return { range: null, from: shown.from, to: shown.to };
  return { range: choice === USUAL ? null : choice, from: null, to: null };
}

/** Which day it is in a zone, as 2026-03-14; by this machine's clock where the zone is not known yet. */
export function todayIn(zone: string | undefined, now: Date): string {
  const format = { year: "numeric", month: "2-digit", day: "2-digit", timeZone: zone } as const;
  return new Intl.DateTimeFormat("en-CA", format).format(now);
}

/** How dark an hour is shown, from 0 (nothing) to 5 (the most of all). */
export function levelOf(value: number, most: number): number {
  return value <= 0 || most <= 0 ? 0 : Math.max(1, Math.ceil((value / most) * 5));
}

/** Whether a change is for the better; null where nobody can say. */
export function isBetter(change: number | null, isGood: boolean | null): boolean | null {
  return change === null || change === 0 || isGood === null ? null : change > 0 === isGood;
}

/** Those of a range that are no future: nothing is known of the others, which is not the same as none. */
export function begunBy(now: Date, periods: readonly string[]): readonly string[] {
  return periods.filter((at) => Date.parse(at) <= now.getTime());
}
