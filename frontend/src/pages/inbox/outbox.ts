// What was sent from this page and is not yet the server's: shown at once, and kept until the server has it or somebody
// gives it up. Each has its key, so that trying again cannot send it twice.

import type { QueryClient } from "@tanstack/react-query";
import { call } from "../../api/call";
import type { MessageAnswer, PageAnswer_MessageAnswer } from "../../api/schema";
import { newKey } from "../../lib/once";
import { makeStore, useStore } from "../../lib/store";

export interface Waiting {
  key: string;
  conversationId: string;
  text: string;
  /** What it answers. */
  quoted: MessageAnswer | null;
  at: string;
  error: unknown;
}

const outbox = makeStore<readonly Waiting[]>([]);
/** What somebody has begun to write, by conversation. */
export const drafts = new Map<string, string>();

export function useOutbox(conversationId: string): readonly Waiting[] {
  return useStore(outbox).filter((each) => each.conversationId === conversationId);
}

export function write(
  client: QueryClient,
  conversationId: string,
  text: string,
  quoted: MessageAnswer | null = null,
): void {
  const waiting = { key: newKey(), conversationId, text, quoted, at: new Date().toISOString(), error: null };
  outbox.set([...outbox.get(), waiting]);
  void post(client, waiting);
}

export function tryAgain(client: QueryClient, waiting: Waiting): void {
  replace(waiting.key, { ...waiting, error: null });
  void post(client, waiting);
}

export function discard(key: string): void {
  outbox.set(outbox.get().filter((each) => each.key !== key));
}

async function post(client: QueryClient, { key, conversationId, text, quoted }: Waiting): Promise<void> {
  try {
    const message = await call("POST /api/v1/messages", {
      body: { conversation_id: conversationId, type: "text", text: { body: text }, reply_to: quoted?.id ?? null },
      once: key,
    });
    add(client, message);
    discard(key);
    void client.invalidateQueries({ queryKey: ["conversation"] });
  } catch (error) {
    const waiting = outbox.get().find((each) => each.key === key);
    if (waiting) replace(key, { ...waiting, error });
  }
}

function replace(key: string, next: Waiting): void {
  outbox.set(outbox.get().map((each) => (each.key === key ? next : each)));
}

/** Puts a message into the thread that is on the screen, unless a change notice was faster. */
function add(client: QueryClient, message: MessageAnswer): void {
  client.setQueryData<{ pages: PageAnswer_MessageAnswer[]; pageParams: unknown[] }>(
    ["message", "thread", message.conversation_id],
    (known) => {
      const [first, ...rest] = known?.pages ?? [];
      if (!known || !first || known.pages.some((page) => page.items.some(({ id }) => id === message.id))) return known;
      return { ...known, pages: [{ ...first, items: [message, ...first.items] }, ...rest] };
    },
  );
}
