// What the product consists of, for its navigation, its routes and its keys. A new area is one entry here and one folder
// in pages/; each is loaded when somebody first goes there.

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { IconName } from "./ui/Icon";

export interface Area {
  /** Also the word that names it; see words/shell.ts. */
  name: "inbox" | "contacts" | "automations" | "analytics" | "settings";
  icon: IconName;
  /** The key after "g". */
  key: string;
  page: LazyExoticComponent<ComponentType>;
  isForAdmins?: boolean;
}

export const AREAS: readonly Area[] = [
  { name: "inbox", icon: "inbox", key: "i", page: lazy(() => import("./pages/inbox/InboxPage")) },
  { name: "contacts", icon: "contacts", key: "c", page: lazy(() => import("./pages/contacts/ContactsPage")) },
  {
    name: "automations",
    icon: "automations",
    key: "a",
    page: lazy(() => import("./pages/automations/AutomationsPage")),
  },
  { name: "analytics", icon: "analytics", key: "n", page: lazy(() => import("./pages/analytics/AnalyticsPage")) },
  { name: "settings", icon: "settings", key: "s", page: lazy(() => import("./pages/settings/SettingsPage")) },
];
