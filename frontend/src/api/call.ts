// The one way to ask the API: `await call("GET /api/v1/contacts", { query: { q: "ana" } })`, typed from our OpenAPI.

import { makeStore } from "../lib/store";
import { Problem, problemOf } from "./problem";
import type { Calls } from "./schema";
import { accessToken, end, renew } from "./session";

export type Call = keyof Calls;
export type Answer<K extends Call> = Calls[K]["answer"];
export type Query<K extends Call> = Calls[K]["query"];
export type Body<K extends Call> = Calls[K]["body"];

type Part<Name extends string, T> = [keyof T] extends [never] ? object : { [K in Name]: T };
type QueryPart<T> = [keyof T] extends [never] ? object : { query?: T };
type BodyPart<T> = [T] extends [undefined] ? object : undefined extends T ? { body?: T } : { body: T };

export type Input<K extends Call> = Part<"path", Calls[K]["path"]> &
  QueryPart<Calls[K]["query"]> &
  BodyPart<Calls[K]["body"]> & {
    /** Makes a POST safe to repeat; see lib/once.ts. */
    once?: string;
    signal?: AbortSignal;
    /** For what takes a table and no JSON. */
    csv?: Blob;
  };

interface Parts {
  path?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  csv?: Blob;
  once?: string;
  signal?: AbortSignal;
}

/** Whether the server answered when it was last asked. */
export const reachable = makeStore(true);

export async function call<K extends Call>(
  name: K,
  ...[input]: object extends Input<K> ? [Input<K>?] : [Input<K>]
): Promise<Answer<K>> {
  const answer = await send(name, (input ?? {}) as Parts);
  if (answer.status === 204) return undefined as Answer<K>;
  return (await answer.json()) as Answer<K>;
}

/** As `call`, for what is no JSON: a file. */
export async function send(name: Call, input: Parts): Promise<Response> {
  let answer = await attempt(name, input, accessToken());
  if (answer.status === 401) {
    const renewed = await renew();
    if (renewed === null) {
      end("ended");
      throw await problemOf(answer);
    }
    answer = await attempt(name, input, renewed);
  }
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

async function attempt(name: string, input: Parts, token: string | null): Promise<Response> {
  const [method = "GET", template = ""] = name.split(" ");
  const headers = new Headers();
  if (token !== null) headers.set("Authorization", `Bearer ${token}`);
  if (input.body !== undefined) headers.set("Content-Type", "application/json");
  if (input.csv !== undefined) headers.set("Content-Type", "text/csv");
  if (input.once !== undefined) headers.set("Idempotency-Key", input.once);
  try {
    const answer = await fetch(addressOf(template, input), {
      method,
      headers,
      credentials: "same-origin",
      body: input.csv ?? (input.body === undefined ? null : JSON.stringify(input.body)),
      signal: input.signal ?? null,
    });
    reachable.set(true);
    return answer;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    reachable.set(false);
    throw new Problem({ status: 0, code: "offline", detail: "" });
  }
}

export function addressOf(template: string, { path = {}, query = {} }: Pick<Parts, "path" | "query">): string {
  const address = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(path[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null || value === "") continue;
    for (const each of Array.isArray(value) ? value : [value]) search.append(name, String(each));
  }
  return search.size === 0 ? address : `${address}?${search.toString()}`;
}
