// What the API's JSON Schema of automations offers: kinds of trigger and action, and for each the fields of its form.
//
// Nothing here knows a kind by name: one that the engine learns shows up in the form by itself.

export type Json = Record<string, unknown>;

/** The part of JSON Schema that a form is made from. */
export interface Shape {
  type?: string | readonly string[];
  title?: string;
  description?: string;
  enum?: readonly string[];
  const?: unknown;
  default?: unknown;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  format?: string;
  items?: Shape;
  properties?: Record<string, Shape>;
  required?: readonly string[];
  additionalProperties?: boolean | Shape;
  oneOf?: readonly { required?: readonly string[]; const?: unknown; title?: string; description?: string }[];
  maxProperties?: number;
  examples?: readonly unknown[];
  "x-reference"?: string;
}

export interface Kind {
  name: string;
  title: string;
  description: string;
  shape: Shape;
}

export interface Kinds {
  triggers: readonly Kind[];
  actions: readonly Kind[];
  /** By trigger; null where it has nothing to do with the clock. */
  schedules: Record<string, Shape | null>;
}

export type Control =
  "text" | "lines" | "words" | "several" | "number" | "choice" | "flag" | "automation" | "pairs" | "json";

export interface FormField {
  name: string;
  shape: Shape;
  control: Control;
  isNeeded: boolean;
}

/** Asked for elsewhere in the form, for all kinds alike. */
const SHARED = new Set(["exclusive_group", "delay_seconds", "v"]);

export function readKinds(schema: Json): Kinds {
  const properties = schema["properties"] as Record<string, Shape>;
  const definitions = schema["$defs"] as Record<string, Shape>;
  const of = (column: string, prefix: string): Kind[] =>
    (properties[column]?.oneOf ?? []).map(({ const: value, title = "", description = "" }) => ({
      name: String(value),
      title,
      description,
      shape: definitions[`${prefix}.${String(value)}`] ?? {},
    }));
  const triggers = of("trigger_type", "trigger");
  const schedules = Object.fromEntries(
    triggers.map(({ name }) => {
      const shape = definitions[`schedule.${name}`];
      return [name, shape === undefined || shape.maxProperties === 0 ? null : shape];
    }),
  );
  return { triggers, actions: of("action_type", "action"), schedules };
}

/** The fields of a kind's own, in the schema's order; of alternatives all. */
export function fieldsOf(shape: Shape): FormField[] {
  const needed = new Set(shape.required);
  const fields = Object.entries(shape.properties ?? {}).filter(([name]) => !SHARED.has(name));
  return fields.map(([name, own]) => ({ name, shape: own, control: controlOf(own), isNeeded: needed.has(name) }));
}

/** Which keys exclude each other, as `keyword` and `keywords` do; empty where none do. */
export function alternativesOf(shape: Shape): string[] {
  return (shape.oneOf ?? []).flatMap(({ required }) => (required?.length === 1 ? [...required] : []));
}

/** A list of something takes one of it too, so the form asks for the list alone: `keywords`, and not `keyword`. */
export function singularsOf(shape: Shape): Record<string, string> {
  const names = alternativesOf(shape);
  const lists = names.filter((name) => shape.properties?.[name]?.type === "array");
  return Object.fromEntries(
    names.flatMap((name) => {
      const list = lists.find((other) => other === `${name}s`);
      return list === undefined ? [] : [[name, list]];
    }),
  );
}

/** Whether keys of one's own are possible: then the object says which contacts. */
export const isOpen = (shape: Shape) => typeof shape.additionalProperties === "object";

function controlOf(shape: Shape): Control {
  if (shape.enum) return "choice";
  if (shape["x-reference"] === "automations") return "automation";
  if (shape.type === "array") return shape.items?.enum ? "several" : "words";
  if (shape.type === "boolean") return "flag";
  if (shape.type === "integer" || shape.type === "number") return "number";
  if (shape.type === "object") return typeof shape.additionalProperties === "object" ? "pairs" : "json";
  return shape.format === "multiline" || (shape.maxLength ?? 0) > 1000 ? "lines" : "text";
}
