// Who is signed in. The access token lives in this page's memory alone; a cookie that no script can read renews it.

import { makeStore, recall, remember, useStore } from "../lib/store";
import { Problem, problemOf } from "./problem";
import type { MeAnswer } from "./schema";

export type Session =
  | { state: "unknown" }
  | { state: "out"; because?: "ended" }
  /** Somebody else has reset the password; `typed` is the one just given, null after a reload. */
  | { state: "choosing"; typed: string | null }
  | { state: "in"; user: MeAnswer };

export const session = makeStore<Session>({ state: "unknown" });

/** Whoever is signed in; only for what is shown to them. */
export function useUser(): MeAnswer {
  const current = useStore(session);
  if (current.state !== "in") throw new Error("nobody is signed in");
  return current.user;
}

/** Whether they may, as the server will say too: so that nobody is offered what would be refused. */
export function useMay(permission: string): boolean {
  return mayOpen({ needs: permission }, useUser());
}

/** As `useMay`, for what says itself which permission opens it: an area, a section. */
export function mayOpen({ needs }: { needs: string | null }, { permissions }: Pick<MeAnswer, "permissions">): boolean {
  return needs === null || permissions.includes(needs);
}

const BASE = "/api/v1/auth";
const KEY = "hilo.session"; // says that there may be a cookie, so that a newcomer's page asks for nothing in vain
let token: string | null = null;
let renewing: Promise<string | null> | null = null;

// A sign-out in one tab is a sign-out in all of them.
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("hilo.session");
tabs?.addEventListener("message", (event) => {
  if (event.data === "out") end();
});

export const accessToken = () => token;

/** At the start of the page: whoever was signed in still is. */
export async function restore(): Promise<void> {
  if (recall(KEY) === null || (await renew()) === null) end();
  else await arrive();
}

export async function logIn(username: string, password: string): Promise<void> {
  const form = new URLSearchParams({ grant_type: "password", username, password });
  const answer = await ask(`${BASE}/login`, { method: "POST", body: form });
  if (!answer.ok) throw await problemOf(answer);
  token = ((await answer.json()) as { access_token: string }).access_token;
  await arrive(password);
}

/** Whoever must choose a password of their own does it here, and is in. */
export async function choosePassword(old: string, chosen: string): Promise<void> {
  const answer = await ask(`${BASE}/password`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token ?? ""}`, "Content-Type": "application/json" },
    body: JSON.stringify({ old_password: old, new_password: chosen }),
  });
  if (answer.status === 401) end("ended");
  else if (!answer.ok) throw await problemOf(answer);
  else await arrive();
}

export async function logOut(): Promise<void> {
  const headers = { Authorization: `Bearer ${token ?? ""}` };
  // Whatever the server says, this page forgets; the cookie goes as soon as it can be reached.
  await ask(`${BASE}/logout`, { method: "POST", headers }).catch(() => undefined);
  tabs?.postMessage("out");
  end();
}

/** A new token, or null when there is no session any more. Many who ask at once get the answer of one request. */
export function renew(): Promise<string | null> {
  renewing ??= inTurn(async () => {
    const answer = await ask(`${BASE}/refresh`, { method: "POST" });
    if (answer.status >= 500) throw await problemOf(answer);
    token = answer.ok ? ((await answer.json()) as { access_token: string }).access_token : null;
    return token;
  }).finally(() => {
    renewing = null;
  });
  return renewing;
}

export function end(because?: "ended"): void {
  token = null;
  remember(KEY, null);
  session.set(because === undefined ? { state: "out" } : { state: "out", because });
}

/** After signing in, and after a change of one's own profile. */
export async function arrive(typed: string | null = null): Promise<void> {
  const answer = await ask(`${BASE}/me`, { headers: { Authorization: `Bearer ${token ?? ""}` } });
  if (!answer.ok) {
    const problem = await problemOf(answer);
    if (problem.code !== "password_change_required") throw problem;
    remember(KEY, "1");
    return session.set({ state: "choosing", typed });
  }
  remember(KEY, "1");
  session.set({ state: "in", user: (await answer.json()) as MeAnswer });
}

/** Tabs share the cookie, and using one twice looks like theft: so they take turns. */
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (typeof navigator.locks === "undefined") return work();
  return navigator.locks.request("hilo.renew", work) as Promise<T>;
}

async function ask(address: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(address, { credentials: "same-origin", ...options });
  } catch {
    throw new Problem({ status: 0, code: "offline", detail: "" });
  }
}
