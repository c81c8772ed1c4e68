// What would be lost by leaving a page. One form at a time says so; whoever leads elsewhere asks first.

import { useEffect } from "react";
import { makeStore } from "./store";

let isUnsaved = false;
let here = ""; // the address of what is unsaved

/** Where somebody wants to go while something is unsaved; null while nobody asks. */
export const leaving = makeStore<(() => void) | null>(null);

export function useUnsaved(now: boolean): void {
  useEffect(() => {
    isUnsaved = now;
    here = window.location.href;
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
  if (isUnsaved && to.split("?")[0] !== window.location.pathname) {
    leaving.set(go);
    return;
  }
  go();
  here = window.location.href;
}

/** To be called before the router is made: browsers tell of a step back in the order in which they were asked. */
export function watchStepsBack(): void {
  window.addEventListener("popstate", stay);
}

/**
 * The browser's Back and Forward have gone already when a page hears of them. This page is put on top again, so that
 * one step back leads where they wanted to go.
 */
function stay(event: PopStateEvent): void {
  if (!isUnsaved || window.location.pathname === new URL(here).pathname) return;
  event.stopImmediatePropagation();
  window.history.pushState(null, "", here);
  leaving.set(() => window.history.back());
}
