import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { ContactList } from "./ContactList";
import { ContactView } from "./ContactView";
import { ImportPage } from "./ImportPage";
import { ImportView } from "./ImportView";

export default function ContactsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/contacts">
        <ContactList />
      </Route>
      <Route path="/contacts/import">
        <ImportPage />
      </Route>
      <Route path="/contacts/import/:id">{({ id }) => <ImportView key={id} id={Number(id)} />}</Route>
      <Route path="/contacts/:id">{({ id }) => <ContactView key={id} id={Number(id)} />}</Route>
    </Switch>
  );
}
