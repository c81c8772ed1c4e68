// Change notices: the server says what changed, and whatever shows it asks again.
//
// Read by fetch and not by EventSource, which cannot carry a token. Where no stream is to be had, the pages ask again
// every few seconds; so they are never wrong for long, whatever stands between.

import type { QueryClient } from "@tanstack/react-query";
import { makeStore } from "../lib/store";
import { reachable } from "./call";
import type { Noun } from "./queries";
import { accessToken, renew } from "./session";

export type LiveState = "connecting" | "live" | "polling";
export const live = makeStore<LiveState>("connecting");

const ADDRESS = "/api/v1/events";
const SILENCE_SECONDS = 45; // the stream says something every 15; longer, and it is dead without knowing
const POLL_SECONDS = 5;
const SLOWEST_SECONDS = 15;
const WORKED_MILLISECONDS = 10_000;
const TOGETHER_MILLISECONDS = 120; // notices of one moment ask once

/** Which nouns a notice refreshes besides its own. */
const TOUCHES: Partial<Record<string, readonly Noun[]>> = {
  message: ["message", "conversation"],
  contact: ["contact", "conversation"],
  automation_log: ["automation_log", "automation"],
  import: ["import", "contact"],
  settings: ["settings", "field"],
};
const ALL: readonly Noun[] = ["alert", "analytics", "automation", "automation_log", "channel", "contact", "conversation", "field", "group", "import", "message", "settings", "user"]; // prettier-ignore

export interface Notice {
  event: string;
  data: string;
}

/** Follows the notices until the returned function is called. */
export function follow(client: QueryClient): () => void {
  const stop = new AbortController();
  const pending = new Set<Noun>();
  let timer: ReturnType<typeof setTimeout> | undefined;

  function refresh(nouns: readonly Noun[]): void {
    for (const noun of nouns) pending.add(noun);
    timer ??= setTimeout(() => {
      timer = undefined;
      for (const noun of pending) void client.invalidateQueries({ queryKey: [noun] });
      pending.clear();
    }, TOGETHER_MILLISECONDS);
  }

  void (async () => {
    for (let failures = 0; !stop.signal.aborted; failures += 1) {
      const began = Date.now();
      await listen(stop.signal, refresh).catch(() => undefined);
      if (stop.signal.aborted) return;
      if (Date.now() - began > WORKED_MILLISECONDS) {
        failures = -1; // it ends when the token does: the next one begins at once
        continue;
      }
      live.set("polling");
      const seconds = Math.min(SLOWEST_SECONDS, POLL_SECONDS + failures);
      await rest(seconds, stop.signal);
      refresh(ALL);
    }
  })();

  return () => {
    stop.abort();
    clearTimeout(timer);
  };
}

/** Reads one stream to its end. */
async function listen(signal: AbortSignal, refresh: (nouns: readonly Noun[]) => void): Promise<void> {
  const own = new AbortController();
  const giveUp = () => own.abort();
  signal.addEventListener("abort", giveUp);
  let silence = setTimeout(giveUp, SILENCE_SECONDS * 1000);
  try {
    const headers = { Authorization: `Bearer ${accessToken() ?? ""}`, Accept: "text/event-stream" };
    const answer = await fetch(ADDRESS, { headers, signal: own.signal, credentials: "same-origin" });
    reachable.set(true);
    if (answer.status === 401) await renew();
    if (!answer.ok || answer.body === null) return;
    live.set("live");
    const parser = makeParser();
    for (const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader(); ;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(giveUp, SILENCE_SECONDS * 1000);
      for (const notice of parser(value)) refresh(nounsOf(notice));
    }
  } catch (error) {
    if (!own.signal.aborted) reachable.set(false);
    throw error;
  } finally {
    clearTimeout(silence);
    signal.removeEventListener("abort", giveUp);
    own.abort();
  }
}

export function nounsOf(notice: Notice): readonly Noun[] {
  let kind = notice.event;
  try {
    const data = JSON.parse(notice.data) as { kind?: string };
    kind = data.kind ?? kind;
    if (kind === "reset") return ALL; // something may have been missed
  } catch {
    // The event's name alone says what changed.
  }
  if (!(ALL as readonly string[]).includes(kind)) return [];
  return TOUCHES[kind] ?? [kind as Noun];
}

/** Takes pieces of a stream as they come, gives the notices that are complete. */
export function makeParser(): (piece: string) => Notice[] {
  let rest = "";
  return (piece) => {
    const blocks = (rest + piece).replace(/\r\n?/g, "\n").split("\n\n");
    rest = blocks.pop() ?? "";
    return blocks.flatMap((block) => {
      let event = "message";
      const data: string[] = [];
      for (const line of block.split("\n")) {
        if (line.startsWith("event:")) event = line.slice(6).trim();
        else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
      }
      return data.length === 0 ? [] : [{ event, data: data.join("\n") }];
    });
  };
}

function rest(seconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
