// Every word that the pages show, in three languages side by side: a text that lacks one is a type error.
//
// An area keeps its words in one file, `export const words = catalogue({ title: { en, es, pt } })`, and a component asks
// `const t = useWords(words)`, then `t("title")` or `t("unread", { n: 3 })`. A text with forms for one and many is chosen
// by its `n`. What customers and operators wrote is data and never passes through here.

import { useCallback } from "react";
import { makeStore, recall, remember, useStore } from "./store";

export const LANGUAGES = { en: "English", es: "Español", pt: "Português" } as const;
export type Language = keyof typeof LANGUAGES;

interface Forms {
  one: string;
  other: string;
}
export type Entry = Record<Language, string> | Record<Language, Forms>;
export type Catalogue = Record<string, Entry>;

type Holes<S> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Holes<Rest> : never;
type HolesOf<E extends Entry> = E["en"] extends Forms ? "n" | Holes<E["en"]["other"]> : Holes<E["en"]>;
type Values<E extends Entry> = [HolesOf<E>] extends [never] ? [] : [Record<HolesOf<E>, string | number>];

export type Translate<C extends Catalogue> = <K extends keyof C & string>(key: K, ...values: Values<C[K]>) => string;

export function catalogue<const C extends Catalogue>(words: C): C {
  return words;
}

const KEY = "hilo.language";
export const language = makeStore<Language>(firstLanguage());

export function setLanguage(next: Language): void {
  language.set(next);
  remember(KEY, next);
  document.documentElement.lang = next;
}

export function useLanguage(): Language {
  return useStore(language);
}

export function useWords<C extends Catalogue>(words: C): Translate<C> {
  const current = useLanguage();
  return useCallback((key, ...values) => say(words[key] as Entry, current, values[0]), [words, current]);
}

/** For what is no component: the text in the language of this moment. */
export function sayIn<C extends Catalogue>(words: C): Translate<C> {
  return (key, ...values) => say(words[key] as Entry, language.get(), values[0]);
}

export function say(entry: Entry, inLanguage: Language, values: Record<string, string | number> = {}): string {
  const found = entry[inLanguage];
  const text = typeof found === "string" ? found : Number(values["n"]) === 1 ? found.one : found.other;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name] ?? "";
    return typeof value === "number" ? new Intl.NumberFormat(inLanguage).format(value) : value;
  });
}

export function pickLanguage(wanted: readonly string[]): Language {
  const known = wanted.map((tag) => tag.slice(0, 2).toLowerCase()).find((code) => code in LANGUAGES);
  return (known as Language | undefined) ?? "en";
}

function firstLanguage(): Language {
  const known = recall(KEY);
  if (known !== null && known in LANGUAGES) return known as Language;
  return pickLanguage(typeof navigator === "undefined" ? [] : navigator.languages);
}
