import { expect, test } from "vitest";
import { addressOf } from "./call";
import { makeParser, nounsOf } from "./events";

test("an address leaves out what is not asked for, and escapes what is", () => {
  const path = { contact_id: 7 };
  const query = { q: "ana & co", tag: null, cursor: undefined, kind: ["a", "b"], is_active: false };

  expect(addressOf("/api/v1/contacts/{contact_id}/x", { path, query })).toBe(
    "/api/v1/contacts/7/x?q=ana+%26+co&kind=a&kind=b&is_active=false",
  );
});

test("a notice that comes in pieces is read once it is whole", () => {
  const parse = makeParser();

  expect(parse('event: changed\ndata: {"kind":"con')).toEqual([]);
  expect(parse('tact","ids":[7]}\n\n: still here\n\n')).toEqual([
    { event: "changed", data: '{"kind":"contact","ids":[7]}' },
  ]);
});

test.each([
  ["message", '{"ids":[1]}', ["message", "conversation"]],
  ["changed", '{"kind":"contact","ids":null}', ["contact", "conversation"]],
  ["alert", "7", ["alert"]],
  ["hello", "{}", []],
  ["reset", "{}", expect.arrayContaining(["alert", "contact", "message", "settings"])],
])("a notice %s %s refreshes %j", (event, data, nouns) => {
  expect(nounsOf({ event, data })).toEqual(nouns);
});
