import { expect, test } from "vitest";
import type { ContactAnswer } from "../../api/schema";
import { birthdayOf, changesOf, draftOf, EMPTY } from "./form";

const ana = {
  name: "Ana",
  profile_name: "Ana",
  given_name: null,
  phone: "+525512345678",
  email: null,
  birthday: "9999-02-29",
  tags: ["vip"],
  language: "es",
  time_zone: null,
  notes: null,
  metadata: { city: "Quito", visits: 3 },
} as unknown as ContactAnswer;

test("what nobody touched is not written", () => {
  expect(changesOf(draftOf(ana), draftOf(ana))).toEqual({});
});

test("a name that WhatsApp gave is not taken for ours", () => {
  expect(draftOf(ana).name).toBe("");
});

test("emptied fields become nothing, and numbers stay numbers", () => {
  const before = draftOf(ana);
  const fields = [...before.fields, { id: 9, name: " size ", value: "M" }];

  expect(changesOf(before, { ...before, language: "", tags: [], fields })).toEqual({
    language: null,
    tags: [],
    metadata: { city: "Quito", visits: 3, size: "M" },
  });
});

test.each([
  ["number", "1,5", 1.5],
  ["number", "many", "many"],
  ["boolean", "false", false],
  ["date", "2026-03-14", "2026-03-14"],
])("a declared %s that is typed %s goes as %j", (kind, value, written) => {
  expect(changesOf(EMPTY, { ...EMPTY, fields: [{ id: 0, name: "size", value, kind }] })).toEqual({
    metadata: { size: written },
  });
});

test.each([
  [{ day: "", month: "", year: "" }, null],
  [{ day: "15", month: "5", year: "" }, "9999-05-15"],
  [{ day: "1", month: "12", year: "1990" }, "1990-12-01"],
  [{ day: "", month: "5", year: "" }, "9999-05-00"],
])("the birthday %j is written %s", (typed, written) => {
  expect(birthdayOf(typed)).toBe(written);
});

test("a new contact is what was typed", () => {
  expect(changesOf(EMPTY, { ...EMPTY, name: " Ana ", phone: "+52 55 1234 5678" })).toEqual({
    name: "Ana",
    phone: "+52 55 1234 5678",
  });
});
