// What would be lost by leaving a page. One form at a time says so; whoever leads elsewhere asks first.

import { useEffect } from "react";
import { makeStore } from "./store";

let isUnsaved = false;

/** Where somebody wants to go while something is unsaved; null while nobody asks. */
export const leaving = makeStore<(() => void) | null>(null);

export function useUnsaved(now: boolean): void {
  useEffect(() => {
    isUnsaved = now;
    if (!now) return undefined;
    const warn = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", warn);
    return () => {
      isUnsaved = false;
      window.removeEventListener("beforeunload", warn);
    };
  }, [now]);
}

/** After a save: what comes next is no loss. */
export function allowLeaving(): void {
  isUnsaved = false;
}

/** For the router: goes at once, or keeps the way until somebody has decided. Filters of the same page lose nothing. */
export function guarded(go: () => void, to: string): void {
  const path = to.split("?")[0];
  if (!isUnsaved || path === window.location.pathname) go();
  else leaving.set(go);
}
