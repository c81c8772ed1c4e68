import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { ContactList } from "./ContactList";

export default function ContactsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/contacts">
        <ContactList />
      </Route>
    </Switch>
  );
}
