// A schedule as somebody says it ("Mondays at 9"), and as the API takes it (`{"cron": "0 9 * * 1"}`). What cannot be said
// so simply stays a cron expression or a rule, and is edited as one.

import type { Json } from "./kinds";

export const MODES = ["daily", "weekly", "monthly", "every", "once", "cron", "rrule"] as const;
export type Mode = (typeof MODES)[number];

export interface Clock {
  mode: Mode;
  time: string; // "09:00"
  weekdays: readonly number[]; // 0 is Sunday
  day: number; // of the month
  every: number;
  unit: "minutes" | "hours" | "days";
  at: string; // "2026-12-24T18:00"
  written: string; // a cron expression or a rule
}

const RULES = ["cron", "rrule", "every_seconds", "at"];
const SECONDS = { minutes: 60, hours: 3600, days: 86_400 };
export const FIRST: Clock = {
  mode: "daily",
  time: "09:00",
  weekdays: [1],
  day: 1,
  every: 1,
  unit: "hours",
  at: "",
  written: "",
};

export function clockOf(config: Json | null): Clock {
  const { cron, rrule, every_seconds: seconds, at } = config ?? {};
  if (typeof cron === "string") return fromCron(cron);
  if (typeof rrule === "string") return { ...FIRST, mode: "rrule", written: rrule };
  if (typeof at === "string") return { ...FIRST, mode: "once", at };
  if (typeof seconds === "number") {
    const unit = (["days", "hours"] as const).find((each) => seconds % SECONDS[each] === 0) ?? "minutes";
    return { ...FIRST, mode: "every", every: seconds / SECONDS[unit], unit };
  }
  return FIRST;
}

/** The configuration with this clock in it; zone and grace stay. */
export function withClock(config: Json | null, clock: Clock): Json {
  const rest = Object.fromEntries(Object.entries(config ?? {}).filter(([name]) => !RULES.includes(name)));
  return { ...ruleOf(clock), ...rest };
}

function ruleOf(clock: Clock): Json {
  const [hour = 9, minute = 0] = clock.time.split(":").map(Number);
  switch (clock.mode) {
    case "daily":
      return { cron: `${minute} ${hour} * * *` };
    case "weekly":
      return { cron: `${minute} ${hour} * * ${[...clock.weekdays].sort().join(",")}` };
    case "monthly":
      return { cron: `${minute} ${hour} ${clock.day} * *` };
    case "every":
      return { every_seconds: Math.round(clock.every * SECONDS[clock.unit]) };
    case "once":
      return { at: clock.at };
    case "cron":
      return { cron: clock.written };
    case "rrule":
      return { rrule: clock.written };
  }
}

const NUMBER = /^\d{1,2}$/;
const WEEKDAYS = /^[0-6](,[0-6])*$/;

function fromCron(cron: string): Clock {
  const parts = cron.trim().split(/\s+/);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = parts;
  const written: Clock = { ...FIRST, mode: "cron", written: cron };
  if (parts.length !== 5 || month !== "*" || !NUMBER.test(minute) || !NUMBER.test(hour)) return written;
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (day === "*" && weekday === "*") return { ...FIRST, mode: "daily", time };
  if (day === "*" && WEEKDAYS.test(weekday)) {
    return { ...FIRST, mode: "weekly", time, weekdays: weekday.split(",").map(Number) };
  }
  if (weekday === "*" && NUMBER.test(day)) return { ...FIRST, mode: "monthly", time, day: Number(day) };
  return written;
}
