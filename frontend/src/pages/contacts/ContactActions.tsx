import { type ReactNode, useState } from "react";
import type { ContactAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { Icon } from "../../ui/Icon";
import { Menu, type MenuItem } from "../../ui/Menu";
import { contacts } from "../../words/contacts";
import { moving } from "../../words/moving";
import { Erase } from "./Erase";
import { Merge } from "./Merge";

/** What is done with a contact as a whole, and seldom. */
export function ContactActions(props: { contact: ContactAnswer; name: string; onDeactivate: () => void }): ReactNode {
  const { contact, name } = props;
  const t = useWords(moving);
  const tc = useWords(contacts);
  const [asked, setAsked] = useState<"merge" | "erase" | null>(null);
  const mayWrite = useMay("contacts:write");
  const mayErase = useMay("contacts:erase");
  const items: MenuItem[] = [];
  if (mayWrite) items.push({ label: t("merge"), icon: "merge", onPick: () => setAsked("merge") });
  if (mayWrite && contact.is_active) {
    items.push({ label: tc("deactivate"), icon: "archive", onPick: props.onDeactivate });
  }
  if (mayErase) {
    items.push({ label: t("erase"), icon: "trash", isDanger: true, onPick: () => setAsked("erase") });
  }
  if (items.length === 0) return null;
  return (
    <>
      <Menu label={t("more")} triggerClass="button button-secondary" trigger={<Icon name="more" />} items={items} />
      {asked === "merge" && <Merge contact={contact} name={name} onClose={() => setAsked(null)} />}
      {asked === "erase" && <Erase id={contact.id} name={name} onClose={() => setAsked(null)} />}
    </>
  );
}
