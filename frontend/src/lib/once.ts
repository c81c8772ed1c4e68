// A key that makes a POST safe to repeat: the server does the work once for each.

export function newKey(): string {
  // randomUUID needs a secure context, which a plain address in a local network is not.
  if (typeof crypto.randomUUID === "function") return crypto.randomUUID();
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
