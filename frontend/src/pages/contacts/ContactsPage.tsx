import type { ReactNode } from "react";
import { useRoute } from "wouter";
import { ContactList } from "./ContactList";
import { ContactView } from "./ContactView";

export default function ContactsPage(): ReactNode {
  const [, match] = useRoute("/contacts/:id");
  const id = Number(match?.id);
  return Number.isInteger(id) ? <ContactView key={id} id={id} /> : <ContactList />;
}
