import type { ReactNode } from "react";
import { fieldProblem, inputProblem } from "../../api/problem";
import { useWords } from "../../lib/language";
import { Segmented, SelectField, Switch, TextField } from "../../ui/Field";
import { TagInput } from "../../ui/Tag";
import { automations } from "../../words/automations";
import { kinds as kindWords, wordOr } from "../../words/kinds";
import { useAutomations } from "./asked";
import { chosenOf, shownAlternatives, withKey } from "./draft";
import { JsonField } from "./JsonField";
import { type FormField, fieldsOf, type Json, type Shape, singularsOf } from "./kinds";
import { MessageField } from "./MessageField";
import { Pairs } from "./Pairs";

interface FieldsProps {
  shape: Shape;
  value: Json;
  /** Where the API's errors say they are: the column's name. */
  path: string;
  error: unknown;
  without?: number | undefined;
  onChange: (next: Json) => void;
}

/** One control for each field that the schema names. */
export function SchemaFields({ shape, value, path, error, without, onChange }: FieldsProps): ReactNode {
  const t = useWords(automations);
  const tk = useWords(kindWords);
  const alternatives = shownAlternatives(shape);
  const singulars = singularsOf(shape);
  const chosen = chosenOf(alternatives, value);
  const isShown = ({ name }: FormField) => !(name in singulars) && (!alternatives.includes(name) || name === chosen);
  return (
    <>
      {alternatives.length > 1 && (
        <div>
          <Segmented
            label={t("kind_choice")}
            value={chosen}
            options={alternatives.map((name) => ({
              value: name,
              label: wordOr(tk, `as_${name}`, shape.properties?.[name]?.title ?? name),
            }))}
            onChange={(next) => {
              const { [chosen]: _, ...rest } = value;
              onChange({ ...rest, [next]: shape.properties?.[next]?.type === "object" ? {} : "" });
            }}
          />
        </div>
      )}
      {fieldsOf(shape)
        .filter(isShown)
        .map((field) => (
          <OneField
            key={field.name}
            field={field}
            value={value[field.name]}
            error={fieldProblem(error, `${path}.${field.name}`) ?? missingProblem(error, path, field, chosen)}
            problems={error}
            path={`${path}.${field.name}`}
            without={without}
            onChange={(next) => onChange(withKey(value, field.name, next))}
          />
        ))}
    </>
  );
}

/** What is wrong with the column as a whole is said beside its first field. */
function missingProblem(error: unknown, path: string, field: FormField, chosen: string): string | undefined {
  const whole = fieldProblem(error, path);
  return field.name === chosen && whole !== undefined ? whole : undefined;
}

interface OneProps {
  field: FormField;
  value: unknown;
  error: string | undefined;
  problems: unknown;
  path: string;
  without: number | undefined;
  onChange: (next: unknown) => void;
}

function OneField({ field, value, error, problems, path, without, onChange }: OneProps): ReactNode {
  const t = useWords(automations);
  const tk = useWords(kindWords);
  const { name, shape, control } = field;
  const label = wordOr(tk, name, shape.title ?? name);
  const hint = `${name}_hint` in kindWords ? wordOr(tk, `${name}_hint`, "") : undefined;
  const text = typeof value === "string" ? value : "";
  const around = { label, hint, error };
  switch (control) {
    case "lines":
      return <MessageField {...around} maxLength={shape.maxLength} isChat={name === "message_template"} value={text} onChange={onChange} />; // prettier-ignore
    case "words":
      return <TagInput {...around} value={wordsOf(value)} onChange={onChange} />;
    case "several":
      return <SeveralField {...around} name={name} shape={shape} value={value} onChange={onChange} />;
    case "flag":
      return <Switch label={label} checked={(value ?? shape.default) === true} onChange={onChange} />;
    case "automation":
      return (
        <AutomationField
          {...around}
          error={inputProblem(problems, path, value === undefined ? "" : String(value)) ?? error}
          value={value}
          without={without}
          onChange={onChange}
        />
      );
    case "pairs":
      return (
        <Pairs
          legend={label}
          hint={hint}
          add={t("add_field")}
          value={(value ?? {}) as Json}
          path={path}
          error={problems}
          problem={error}
          onChange={(next) => onChange(Object.keys(next).length === 0 ? undefined : next)}
        />
      );
    case "json":
      return <JsonField label={label} value={(value ?? {}) as Json} error={error} onChange={onChange} />;
    case "choice":
      return (
        <SelectField
          {...around}
          value={String(value ?? shape.default ?? "")}
          onChange={(event) => onChange(event.target.value)}
        >
          {shape.default === undefined && <option value="">{t("choose")}</option>}
          {(shape.enum ?? []).map((choice) => (
            <option key={choice} value={choice}>
              {wordOr(tk, `${name}_${choice}`, choice)}
            </option>
          ))}
        </SelectField>
      );
    case "number":
      return (
        <TextField
          {...around}
          inputMode="numeric"
          maxLength={12}
          value={value === undefined ? "" : String(value)}
          onChange={(event) => {
            const digits = event.target.value.replace(/\D/g, "");
            onChange(digits === "" ? undefined : Number(digits));
          }}
        />
      );
    case "text":
      return (
        <TextField
          {...around}
          autoComplete="off"
          maxLength={shape.maxLength}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}

/** Some of a few words, and never none of them. */
function SeveralField(props: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  name: string;
  shape: Shape;
  value: unknown;
  onChange: (next: unknown) => void;
}): ReactNode {
  const tk = useWords(kindWords);
  const choices = props.shape.items?.enum ?? [];
  const chosen = wordsOf(props.value ?? props.shape.default);
  return (
    <fieldset className="fields">
      <legend>{props.label}</legend>
      {choices.map((choice) => (
        <Switch
          key={choice}
          label={wordOr(tk, `${props.name}_${choice}`, choice)}
          checked={chosen.includes(choice)}
          disabled={chosen.length === 1 && chosen.includes(choice)}
          onChange={(isOn) =>
            props.onChange(choices.filter((each) => (each === choice ? isOn : chosen.includes(each))))
          }
        />
      ))}
      {props.hint !== undefined && <p className="field-hint">{props.hint}</p>}
      {props.error !== undefined && (
        <p className="field-error" role="alert">
          {props.error}
        </p>
      )}
    </fieldset>
  );
}

function AutomationField(props: {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: unknown;
  without: number | undefined;
  onChange: (next: unknown) => void;
}): ReactNode {
  const t = useWords(automations);
  const all = useAutomations();
  return (
    <SelectField
      label={props.label}
      error={props.error}
      value={props.value === undefined ? "" : String(props.value)}
      onChange={(event) => props.onChange(event.target.value === "" ? undefined : Number(event.target.value))}
    >
      <option value="">{t("choose")}</option>
      {all.items
        .filter(({ id }) => id !== props.without)
        .map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
    </SelectField>
  );
}

function wordsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each): each is string => typeof each === "string") : [];
}
