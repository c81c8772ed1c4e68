// The form of an automation: its kinds and their fields come from the API's schema, its words and its order from here.

import type { ReactNode } from "react";
import { fieldProblem } from "../../api/problem";
import { useWords } from "../../lib/language";
import { SelectField, Switch, TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { Card } from "../../ui/Page";
import { automations } from "../../words/automations";
import { kinds as kindWords, wordOr } from "../../words/kinds";
import { type Draft, isAdvanced, partsOf, withKey } from "./draft";
import { JsonField } from "./JsonField";
import { isOpen, type Kind, type Kinds } from "./kinds";
import { Pairs } from "./Pairs";
import { ScheduleFields } from "./ScheduleFields";
import { SchemaFields } from "./SchemaFields";

interface FormProps {
  kinds: Kinds;
  draft: Draft;
  error: unknown;
  /** Of one that is there: it cannot start itself, and is switched on and off above. */
  id?: number;
  onChange: (next: Draft) => void;
}

export function AutomationForm(props: FormProps): ReactNode {
  const t = useWords(automations);
  const { kinds, draft, error, onChange } = props;
  const set = (changes: Partial<Draft>) => onChange({ ...draft, ...changes });
  return (
    <>
      <Card>
        <div className="form">
          <TextField
            label={t("name")}
            required
            maxLength={200}
            autoComplete="off"
            value={draft.name}
            error={fieldProblem(error, "name")}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TextField
            label={t("description")}
            maxLength={10_000}
            autoComplete="off"
            value={draft.description}
            error={fieldProblem(error, "description")}
            onChange={(event) => set({ description: event.target.value })}
          />
          {props.id === undefined && (
            <Switch
              label={t("is_active")}
              hint={t("is_active_hint")}
              checked={draft.is_active}
              onChange={(is_active) => set({ is_active })}
            />
          )}
        </div>
      </Card>
      {isAdvanced(draft) ? (
        <AdvancedParts draft={draft} error={error} set={set} />
      ) : (
        <>
          <When {...props} kind={kinds.triggers.find(({ name }) => name === draft.trigger_type)} set={set} />
          <Then {...props} kind={kinds.actions.find(({ name }) => name === draft.action_type)} set={set} />
          <Rest draft={draft} error={error} set={set} />
        </>
      )}
      <FormProblem error={error} />
    </>
  );
}

type Set = (changes: Partial<Draft>) => void;

function When({ kinds, draft, error, kind, set }: FormProps & { kind: Kind | undefined; set: Set }): ReactNode {
  const t = useWords(automations);
  const tk = useWords(kindWords);
  const schedule = kinds.schedules[draft.trigger_type] ?? null;
  const conditions = draft.trigger_conditions;
  const { asked, pairs } = partsOf(kind?.shape ?? {}, conditions);
  return (
    <Card title={t("part_when")}>
      <div className="form">
        <SelectField
          label={t("starts_with")}
          hint={kind && wordOr(tk, `trigger_${kind.name}_text`, kind.description)}
          value={draft.trigger_type}
          error={fieldProblem(error, "trigger_type")}
          onChange={(event) =>
            set({
              trigger_type: event.target.value,
              trigger_conditions: withKey({}, "exclusive_group", conditions["exclusive_group"]),
              schedule_config: null,
            })
          }
        >
          <Choices all={kinds.triggers} prefix="trigger" chosen={draft.trigger_type} />
        </SelectField>
        {kind && (
          <SchemaFields
            shape={kind.shape}
            value={conditions}
            path="trigger_conditions"
            error={error}
            onChange={(next) => set({ trigger_conditions: next })}
          />
        )}
        {schedule && (
          <ScheduleFields
            shape={schedule}
            value={draft.schedule_config}
            error={error}
            onChange={(schedule_config) => set({ schedule_config })}
          />
        )}
        {kind && isOpen(kind.shape) && (
          <Pairs
            key={draft.trigger_type}
            legend={t("part_who")}
            hint={t("part_who_hint")}
            add={t("add_condition")}
            value={pairs}
            path="trigger_conditions"
            error={error}
            onChange={(next) => set({ trigger_conditions: { ...next, ...asked } })}
          />
        )}
      </div>
    </Card>
  );
}

function Then({ kinds, draft, error, kind, id, set }: FormProps & { kind: Kind | undefined; set: Set }): ReactNode {
  const t = useWords(automations);
  const payload = draft.action_payload;
  return (
    <Card title={t("part_then")}>
      <div className="form">
        <SelectField
          label={t("does")}
          value={draft.action_type}
          error={fieldProblem(error, "action_type")}
          onChange={(event) =>
            set({
              action_type: event.target.value,
              action_payload: withKey({}, "delay_seconds", payload["delay_seconds"]),
            })
          }
        >
          <Choices all={kinds.actions} prefix="action" chosen={draft.action_type} />
        </SelectField>
        {kind && (
          <SchemaFields
            key={kind.name}
            shape={kind.shape}
            value={payload}
            path="action_payload"
            error={error}
            without={id}
            onChange={(next) => set({ action_payload: next })}
          />
        )}
      </div>
    </Card>
  );
}

function Rest({ draft, error, set }: { draft: Draft; error: unknown; set: Set }): ReactNode {
  const t = useWords(automations);
  return (
    <Card title={t("part_rest")}>
      <div className="form-row">
        <Priority draft={draft} set={set} />
        <TextField
          label={t("delay")}
          hint={t("delay_hint")}
          inputMode="numeric"
          value={String(draft.action_payload["delay_seconds"] ?? "0")}
          error={fieldProblem(error, "action_payload.delay_seconds")}
          onChange={(event) => {
            const digits = event.target.value.replace(/\D/g, "");
            const seconds = Number(digits) || undefined;
            set({ action_payload: withKey(draft.action_payload, "delay_seconds", seconds) });
          }}
        />
        <TextField
          label={t("group")}
          hint={t("group_hint")}
          maxLength={100}
          autoComplete="off"
          value={String(draft.trigger_conditions["exclusive_group"] ?? "")}
          error={fieldProblem(error, "trigger_conditions.exclusive_group")}
          onChange={(event) =>
            set({ trigger_conditions: withKey(draft.trigger_conditions, "exclusive_group", event.target.value) })
          }
        />
      </div>
    </Card>
  );
}

function Priority({ draft, set }: { draft: Draft; set: Set }): ReactNode {
  const t = useWords(automations);
  return (
    <SelectField
      label={t("priority")}
      hint={t("priority_hint")}
      value={draft.priority}
      onChange={(event) => set({ priority: Number(event.target.value) })}
    >
      {Array.from({ length: 10 }, (_, index) => (
        <option key={index} value={10 - index}>
          {10 - index}
        </option>
      ))}
    </SelectField>
  );
}

/** Steps of its own: the JSON as it is kept. */
function AdvancedParts({ draft, error, set }: { draft: Draft; error: unknown; set: Set }): ReactNode {
  const t = useWords(automations);
  return (
    <Card>
      <div className="form">
        <p className="soft">{t("advanced_text")}</p>
        {(["trigger_conditions", "action_payload"] as const).map((column) => (
          <JsonField
            key={column}
            label={t(column === "trigger_conditions" ? "part_when" : "part_then")}
            value={draft[column]}
            error={fieldProblem(error, column)}
            onChange={(next) => set({ [column]: next })}
          />
        ))}
        <Priority draft={draft} set={set} />
      </div>
    </Card>
  );
}

function Choices(props: { all: readonly Kind[]; prefix: string; chosen: string }): ReactNode {
  const tk = useWords(kindWords);
  const isKnown = props.all.some(({ name }) => name === props.chosen);
  return (
    <>
      {!isKnown && <option value={props.chosen}>{props.chosen}</option>}
      {props.all.map(({ name, title }) => (
        <option key={name} value={name}>
          {wordOr(tk, `${props.prefix}_${name}`, title)}
        </option>
      ))}
    </>
  );
}
