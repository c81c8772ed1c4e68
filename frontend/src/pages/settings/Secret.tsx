import { type ReactNode, useState } from "react";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { toastError } from "../../ui/Toast";
import { common } from "../../words/common";

/** What is shown once: to be copied, or marked by a single click where the browser keeps its clipboard to itself. */
export function Secret({ value, label }: { value: string; label: string }): ReactNode {
  const t = useWords(common);
  const [isCopied, setIsCopied] = useState(false);
  const canCopy = "clipboard" in navigator; // not on a plain address in a local network

  async function copy() {
    try {
      await navigator.clipboard.writeText(value);
      setIsCopied(true);
    } catch (error) {
      toastError(error);
    }
  }

  return (
    <div className="secret">
      <code aria-label={label} tabIndex={0} role="textbox" aria-readonly="true">
        {value}
      </code>
      {canCopy && (
        <Button icon={isCopied ? "check" : "archive"} onClick={() => void copy()}>
          {t(isCopied ? "copied" : "copy")}
        </Button>
      )}
    </div>
  );
}
