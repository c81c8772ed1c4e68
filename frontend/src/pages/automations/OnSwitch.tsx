import type { ReactNode } from "react";
import type { AutomationAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { Switch } from "../../ui/Field";
import { automations } from "../../words/automations";
import { useSwitch } from "./asked";

/** Shows whether an automation is on, and turns it for those who may. */
export function OnSwitch({ automation }: { automation: AutomationAnswer }): ReactNode {
  const t = useWords(automations);
  const turn = useSwitch();
  const mayWrite = useMay("automations:write");
  return (
    <Switch
      isBare
      label={t("is_on", { name: automation.name })}
      checked={automation.is_active}
      disabled={!mayWrite}
      onChange={(isActive) => turn.mutate({ id: automation.id, isActive })}
    />
  );
}
