import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { type Query, send } from "../../api/call";
import { useMay } from "../../api/session";
import { save } from "../../lib/download";
import { useWords } from "../../lib/language";
import { Icon } from "../../ui/Icon";
import { Menu, type MenuItem } from "../../ui/Menu";
import { toastError } from "../../ui/Toast";
import { moving } from "../../words/moving";

interface MoreProps {
  /** What the list below shows. */
  filter: Query<"GET /api/v1/contacts/export">;
  isFiltered: boolean;
}

/** Tables in and out. */
export function MoreActions({ filter, isFiltered }: MoreProps): ReactNode {
  const t = useWords(moving);
  const [, go] = useLocation();
  const mayWrite = useMay("contacts:write");

  function load() {
    send("GET /api/v1/contacts/export", { query: filter })
      .then((answer) => save(answer, "contacts.csv"))
      .catch(toastError);
  }

  const items: MenuItem[] = [{ label: t(isFiltered ? "export_found" : "export_all"), icon: "download", onPick: load }];
  if (mayWrite) items.unshift({ label: t("import"), icon: "upload", onPick: () => go("/contacts/import") });
  return <Menu label={t("more")} triggerClass="button button-secondary" trigger={<Icon name="more" />} items={items} />;
}
