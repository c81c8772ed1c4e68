import "./tag.css";
import { type ReactNode, useId, useState } from "react";
import { useWords } from "../lib/language";
import { common } from "../words/common";
import { Field } from "./Field";
import { Icon, type IconName } from "./Icon";

export type Tone = "neutral" | "accent" | "good" | "caution" | "bad";

export function Tag({
  children,
  tone = "neutral",
  icon,
}: {
  children: ReactNode;
  tone?: Tone;
  icon?: IconName;
}): ReactNode {
  return (
    <span className={`tag tag-${tone}`}>
      {icon && <Icon name={icon} />}
      {children}
    </span>
  );
}

export function Count({ value, label }: { value: number; label: string }): ReactNode {
  if (value === 0) return null;
  return (
    <span className="count figures">
      <span aria-hidden="true">{value > 99 ? "99+" : value}</span>
      <span className="unseen">{label}</span>
    </span>
  );
}

interface TagInputProps {
  label: string;
  hint?: string;
  error?: string | undefined;
  value: readonly string[];
  /** Offered while one types. */
  known?: readonly string[];
  onChange: (next: string[]) => void;
}

/** Words that become tags with Enter or a comma; Backspace in an empty field takes the last one away. */
export function TagInput({ label, hint, error, value, known = [], onChange }: TagInputProps): ReactNode {
  const t = useWords(common);
  const [text, setText] = useState("");
  const listId = useId();

  function add(written: string) {
    const added = written
      .split(",")
      .map((each) => each.trim())
      .filter(Boolean);
    if (added.length > 0) onChange([...new Set([...value, ...added])]);
    setText("");
  }

  return (
    <Field label={label} hint={hint} error={error}>
      {(ids) => (
        <div className="tag-input" data-invalid={error !== undefined || undefined}>
          {value.map((tag) => (
            <span key={tag} className="tag tag-neutral">
              {tag}
              <button
                type="button"
                aria-label={t("remove_named", { name: tag })}
                onClick={() => onChange(value.filter((each) => each !== tag))}
              >
                <Icon name="close" />
              </button>
            </span>
          ))}
          <input
            {...ids}
            type="text"
            list={listId}
            value={text}
            autoComplete="off"
            maxLength={200}
            onChange={(event) =>
              event.target.value.endsWith(",") ? add(event.target.value) : setText(event.target.value)
            }
            onBlur={() => add(text)}
            onKeyDown={(event) => {
              if (event.key === "Enter" && text.trim()) {
                event.preventDefault();
                add(text);
              } else if (event.key === "Backspace" && text === "") onChange(value.slice(0, -1));
            }}
          />
          <datalist id={listId}>
            {known
              .filter((tag) => !value.includes(tag))
              .map((tag) => (
                <option key={tag} value={tag} />
              ))}
          </datalist>
        </div>
      )}
    </Field>
  );
}
