import type { ReactNode } from "react";
import { LANGUAGES, type Language, setLanguage, useLanguage, useWords } from "../lib/language";
import { common } from "../words/common";
import { Select } from "./Field";

/** The language of these pages, in this browser. */
export function LanguageSelect(): ReactNode {
  const t = useWords(common);
  return (
    <Select
      aria-label={t("language")}
      value={useLanguage()}
      onChange={(event) => setLanguage(event.target.value as Language)}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code}>
          {name}
        </option>
      ))}
    </Select>
  );
}
