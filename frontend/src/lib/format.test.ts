import { describe, expect, it, test } from "vitest";
import { birthdayParts, birthdayText, formatsFor } from "./format";

const now = new Date(2026, 10, 22, 18, 0);
const ago = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

test.each([
  ["en", "1990-05-15", "May 15, 1990"],
  ["es", "9999-05-15", "15 de mayo"],
  ["pt", "9999-02-29", "29 de fevereiro"],
  ["en", "9999-12-31", "December 31"],
] as const)("in %s the birthday %s is %s", (language, written, read) => {
  expect(formatsFor(language).birthday(written)).toBe(read);
});

test.each(["1990-05-15", "9999-02-29", "0987-01-01"])("the birthday %s is written back as it was read", (written) => {
  expect(birthdayText(birthdayParts(written))).toBe(written);
});

test.each([
  ["en", 2, "Today"],
  ["es", 26, "Ayer"],
  ["pt", 26, "Ontem"],
  ["en", 72, "Thursday"],
  ["en", 24 * 20, "November 2, 2026"],
] as const)("in %s the day %i hours ago is called %s", (language, hours, name) => {
  expect(formatsFor(language).day(ago(hours), now)).toBe(name);
});

test.each([
  [86_399, "23 hr 59 min"],
  [3600, "1 hr"],
  [240, "4 min"],
  [20, "0 min"],
])("%i seconds are %s", (seconds, text) => {
  expect(formatsFor("en").span(seconds)).toBe(text);
});

test.each([
  [0.001, "now"],
  [0.1, "6 min. ago"],
  [5, "5 hr. ago"],
  [50, "2 days ago"],
  [24 * 60, "Sep 23"],
])("what happened %f hours ago is dated %s", (hours, text) => {
  expect(formatsFor("en").ago(ago(hours), now)).toBe(text);
});

describe("durations, shares and periods", () => {
  it.each([
    [0.42, "0.4 sec"],
    [12.3, "12 sec"],
    [90, "1.5 min"],
    [7200, "2 hr"],
    [432_000, "5 days"],
  ])("%d seconds took %s", (seconds, text) => expect(formatsFor("en").took(seconds)).toBe(text));

  it("belong to the zone that counts them", () => {
    const at = new Date("2026-03-14T03:00:00Z");
    expect(formatsFor("en").period(at, "America/Mexico_City", true)).toBe("Fri, Mar 13");
    expect(formatsFor("en").weekdayName(1)).toBe("Mon");
    expect(formatsFor("es").share(0.125)).toMatch(/^12,5\s%$/);
  });
});
