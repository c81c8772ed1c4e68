// Keys that do something anywhere on a page: "g i", "?", "/". Never while somebody types, nor behind a dialog.

import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, () => void>;

const PATIENCE_MILLISECONDS = 900; // between the keys of "g i"

interface Bound {
  current: Shortcuts;
}
const bound: Bound[] = []; // the latest first: a page's keys win over the shell's
let typed = "";
let timer: ReturnType<typeof setTimeout> | undefined;

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    bound.unshift(latest);
    if (bound.length === 1) document.addEventListener("keydown", onKey);
    return () => {
      bound.splice(bound.indexOf(latest), 1);
      if (bound.length === 0) document.removeEventListener("keydown", onKey);
    };
  }, []);
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
  if (isTyping(event.target) || document.querySelector("dialog[open]") !== null) return;
  if (event.key === "Shift") return;
  clearTimeout(timer);
  const sequence = typed === "" ? event.key : `${typed} ${event.key}`;
  const found = find(sequence) ?? find(event.key);
  if (found) {
    event.preventDefault();
    typed = "";
    found();
    return;
  }
  typed = bound.some(({ current }) => Object.keys(current).some((keys) => keys.startsWith(`${event.key} `)))
    ? event.key
    : "";
  timer = setTimeout(() => (typed = ""), PATIENCE_MILLISECONDS);
}

function find(keys: string): (() => void) | undefined {
  return bound.find(({ current }) => keys in current)?.current[keys];
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target.closest('[role="menu"]')) return true;
  if (target instanceof HTMLInputElement) return !["checkbox", "radio", "button"].includes(target.type);
  return target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;
}
