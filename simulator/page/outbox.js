// Messages written here that the simulator has not confirmed yet, per person, in the order they were written.
// The trap: a POST whose answer was lost may have arrived. A message that turns up in the thread with the same text,
// and was not there before the attempt, is that message; it is adopted instead of being sent twice.

import { Away, sendText } from "./api.js";

let lastId = 0;

export class Outbox {
  /** `onChange()` after every change of state, `onAccepted(serverId, localId)` when a message has its real id. */
  constructor({ onChange, onAccepted }) {
    this.onChange = onChange;
    this.onAccepted = onAccepted;
    this.byPerson = new Map();
    this.seen = new Map();
    this.sending = new Set();
  }

  of(waId) {
    return this.byPerson.get(waId) ?? [];
  }

  clear() {
    this.byPerson.clear();
    this.seen.clear();
  }

  /** Takes the message at once; `flush` sends it. `at` is in Unix seconds. */
  add(waId, body, { at }) {
    lastId += 1;
    const entry = {
      id: `local-${lastId}`,
      local: true,
      direction: "inbound",
      timestamp: at,
      type: "text",
      text: { body },
      status: "pending",
      seenBefore: null,
      serverId: null,
    };
    this.byPerson.set(waId, [...this.of(waId), entry]);
    this.onChange();
  }

  /** Sends what waits, one after the other, so that the order stays; stops at the first that fails. */
  async flush(waId) {
    if (this.sending.has(waId)) return;
    this.sending.add(waId);
    try {
      for (let entry = this.next(waId); entry; entry = this.next(waId)) {
        if (!(await this.attempt(waId, entry))) break;
      }
    } finally {
      this.sending.delete(waId);
    }
  }

  /** Failed messages wait again: all of them, or only those that failed because nobody answered. */
  revive(waId, { onlyAway = false, id = null } = {}) {
    for (const entry of this.of(waId)) {
      if (entry.status !== "failed" || (onlyAway && !entry.away) || (id && entry.id !== id)) continue;
      entry.status = "pending";
    }
    this.onChange();
  }

  /** Items of the thread, followed by what is not among them yet. */
  merge(waId, items) {
    for (const item of items) if (!this.seen.has(item.id)) this.seen.set(item.id, this.seen.size);
    const claimed = new Set(this.of(waId).map((entry) => entry.serverId));
    for (const entry of this.of(waId)) {
      if (entry.serverId !== null || entry.seenBefore === null) continue;
      const twin = items.find((item) => !claimed.has(item.id) && this.isTwin(item, entry));
      if (!twin) continue;
      claimed.add(twin.id);
      this.accept(entry, twin.id);
    }
    const present = new Set(items.map((item) => item.id));
    const rest = this.of(waId).filter((entry) => !present.has(entry.serverId));
    this.byPerson.set(waId, rest);
    return [...items, ...rest.map((entry) => ({ ...entry }))];
  }

  next(waId) {
    return this.of(waId).find((entry) => entry.status === "pending" && entry.serverId === null);
  }

  async attempt(waId, entry) {
    entry.seenBefore ??= this.seen.size;
    try {
      const { id } = await sendText(waId, entry.text.body);
      this.accept(entry, id);
      return true;
    } catch (error) {
      if (entry.serverId !== null) return true;
      entry.status = "failed";
      entry.away = error instanceof Away;
      return false;
    } finally {
      this.onChange();
    }
  }

  accept(entry, serverId) {
    if (entry.serverId !== null) return;
    entry.serverId = serverId;
    entry.status = "sent";
    this.onAccepted(serverId, entry.id);
  }

  isTwin(item, entry) {
    return item.direction === "inbound" && item.text?.body === entry.text.body && this.seen.get(item.id) >= entry.seenBefore;
  }
}
