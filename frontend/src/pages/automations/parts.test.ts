import { describe, expect, it } from "vitest";
import type { AutomationAnswer } from "../../api/schema";
import { found } from "./find";
import { objectOfRows, rowsOf } from "./rows";
import { STARTERS, starter } from "./starters";
import { filledIn, inserted } from "./template";

describe("a message's placeholders", () => {
  const ana = { name: "Ana Torres", first_name: "Ana" };
  it.each([
    ["¡Hola {first_name}!", "¡Hola Ana!"],
    ["{{ name }} {NAME}", "Ana Torres Ana Torres"],
    ["{city} {} {1}", "{city} {} {1}"],
  ])("%s is shown as %s", (text, shown) => expect(filledIn(text, ana)).toBe(shown));

  it("are put in where the cursor is", () => {
    expect(inserted("Hola !", "{name}", 5, 5)).toEqual(["Hola {name}!", 11]);
    expect(inserted("Hola you!", "{name}", 5, 8)).toEqual(["Hola {name}!", 11]);
  });
});

describe("rows of a form", () => {
  it("give a value back as it came unless somebody changed it", () => {
    const rows = rowsOf({ city: "Quito", age: 30, tags: ["a", "b"] });
    expect(rows.map(({ text }) => text)).toEqual(["Quito", "30", "a, b"]);
    expect(objectOfRows(rows)).toEqual({ city: "Quito", age: 30, tags: ["a", "b"] });
    expect(objectOfRows(rows.map((row) => (row.name === "age" ? { ...row, text: "31" } : row)))).toMatchObject({
      age: "31",
    });
  });

  it("say nothing without a name", () => expect(objectOfRows([{ id: 0, name: " ", text: "x" }])).toEqual({}));
});

describe("finding automations", () => {
  const one = (id: number, name: string, priority: number, isActive = true) =>
    ({ id, name, priority, is_active: isActive, trigger_type: "keyword", trigger_conditions: {}, description: null }) as AutomationAnswer; // prettier-ignore
  const all = [one(3, "Horário", 5), one(1, "Precios", 7), one(2, "Saludo", 7, false)];
  const ids = (wanted: Partial<Parameters<typeof found>[1]>) =>
    found(all, { q: "", trigger: "", isActive: null, ...wanted }).map(({ id }) => id);

  it("puts the highest priority first, then the oldest", () => expect(ids({})).toEqual([1, 2, 3]));
  it("minds neither accents nor case", () => expect(ids({ q: "HORARIO" })).toEqual([3]));
  it("filters by state and trigger", () => {
    expect(ids({ isActive: false })).toEqual([2]);
    expect(ids({ trigger: "birthday" })).toEqual([]);
  });
});

it.each(STARTERS)("the starting point %s is written in each language", (which) => {
  const names = (["en", "es", "pt"] as const).map((language) => starter(which, language).name);
  expect(new Set(names).size).toBe(3);
});
