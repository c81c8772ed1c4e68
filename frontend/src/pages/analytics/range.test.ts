import { describe, expect, it } from "vitest";
import { begunBy, isBetter, levelOf, paramsOf, rangeOf, todayIn } from "./range";

const of = (address: string) => rangeOf(new URLSearchParams(address), "2026-03-14");

describe("the range in the address", () => {
  it.each([
    ["", { choice: "7", from: "2026-03-08", to: "2026-03-14" }],
    ["range=today", { choice: "today", from: "2026-03-14", to: "2026-03-14" }],
    ["range=30", { choice: "30", from: "2026-02-13", to: "2026-03-14" }],
    ["range=soon", { choice: "7", from: "2026-03-08", to: "2026-03-14" }],
    ["from=2026-01-01&to=2026-01-31", { choice: "own", from: "2026-01-01", to: "2026-01-31" }],
    ["from=2026-02-01&to=2026-01-31", { choice: "7", from: "2026-03-08", to: "2026-03-14" }],
  ])("%s", (address, range) => expect(of(address)).toEqual(range));

  it("begins an own range with the days that are shown", () => {
    expect(paramsOf("own", of("range=today"))).toEqual({ range: null, from: "2026-03-14", to: "2026-03-14" });
    expect(paramsOf("7", of("range=today"))).toEqual({ range: null, from: null, to: null });
  });
});

it("knows which day it is where the workspace is", () => {
  const moment = new Date("2026-03-14T03:00:00Z");
  expect(todayIn("America/Mexico_City", moment)).toBe("2026-03-13");
  expect(todayIn("Asia/Tokyo", moment)).toBe("2026-03-14");
});

it.each([
  [0, 40, 0],
  [1, 40, 1],
  [40, 40, 5],
  [0, 0, 0],
])("shows %d of %d at level %d", (value, most, level) => expect(levelOf(value, most)).toBe(level));

it.each([
  [0.2, true, true],
  [0.2, false, false],
  [-0.2, false, true],
  [0, true, null],
  [0.2, null, null],
  [null, true, null],
])("a change of %s, where more is good: %s, is better: %s", (change, isGood, better) =>
  expect(isBetter(change, isGood)).toBe(better),
);

it("knows nothing of the hours to come", () => {
  const hours = ["2026-03-14T08:00:00Z", "2026-03-14T09:00:00Z", "2026-03-14T10:00:00Z"];

  expect(begunBy(new Date("2026-03-14T09:00:00Z"), hours)).toEqual(hours.slice(0, 2));
});
