// The phone page's entrance: holds who I am and what was last heard from the simulator, and tells the parts.

import { Away, coalesced, getBusiness, getThread, getUsers, listen, tap } from "./api.js";
import { businessNumber, clockTime, textOf } from "./bubble.js";
import { Choices } from "./choices.js";
import { Composer } from "./composer.js";
import { icon, initials } from "./dom.js";
import { plain } from "./format.js";
import { openOptions } from "./options.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Thread } from "./thread.js";
import { t } from "./words.js";

const FIRST_PERSON = "5215512345678";
const LOOK_AGAIN_MS = 3_000;

const byId = (id) => document.getElementById(id);

const state = { business: {}, users: [], person: null, items: [], typing: false, away: false };
const drafts = new Map();
let early = []; // Written before the simulator has said who I am.

for (const node of document.querySelectorAll("[data-icon]")) node.append(icon(node.dataset.icon));

const choices = new Choices({ onChange: () => draw() });
const outbox = new Outbox({
  onChange: () => draw(),
  onAccepted: (serverId, localId) => thread.alias(serverId, localId),
});
const thread = new Thread({
  scroller: byId("scroller"),
  list: byId("messages"),
  jump: byId("jump"),
  handlers: {
    onTap: answer,
    onOptions: (item, opener) => openOptions(item, opener, answer),
    onRetry: (item) => {
      outbox.revive(state.person.wa_id, { id: item.id });
      flush();
    },
  },
});
const composer = new Composer({ onSend: send });
const panel = new Panel({
  onPerson: (waId, name) => {
    remember(waId);
    become(waId, name);
  },
  onSuggestion: send,
  onChoice: choose,
  onLanguage: () => {
    thread.redraw();
    composer.fit();
    draw();
  },
  onReset: () => {
    outbox.clear();
    thread.clear();
    state.items = [];
    refreshAll();
  },
});

const refreshUsers = coalesced(async () => {
  const { taken } = choices;
  let answered;
  try {
    answered = await Promise.all([getUsers(), getBusiness()]);
    heard();
  } catch (error) {
    missed(error);
    return;
  }
  if (taken !== choices.taken) {
    refreshUsers();
    return;
  }
  [state.users, state.business] = answered;
  const known = state.users.find((user) => user.wa_id === state.person?.wa_id);
  if (known) state.person = known;
  else if (!state.person) await become(firstPerson());
  draw();
  flush();
}, 500);

const refreshThread = coalesced(async () => {
  if (!state.person) return;
  const waId = state.person.wa_id;
  const { taken } = choices;
  let answered;
  try {
    answered = await getThread(waId);
    heard();
  } catch (error) {
    missed(error);
    return;
  }
  if (waId !== state.person.wa_id) return;
  state.items = answered.items;
  state.typing = Boolean(answered.typing);
  if (answered.user && taken === choices.taken) state.person = { ...state.person, ...answered.user };
  draw({ fresh: true });
}, 150);

function refreshAll() {
  refreshUsers();
  refreshThread();
}

/** Whom I chose last, else who wrote last. */
function firstPerson() {
  const waIds = state.users.map((user) => user.wa_id);
  const last = remembered();
  return waIds.includes(last) ? last : (waIds[0] ?? FIRST_PERSON);
}

function remember(waId) {
  try {
    localStorage.setItem("hilo.person", waId);
  } catch {
    // Storage can be forbidden; the next visit then starts with whoever wrote last.
  }
}

function remembered() {
  try {
    return localStorage.getItem("hilo.person");
  } catch {
    return null;
  }
}

/** Switches to another person's phone. */
async function become(waId, name = "") {
  const before = state.person;
  const known = state.users.find((user) => user.wa_id === waId);
  state.person = known ?? { wa_id: waId, name };
  state.items = [];
  state.typing = false;
  thread.clear();
  if (before) {
    drafts.set(before.wa_id, composer.text);
    composer.text = drafts.get(waId) ?? "";
  }
  draw();
  refreshUsers();
  const waiting = early;
  early = [];
  waiting.forEach(send);
  await refreshThread();
}

/** Changes this phone; throws where the simulator did not take it. */
async function choose(changes) {
  const waId = state.person.wa_id;
  try {
    const changed = await choices.make(waId, changes);
    if (waId === state.person.wa_id) state.person = { ...state.person, ...changed };
  } finally {
    draw();
  }
  refreshUsers();
}

function send(text) {
  if (!state.person) {
    early.push(text);
    return;
  }
  if (choices.of(state.person).blocked) return;
  thread.answered();
  // The simulator's clock may run ahead of this one; what I write now still comes last.
  const newest = Number(state.items.at(-1)?.timestamp ?? 0);
  outbox.add(state.person.wa_id, text, { at: Math.max(Math.floor(Date.now() / 1000), newest) });
  flush();
}

async function flush() {
  const { person } = state;
  if (!person || [person, choices.of(person)].some(({ online }) => online === false) || !outbox.next(person.wa_id)) return;
  await outbox.flush(person.wa_id);
  refreshThread();
}

async function answer(item, id) {
  if (!id) return;
  thread.answered();
  try {
    await tap(state.person.wa_id, item.id, id);
  } catch (error) {
    missed(error);
  }
  refreshThread();
}

function heard() {
  if (!state.away) return;
  state.away = false;
  if (!state.person) return;
  outbox.revive(state.person.wa_id, { onlyAway: true });
  flush();
}

function missed(error) {
  if (!(error instanceof Away)) throw error;
  state.away = true;
  draw();
}

function draw({ fresh = false } = {}) {
  if (!state.person) {
    drawStanding();
    return;
  }
  const items = outbox.merge(state.person.wa_id, state.items);
  const name = state.business.verified_name ?? "Hilo";
  const arrived = thread.show(items, { typing: state.typing, businessName: name });
  if (fresh) announce(arrived, name);
  byId("empty").hidden = items.length > 0;
  drawStanding();
  panel.show(state.users, choices.of(state.person), state.business);
}

/** The header, the banner and the composer's stand. */
function drawStanding() {
  const name = state.business.verified_name ?? "Hilo";
  const person = choices.of(state.person ?? {});
  byId("business-name").textContent = name;
  byId("business-initials").textContent = initials(name);
  byId("intro-initials").textContent = initials(name);
  byId("intro-name").textContent = name;
  byId("intro-number").textContent = businessNumber(state.business);
  byId("scroller").setAttribute("aria-label", t("conversation", { name }));
  const standing = state.away ? "connecting" : state.typing ? "typing" : "online";
  byId("standing").textContent = t(standing);
  byId("standing").dataset.standing = standing;
  byId("phone").classList.toggle("phone-offline", person.online === false);
  const notice = state.away ? "away" : person.online === false ? "offline" : null;
  byId("banner").hidden = notice === null;
  byId("banner-text").textContent = notice ? t(notice) : "";
  byId("go-online").hidden = notice !== "offline";
  byId("blocked").hidden = !person.blocked;
  byId("composer").hidden = Boolean(person.blocked);
  byId("suggestions").hidden = Boolean(person.blocked);
}

/** Only what just arrived is read out; the whole thread would be noise. */
function announce(arrived, name) {
  for (const item of arrived.slice(-3)) {
    const line = document.createElement("p");
    line.textContent = t("says", { name, text: plain(textOf(item)) });
    byId("live").append(line);
  }
  while (byId("live").children.length > 5) byId("live").firstElementChild.remove();
}

function tellTime() {
  byId("clock").textContent = clockTime(new Date()).replace(/\s?[AP]M$/i, "");
}

byId("go-online").addEventListener("click", () => panel.set({ online: true }));
byId("unblock").addEventListener("click", () => panel.set({ blocked: false }));
tellTime();
setInterval(tellTime, 10_000);
// A typing indicator ends after a while without any notice.
// Also when a call failed while the stream of events stood: nothing else would ask again.
setInterval(() => (state.typing || state.away) && refreshThread(), LOOK_AGAIN_MS);
listen((waId) => {
  refreshUsers();
  if (waId === null || waId === state.person?.wa_id) refreshThread();
});
refreshAll();
