import { describe, expect, it } from "vitest";
import { clockOf, FIRST, withClock } from "./clock";
import type { Json } from "./kinds";

describe("a schedule", () => {
  it.each<[Json, object]>([
    [{ cron: "0 9 * * *" }, { mode: "daily", time: "09:00" }],
    [{ cron: "30 18 * * 1,5" }, { mode: "weekly", time: "18:30", weekdays: [1, 5] }],
    [{ cron: "5 7 31 * *" }, { mode: "monthly", time: "07:05", day: 31 }],
    [{ every_seconds: 7200 }, { mode: "every", every: 2, unit: "hours" }],
    [{ every_seconds: 90_000 }, { mode: "every", every: 25, unit: "hours" }],
    [{ every_seconds: 172_800 }, { mode: "every", every: 2, unit: "days" }],
    [{ at: "2026-12-24T18:00" }, { mode: "once", at: "2026-12-24T18:00" }],
    [{ cron: "*/5 9-17 * * 1-5" }, { mode: "cron", written: "*/5 9-17 * * 1-5" }],
    [{ rrule: "FREQ=DAILY;BYHOUR=9" }, { mode: "rrule", written: "FREQ=DAILY;BYHOUR=9" }],
  ])("%j is read, and written back as it was", (config, clock) => {
    expect(clockOf(config)).toMatchObject(clock);
    expect(withClock(config, clockOf(config))).toEqual(config);
  });

  it("keeps its zone and its grace when the rule changes", () => {
    const config = { v: 1, cron: "0 9 * * *", tz: "contact", grace: "PT6H" };
    expect(withClock(config, { ...FIRST, mode: "every", every: 30, unit: "minutes" })).toEqual({
      v: 1,
      every_seconds: 1800,
      tz: "contact",
      grace: "PT6H",
    });
  });
});
