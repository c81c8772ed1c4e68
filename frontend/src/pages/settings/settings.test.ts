import { expect, test } from "vitest";
import { browserOf } from "./browser";
import { changesOf } from "./changes";
import { differences, valueText } from "./diff";
import { expiryOf, isExpired } from "./scopes";
import { mayOpen } from "../../api/session";
import { GROUPS } from "./sections";

test.each([
  [{ name: "Ana" }, { name: "Anna" }, [{ field: "name", before: "Ana", after: "Anna" }]],
  [null, { role: "user" }, [{ field: "role", before: undefined, after: "user" }]],
  [{ role: "user" }, null, [{ field: "role", before: "user", after: undefined }]],
  [{ tags: ["a"], x: 1 }, { tags: ["a"], x: 2 }, [{ field: "x", before: 1, after: 2 }]],
  // That a secret changed is told, though both read the same.
  [{ token: "[hidden]" }, { token: "[hidden]" }, [{ field: "token", before: "[hidden]", after: "[hidden]" }]],
  [null, null, []],
])("from %j to %j", (before, after, found) => {
  expect(differences(before, after)).toEqual(found);
});

const SAYS = { yes: "yes", no: "no", hidden: "hidden", nothing: "nothing", moment: (at: Date) => at.toISOString() };
test.each([
  [null, "nothing"],
  ["", "nothing"],
  [[], "nothing"],
  [{}, "nothing"],
  [false, "no"],
  [0, "0"],
  ["[hidden]", "hidden"],
  ["2026-03-01", "2026-03-01"],
  ["2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.000Z"],
  [["vip", 7], "vip, 7"],
  [{ city: "Quito" }, '{\n  "city": "Quito"\n}'],
])("%j is read as %j", (value, text) => {
  expect(valueText(value, SAYS)).toBe(text);
});

test("only what differs is written", () => {
  expect(changesOf({ name: "a", words: ["x"], zone: "UTC" }, { name: "a", words: ["x", "y"], zone: "UTC" })).toEqual({
    words: ["x", "y"],
  });
});

test.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
    "Chrome, Linux",
  ],
  ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/130.0 Safari/537.36 Edg/130.0", "Edge, Windows"],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 Version/17.5 Safari/604", "Safari, iPhone"],
  ["Mozilla/5.0 (Macintosh; Intel Mac OS X 14.5; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox, macOS"],
  ["python-httpx/0.28", "python-httpx"],
  ["", null],
  [null, null],
])("%j is called %j", (userAgent, name) => {
  expect(browserOf(userAgent)).toBe(name);
});

test("a key lasts as long as was chosen", () => {
  const now = new Date("2026-03-01T00:00:00Z");

  expect(expiryOf("30", now)).toBe("2026-03-31T00:00:00.000Z");
  expect(expiryOf("never", now)).toBeNull();
  expect(isExpired("2026-03-01T00:00:00Z", now)).toBe(true);
  expect(isExpired(null, now)).toBe(false);
});

test("whoever has no permission opens nothing but their profile", () => {
  const open = GROUPS.flatMap((group) => group.sections).filter((section) => mayOpen(section, { permissions: [] }));

  expect(open.map((section) => section.name)).toEqual(["profile"]);
});
