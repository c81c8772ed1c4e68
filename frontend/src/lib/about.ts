// What the server writes into the page itself: needed before anybody has signed in.

function told(name: string): string | null {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content || null;
}

/** The address of the simulated phone, where there is one. */
export const phoneAddress = told("hilo-phone");
