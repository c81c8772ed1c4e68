import { expect, test } from "vitest";
import { type Catalogue, type Entry, LANGUAGES, type Language, pickLanguage, say } from "./language";

const modules = import.meta.glob<Record<string, Catalogue>>("../words/*.ts", { eager: true });
const catalogues = Object.entries(modules).flatMap(([file, exported]) =>
  Object.values(exported).map((words): [string, Catalogue] => [file, words]),
);

const holes = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]).sort();
const forms = (entry: Entry, language: Language) => {
  const found = entry[language];
  return typeof found === "string" ? [found] : [found.one, found.other];
};

test.each(catalogues)("%s says everything in every language, with the same values", (_, words) => {
  for (const [key, entry] of Object.entries(words)) {
    const wanted = holes(forms(entry, "en").at(-1)!);
    for (const language of Object.keys(LANGUAGES) as Language[]) {
      const texts = forms(entry, language);
      expect(
        texts.every((text) => text.trim() === text && text !== ""),
        `${key}, ${language}`,
      ).toBe(true);
      expect(holes(texts.at(-1)!), `${key}, ${language}`).toEqual(wanted);
    }
  }
});

test("a text is chosen by its number, which is written as the language writes it", () => {
  const entry = {
    en: { one: "{n} message", other: "{n} messages" },
    es: { one: "{n} mensaje", other: "{n} mensajes" },
    pt: { one: "{n} mensagem", other: "{n} mensagens" },
  };

  expect(say(entry, "en", { n: 1 })).toBe("1 message");
  expect(say(entry, "es", { n: 12345 })).toBe("12.345 mensajes");
});

test.each([
  [["pt-BR", "en"], "pt"],
  [["fr", "es-MX"], "es"],
  [["fr"], "en"],
  [[], "en"],
])("a browser that prefers %j reads %s", (wanted, language) => {
  expect(pickLanguage(wanted)).toBe(language);
});
