// Light, dark, or as the system has it. `public/theme.js` applies the same memory before the first paint.

import { makeStore, recall, remember } from "./store";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const KEY = "hilo.theme";
const known = recall(KEY);

export const theme = makeStore<Theme>(known === "light" || known === "dark" ? known : "system");

export function setTheme(next: Theme): void {
  theme.set(next);
  remember(KEY, next === "system" ? null : next);
  if (next === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = next;
}
