// What the settings consist of. A section that needs a permission is shown to those who have it; whoever opens its
// address without is told so.

import { type ComponentType, type LazyExoticComponent, lazy } from "react";
import type { IconName } from "../../ui/Icon";

export type SectionName =
  | "profile"
  | "api-keys"
  | "workspace"
  | "fields"
  | "users"
  | "numbers"
  | "alerts"
  | "audit-log"
  | "webhooks"
  | "system";

export interface Section {
  /** Also its address, and with `section_` before it the word that names it. */
  name: SectionName;
  icon: IconName;
  needs: string | null;
  page: LazyExoticComponent<ComponentType>;
}

export const GROUPS: readonly { name: "you" | "team" | "operation"; sections: readonly Section[] }[] = [
  {
    name: "you",
    sections: [
      { name: "profile", icon: "person", needs: null, page: lazy(() => import("./Profile")) },
      { name: "api-keys", icon: "key", needs: "api_keys:own", page: lazy(() => import("./ApiKeys")) },
    ],
  },
  {
    name: "team",
    sections: [
      { name: "workspace", icon: "settings", needs: "settings:write", page: lazy(() => import("./Workspace")) },
      { name: "fields", icon: "edit", needs: "fields:manage", page: lazy(() => import("./Fields")) },
      { name: "users", icon: "users", needs: "users:manage", page: lazy(() => import("./Users")) },
      { name: "numbers", icon: "phone", needs: "channels:read", page: lazy(() => import("./Numbers")) },
    ],
  },
  {
    name: "operation",
    sections: [
      { name: "alerts", icon: "bell", needs: "alerts:read", page: lazy(() => import("./AlertLog")) },
      { name: "audit-log", icon: "list", needs: "audit_log:read", page: lazy(() => import("./AuditLog")) },
      { name: "webhooks", icon: "archive", needs: "webhook_events:read", page: lazy(() => import("./Webhooks")) },
      { name: "system", icon: "screen", needs: "system:read", page: lazy(() => import("./System")) },
    ],
  },
];
