import type { ReactNode } from "react";
import { useWords } from "../lib/language";
import { useStore } from "../lib/store";
import { allowLeaving, leaving } from "../lib/unsaved";
import { Confirm } from "../ui/Dialog";
import { shell } from "../words/shell";

/** Asks before what was typed and not saved is lost. */
export function Leaving(): ReactNode {
  const t = useWords(shell);
  const go = useStore(leaving);
  if (go === null) return null;
  return (
    <Confirm
      title={t("leave_title")}
      text={t("leave_text")}
      action={t("leave")}
      onConfirm={() => {
        leaving.set(null);
        allowLeaving();
        go();
      }}
      onClose={() => leaving.set(null)}
    />
  );
}
