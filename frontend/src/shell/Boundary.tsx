import { Component, type ReactNode } from "react";
import { useWords } from "../lib/language";
import { Button } from "../ui/Button";
import { EmptyState } from "../ui/States";
import { shell } from "../words/shell";

/** A page that breaks takes nothing else with it. */
export class Boundary extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError(): { isBroken: boolean } {
    return { isBroken: true };
  }

  override render(): ReactNode {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken(): ReactNode {
  const t = useWords(shell);
  return (
    <EmptyState
      isPage
      icon="alert"
      title={t("broken")}
      action={
        <Button icon="repeat" onClick={() => location.reload()}>
          {t("reload")}
        </Button>
      }
    >
      {t("broken_text")}
    </EmptyState>
  );
}
