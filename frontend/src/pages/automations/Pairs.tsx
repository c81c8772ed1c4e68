import { type ReactNode, useId, useState } from "react";
import { fieldProblem } from "../../api/problem";
import { useWords } from "../../lib/language";
import { Button, IconButton } from "../../ui/Button";
import { automations } from "../../words/automations";
import { common } from "../../words/common";
import type { Json } from "./kinds";
import { objectOfRows, type Row, rowsOf } from "./rows";

const KNOWN = ["tags", "language", "first_name", "name", "phone", "email", "birthday", "time_zone", "notes"];

interface PairsProps {
  legend: string;
  hint?: string | undefined;
  add: string;
  value: Json;
  path: string;
  error: unknown;
  /** What is wrong with it as a whole. */
  problem?: string | undefined;
  onChange: (next: Json) => void;
}

/** Fields and their values, a row each. */
export function Pairs({ legend, hint, add, value, path, error, problem: whole, onChange }: PairsProps): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const listId = useId();
  const [rows, setRows] = useState(() => rowsOf(value));

  function change(next: Row[]) {
    setRows(next);
    onChange(objectOfRows(next));
  }
  const edit = (id: number, part: Partial<Row>) =>
    change(rows.map((row) => (row.id === id ? { ...row, ...part } : row)));

  return (
    <fieldset className="fields">
      <legend>{legend}</legend>
      {rows.map((row) => {
        const problem = row.name && fieldProblem(error, `${path}.${row.name}`);
        return (
          <div key={row.id}>
            <div className="fields-row">
              <input
                className="input"
                aria-label={t("field")}
                placeholder={t("field")}
                list={listId}
                maxLength={200}
                value={row.name}
                onChange={(event) => edit(row.id, { name: event.target.value })}
              />
              <input
                className="input"
                aria-label={row.name ? `${t("value")}: ${row.name}` : t("value")}
                placeholder={t("value")}
                value={row.text}
                onChange={(event) => edit(row.id, { text: event.target.value })}
              />
              <IconButton
                icon="trash"
                label={tc("remove_named", { name: row.name })}
                onClick={() => change(rows.filter(({ id }) => id !== row.id))}
              />
            </div>
            {problem && <p className="field-error">{problem}</p>}
          </div>
        );
      })}
      <datalist id={listId}>
        {KNOWN.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <div>
        <Button
          small
          icon="plus"
          onClick={() => setRows([...rows, { id: 1 + Math.max(-1, ...rows.map(({ id }) => id)), name: "", text: "" }])}
        >
          {add}
        </Button>
      </div>
      {whole && <p className="field-error">{whole}</p>}
      {hint && <p className="field-hint">{hint}</p>}
    </fieldset>
  );
}
