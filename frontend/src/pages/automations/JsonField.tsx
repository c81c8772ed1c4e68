import { type ReactNode, useState } from "react";
import { useWords } from "../../lib/language";
import { TextArea } from "../../ui/Field";
import { automations } from "../../words/automations";
import type { Json } from "./kinds";

/** JSON as text. What is being typed is kept as it is; only what can be read goes on. */
export function JsonField(props: {
  label: string;
  value: Json;
  error?: string | undefined;
  onChange: (next: Json) => void;
}): ReactNode {
  const t = useWords(automations);
  const [text, setText] = useState(() => JSON.stringify(props.value, null, 2));
  const isBad = read(text) === null;
  return (
    <TextArea
      label={props.label}
      hint={t("json_hint")}
      error={isBad ? t("json_bad") : props.error}
      className="json-input"
      rows={10}
      spellCheck={false}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        const next = read(event.target.value);
        if (next !== null) props.onChange(next);
      }}
    />
  );
}

function read(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : null;
  } catch {
    return null;
  }
}
