import { describe, expect, it } from "vitest";
import { bodyOf, changesOf, draftOf, EMPTY, isAdvanced, partsOf, withKey } from "./draft";
import { alternativesOf, fieldsOf, isOpen, type Json, readKinds, singularsOf } from "./kinds";

const SCHEMA: Json = {
  properties: {
    trigger_type: {
      oneOf: [
        { const: "keyword", title: "A keyword", description: "Says a word." },
        { const: "scheduled", title: "A schedule", description: "At set times." },
      ],
    },
    action_type: { oneOf: [{ const: "send_message", title: "Send" }] },
  },
  $defs: {
    "trigger.keyword": {
      properties: {
        keyword: { type: "string" },
        keywords: { type: "array", items: { type: "string" } },
        mode: { enum: ["word", "exact"], default: "word" },
        fold: { type: "boolean" },
        exclusive_group: { type: "string" },
      },
      oneOf: [{ required: ["keyword"] }, { required: ["keywords"] }],
      additionalProperties: false,
    },
    "schedule.keyword": { type: ["object", "null"], maxProperties: 0 },
    "trigger.scheduled": { properties: {}, additionalProperties: { type: ["string"] } },
    "schedule.scheduled": { type: "object", properties: { cron: { type: "string" } } },
    "action.send_message": {
      properties: {
        message_template: { type: "string", maxLength: 4096 },
        content: { type: "object" },
        delay_seconds: { type: "integer" },
      },
      oneOf: [{ required: ["message_template"] }, { required: ["content"] }],
    },
  },
};
const kinds = readKinds(SCHEMA);
const keyword = kinds.triggers[0]!.shape;
const saved = {
  id: 1,
  name: "Prices",
  description: null,
  trigger_type: "keyword",
  trigger_conditions: { keyword: "price", note: "kept" },
  action_type: "send_message",
  action_payload: { message_template: "45" },
  schedule_config: null,
  is_active: true,
  priority: 7,
  published_version_id: 1,
  created_at: "",
  updated_at: "",
  created_by: null,
};

describe("the schema", () => {
  it("gives kinds in its order, and a schedule only to those of the clock", () => {
    expect(kinds.triggers.map(({ name }) => name)).toEqual(["keyword", "scheduled"]);
    expect(kinds.schedules["keyword"]).toBeNull();
    expect(kinds.schedules["scheduled"]).not.toBeNull();
  });

  it("gives each field the control that fits it, and leaves out what the form asks for elsewhere", () => {
    expect(fieldsOf(keyword).map(({ name, control }) => [name, control])).toEqual([
      ["keyword", "text"],
      ["keywords", "words"],
      ["mode", "choice"],
      ["fold", "flag"],
    ]);
    const sources = { type: "array", items: { enum: ["message", "api"] } };
    expect(fieldsOf({ properties: { sources } }).map(({ control }) => control)).toEqual(["several"]);
    expect(fieldsOf(kinds.actions[0]!.shape).map(({ control }) => control)).toEqual(["lines", "json"]);
  });

  it("says which keys exclude each other, and which of them a list stands for", () => {
    expect(alternativesOf(keyword)).toEqual(["keyword", "keywords"]);
    expect(singularsOf(keyword)).toEqual({ keyword: "keywords" });
    expect(isOpen(keyword)).toBe(false);
    expect(isOpen(kinds.triggers[1]!.shape)).toBe(true);
  });
});

describe("a draft", () => {
  it("tells keys of one's own from those that the form asks for", () => {
    const shape = { properties: { sources: {} }, additionalProperties: {} };
    expect(partsOf(shape, { sources: ["api"], exclusive_group: "a", tags: "vip" })).toEqual({
      asked: { sources: ["api"], exclusive_group: "a" },
      pairs: { tags: "vip" },
    });
  });

  it("asks for one word as for a list of words, and keeps what it does not know of", () => {
    expect(draftOf(saved, kinds).trigger_conditions).toEqual({ keywords: ["price"], note: "kept" });
  });

  it("changes nothing until somebody does", () => {
    const before = draftOf(saved, kinds);
    expect(changesOf(before, { ...before }, kinds)).toEqual({});
    expect(changesOf(before, { ...before, name: "Menu ", priority: 9 }, kinds)).toEqual({ name: "Menu", priority: 9 });
  });

  it("does not take another order of keys for a change", () => {
    const before = draftOf(saved, kinds);
    const turned = { ...before, trigger_conditions: { note: "kept", keywords: ["price"] } };
    expect(changesOf(before, turned, kinds)).toEqual({});
  });

  it("writes nothing that was left empty, and a schedule only where the clock counts", () => {
    const draft = {
      ...EMPTY,
      name: "A",
      trigger_conditions: { keywords: [], mode: "" },
      schedule_config: { cron: "x" },
    };
    expect(bodyOf(draft, kinds)).toMatchObject({ description: null, trigger_conditions: {}, schedule_config: null });
  });

  it("saves the schedule that the form shows first", () => {
    const draft = { ...EMPTY, trigger_type: "scheduled" };
    expect(bodyOf(draft, kinds).schedule_config).toEqual({ cron: "0 9 * * *" });
  });

  it("sets a key and takes it away", () => {
    expect(withKey({ a: 1 }, "b", "x")).toEqual({ a: 1, b: "x" });
    expect(withKey({ a: 1, b: "x" }, "b", "")).toEqual({ a: 1 });
    expect(withKey(null, "b", [])).toEqual({});
    expect(withKey({}, "fold", false)).toEqual({ fold: false });
  });

  it("is advanced where its JSON says so", () => {
    expect(isAdvanced(EMPTY)).toBe(false);
    expect(isAdvanced({ ...EMPTY, action_payload: { v: 1 } })).toBe(true);
  });
});
