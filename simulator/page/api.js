// The simulator's control API, as the page uses it.
// Away means that nobody answered, so trying again later can help; Refused means that the simulator said no.

export class Away extends Error {}

export class Refused extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const TIMEOUT_MS = 10_000;
const POLL_MS = 2_000;

const user = (waId) => `/users/${encodeURIComponent(waId)}`;

export const getUsers = async () => (await call("GET", "/users")).items;
export const getBusiness = () => call("GET", "/business");
export const reset = () => call("POST", "/reset");
/** Someone who has not written yet can be looked at and changed like anyone else. */
export const getThread = (waId) => call("GET", `${user(waId)}/thread`);
export const change = (waId, changes) => call("PATCH", user(waId), changes);
export const tap = (waId, messageId, id) => call("POST", `${user(waId)}/tap`, { message_id: messageId, id });
export const sendText = (waId, body) => call("POST", `${user(waId)}/messages`, { type: "text", text: { body } });

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/_sim${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new Away(path, { cause });
  }
  if ([502, 503, 504].includes(response.status)) throw new Away(path);
  if (!response.ok) throw new Refused(response.status, await response.text());
  const text = await response.text();
  return text ? JSON.parse(text) : null;
}

/**
 * Calls `onNotice(waId)` when a thread changed, and `onNotice(null)` when anything may have.
 *
 * While the stream is down it polls. EventSource gives up for good on an HTTP error, so it is made anew.
 */
export function listen(onNotice) {
  let source = null;
  const poll = setInterval(() => {
    if (source.readyState === EventSource.OPEN) return;
    if (source.readyState === EventSource.CLOSED) connect();
    onNotice(null);
  }, POLL_MS);
  const connect = () => {
    source = new EventSource("/_sim/events");
    source.addEventListener("open", () => onNotice(null));
    source.addEventListener("thread", (event) => onNotice(waIdOf(event.data)));
  };
  connect();
  return () => {
    clearInterval(poll);
    source.close();
  };
}

function waIdOf(data) {
  try {
    return JSON.parse(data).wa_id ?? null;
  } catch {
    return null;
  }
}

/** `work` once now and, however often it is asked for meanwhile, once more after it, `gapMs` apart. */
export function coalesced(work, gapMs) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    try {
      do {
        again = false;
        await work();
        if (again) await new Promise((resume) => setTimeout(resume, gapMs));
      } while (again);
    } finally {
      running = false;
    }
  };
}
