// What contacts hold besides what all have: fields that somebody declared, each with its own control, and any other.

import type { ReactNode } from "react";
import { fieldProblem } from "../../api/problem";
import { useListing } from "../../api/queries";
import type { FieldAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Button, IconButton } from "../../ui/Button";
import { SelectField, TextField } from "../../ui/Field";
import { SkeletonRows } from "../../ui/States";
import { common } from "../../words/common";
import { contacts } from "../../words/contacts";
import { fields as words } from "../../words/fields";
import type { Field } from "./form";

interface FieldsProps {
  value: readonly Field[];
  error: unknown;
  onChange: (next: Field[]) => void;
}

export function CustomFields({ value, error, onChange }: FieldsProps): ReactNode {
  const t = useWords(contacts);
  const listing = useListing(["field", "list"], "GET /api/v1/fields", { query: { limit: 200 } });
  const declared = listing.items.toReversed(); // as they were declared
  const keys = new Set(declared.map(({ key }) => key));
  const others = value.filter((each) => each.isNew || !keys.has(each.name));

  function write(field: FieldAnswer, text: string) {
    const known = value.find(({ name, isNew }) => name === field.key && !isNew);
    const next = { id: known?.id ?? nextId(value), name: field.key, value: text, kind: field.kind };
    if (text === "") onChange(value.filter((each) => each !== known));
    else onChange(known ? value.map((each) => (each === known ? next : each)) : [...value, next]);
  }

  return (
    <fieldset className="fields">
      <legend>{t("fields")}</legend>
      {declared.length > 0 && (
        <div className="form-row">
          {declared.map((field) => (
            <Declared
              key={field.id}
              field={field}
              value={value.find(({ name, isNew }) => name === field.key && !isNew)?.value ?? ""}
              error={fieldProblem(error, `metadata.${field.key}`)}
              onChange={(text) => write(field, text)}
            />
          ))}
        </div>
      )}
      {listing.isPending ? (
        <SkeletonRows rows={1} withAvatar={false} />
      ) : (
        <Others
          value={others}
          onChange={(next) => onChange([...value.filter((each) => !others.includes(each)), ...next])}
          nextId={nextId(value)}
        />
      )}
      <p className="field-hint">{t("fields_hint", { mark: "{city}" })}</p>
    </fieldset>
  );
}

const TYPES: Record<string, string> = { date: "date", text: "text", number: "text" };

function Declared(props: {
  field: FieldAnswer;
  value: string;
  error: string | undefined;
  onChange: (next: string) => void;
}): ReactNode {
  const t = useWords(words);
  const { field, value, error } = props;
  const options =
    field.kind === "choice" ? field.choices : field.kind === "boolean" ? (["true", "false"] as const) : undefined;
  if (options === undefined) {
    return (
      <TextField
        label={field.title}
        type={TYPES[field.kind] ?? "text"}
        inputMode={field.kind === "number" ? "decimal" : undefined}
        autoComplete="off"
        maxLength={1000}
        value={value}
        error={error}
        onChange={(event) => props.onChange(event.target.value)}
      />
    );
  }
  const isUnknown = value !== "" && !(options as readonly string[]).includes(value);
  return (
    <SelectField
      label={field.title}
      value={value}
      error={error}
      onChange={(event) => props.onChange(event.target.value)}
    >
      <option value="">{t("unsaid")}</option>
      {isUnknown && <option value={value}>{value}</option>}
      {options.map((each) => (
        <option key={each} value={each}>
          {field.kind === "boolean" ? t(each === "true" ? "yes" : "no") : each}
        </option>
      ))}
    </SelectField>
  );
}

function Others(props: { value: readonly Field[]; onChange: (next: Field[]) => void; nextId: number }): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const { value, onChange } = props;
  const change = (id: number, changes: Partial<Field>) =>
    onChange(value.map((each) => (each.id === id ? { ...each, ...changes } : each)));
  return (
    <>
      {value.map((each) => (
        <div key={each.id} className="fields-row">
          <input
            className="input"
            aria-label={t("field_name")}
            placeholder={t("field_name")}
            maxLength={200}
            value={each.name}
            onChange={(event) => change(each.id, { name: event.target.value })}
          />
          <input
            className="input"
            aria-label={each.name ? `${t("field_value")}: ${each.name}` : t("field_value")}
            placeholder={t("field_value")}
            value={each.value}
            onChange={(event) => change(each.id, { value: event.target.value })}
          />
          <IconButton
            icon="trash"
            label={tc("remove_named", { name: each.name })}
            onClick={() => onChange(value.filter(({ id }) => id !== each.id))}
          />
        </div>
      ))}
      <div>
        <Button
          small
          icon="plus"
          onClick={() => onChange([...value, { id: props.nextId, name: "", value: "", isNew: true }])}
        >
          {t("field_add")}
        </Button>
      </div>
    </>
  );
}

function nextId(value: readonly Field[]): number {
  return 1 + Math.max(-1, ...value.map(({ id }) => id));
}
