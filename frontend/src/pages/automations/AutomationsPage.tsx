import "./automations.css";
import type { ReactNode } from "react";
import { Route, Switch } from "wouter";
import { AutomationList } from "./AutomationList";
import { AutomationView } from "./AutomationView";
import { NewAutomation } from "./NewAutomation";

export default function AutomationsPage(): ReactNode {
  return (
    <Switch>
      <Route path="/automations">
        <AutomationList />
      </Route>
      <Route path="/automations/new">
        <NewAutomation />
      </Route>
      <Route path="/automations/:id">{({ id }) => <AutomationView key={id} id={Number(id)} />}</Route>
    </Switch>
  );
}
