// What the product consists of, for its navigation, its routes and its keys. A new area is one entry here and one folder
// in pages/; each is loaded when somebody first goes there.

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import { mayOpen, useUser } from "./api/session";
import type { IconName } from "./ui/Icon";

export interface Area {
  /** Also the word that names it; see words/shell.ts. */
  name: "inbox" | "contacts" | "automations" | "analytics" | "settings";
  icon: IconName;
  /** The key after "g". */
  key: string;
  page: LazyExoticComponent<ComponentType>;
  /** The permission without which it is not offered. */
  needs: string | null;
}

/** What is offered to whoever is signed in. */
export function useAreas(): readonly Area[] {
  const user = useUser();
  return AREAS.filter((area) => mayOpen(area, user));
}

export const AREAS: readonly Area[] = [
  {
    name: "inbox",
    icon: "inbox",
    key: "i",
    needs: "conversations:read",
    page: lazy(() => import("./pages/inbox/InboxPage")),
  },
  {
    name: "contacts",
    icon: "contacts",
    key: "c",
    needs: "contacts:read",
    page: lazy(() => import("./pages/contacts/ContactsPage")),
  },
  {
    name: "automations",
    icon: "automations",
    key: "a",
    needs: "automations:read",
    page: lazy(() => import("./pages/automations/AutomationsPage")),
  },
  {
    name: "analytics",
    icon: "analytics",
    key: "n",
    needs: "analytics:read",
    page: lazy(() => import("./pages/analytics/AnalyticsPage")),
  },
  {
    name: "settings",
    icon: "settings",
    key: "s",
    needs: null,
    page: lazy(() => import("./pages/settings/SettingsPage")),
  },
];
