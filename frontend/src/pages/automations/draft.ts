// What somebody fills in about an automation, and what of it is written. The three JSON columns stay what they are: the
// form changes keys of them, so that what it does not know of survives a save.

import type { AutomationAnswer } from "../../api/schema";
import { FIRST, withClock } from "./clock";
import { type Json, type Kinds, type Shape, alternativesOf, singularsOf } from "./kinds";

export interface Draft {
  name: string;
  description: string;
  trigger_type: string;
  trigger_conditions: Json;
  action_type: string;
  action_payload: Json;
  schedule_config: Json | null;
  is_active: boolean;
  priority: number;
}

export const EMPTY: Draft = {
  name: "",
  description: "",
  trigger_type: "keyword",
  trigger_conditions: {},
  action_type: "send_message",
  action_payload: {},
  schedule_config: null,
  is_active: true,
  priority: 5,
};

export function draftOf(automation: AutomationAnswer, kinds: Kinds): Draft {
  const trigger = kinds.triggers.find(({ name }) => name === automation.trigger_type);
  return {
    name: automation.name,
    description: automation.description ?? "",
    trigger_type: automation.trigger_type,
    trigger_conditions: plural(objectOf(automation.trigger_conditions), trigger ? singularsOf(trigger.shape) : {}),
    action_type: automation.action_type,
    action_payload: objectOf(automation.action_payload),
    schedule_config: automation.schedule_config === null ? null : objectOf(automation.schedule_config),
    is_active: automation.is_active,
    priority: automation.priority,
  };
}

/** Written by hand, or with steps of which the form knows nothing: it is edited as JSON. */
export const isAdvanced = (draft: Draft) => draft.trigger_conditions["v"] === 1 || draft.action_payload["v"] === 1;

export type Body = Omit<Draft, "description"> & { description: string | null };

/** What the API takes: nothing that was left empty, and no schedule where there is no clock. */
export function bodyOf(draft: Draft, kinds: Kinds): Body {
  const clock = kinds.schedules[draft.trigger_type] ?? null;
  const advanced = isAdvanced(draft);
  return {
    ...draft,
    name: draft.name.trim(),
    description: draft.description.trim() || null,
    trigger_conditions: advanced ? draft.trigger_conditions : withoutEmpty(draft.trigger_conditions),
    action_payload: advanced ? draft.action_payload : withoutEmpty(draft.action_payload),
    schedule_config: clock !== null || advanced ? scheduleOf(draft, clock) : null,
  };
}

/** What the form shows is what is saved: where there must be a schedule, there is one. */
function scheduleOf({ schedule_config: config }: Draft, clock: Shape | null): Json | null {
  if (config !== null) return withoutEmpty(config);
  return clock?.type === "object" ? withClock(null, FIRST) : null;
}

/** The columns that differ; a JSON column is written whole. */
export function changesOf(before: Draft, after: Draft, kinds: Kinds): Partial<Body> {
  const old = bodyOf(before, kinds);
  return Object.fromEntries(
    Object.entries(bodyOf(after, kinds)).filter(
      ([name, value]) => canonical(value) !== canonical(old[name as keyof Body]),
    ),
  );
}

/** An object with one key set, or without it. */
export function withKey(object: Json | null, name: string, value: unknown): Json {
  const { [name]: _, ...rest } = object ?? {};
  return isEmpty(value) ? rest : { ...rest, [name]: value };
}

/** Of an object with keys of one's own, what the form asks for by name, and the rest. */
export function partsOf(shape: Shape, object: Json): { asked: Json; pairs: Json } {
  const all = Object.entries(object);
  const isAsked = ([name]: [string, unknown]) => name === "exclusive_group" || name in (shape.properties ?? {});
  return {
    asked: Object.fromEntries(all.filter(isAsked)),
    pairs: Object.fromEntries(all.filter((each) => !isAsked(each))),
  };
}

/** The one of several keys that exclude each other which is filled in, else the first. */
export function chosenOf(names: readonly string[], object: Json): string {
  return names.find((name) => name in object) ?? names[0] ?? "";
}

export function shownAlternatives(shape: Shape): string[] {
  const singulars = singularsOf(shape);
  return alternativesOf(shape).filter((name) => !(name in singulars));
}

function plural(object: Json, singulars: Record<string, string>): Json {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) =>
      name in singulars && typeof value === "string" ? [singulars[name]!, [value]] : [name, value],
    ),
  );
}

function objectOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

function withoutEmpty(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => !isEmpty(value)));
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)))
      : part,
  );
}
