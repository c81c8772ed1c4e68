// A dialog of the browser's own kind: it holds the focus, Escape closes it, and what is behind it is out of reach.

import "./dialog.css";
import { type ReactNode, useEffect, useId, useRef } from "react";
import { useWords } from "../lib/language";
import { common } from "../words/common";
import { Button, IconButton, type Kind } from "./Button";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** Buttons below, the decisive one last. */
  footer?: ReactNode;
  /** "side" stands at the edge of the page, for what one reads beside it. */
  shape?: "middle" | "wide" | "side";
}

export function Dialog({ title, onClose, children, footer, shape = "middle" }: DialogProps): ReactNode {
  const t = useWords(common);
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);

  useEffect(() => {
    const element = dialog.current;
    if (element && !element.open) element.showModal();
  }, []);

  return (
    <dialog
      ref={dialog}
      className={`dialog dialog-${shape}`}
      aria-labelledby={id}
      onClose={onClose}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onMouseDown={(event) => {
        // On the backdrop; but what somebody typed is not lost by a slip of the hand.
        if (event.target === dialog.current && dialog.current.querySelector("form") === null) onClose();
      }}
    >
      <div className="dialog-inside">
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          <IconButton icon="close" label={t("close")} onClick={onClose} />
        </header>
        <div className="dialog-body">{children}</div>
        {footer && <footer className="dialog-foot">{footer}</footer>}
      </div>
    </dialog>
  );
}

interface ConfirmProps {
  title: string;
  text: ReactNode;
  action: string;
  kind?: Kind;
  isBusy?: boolean;
  onConfirm: () => void;
  onClose: () => void;
}

export function Confirm({ title, text, action, kind = "danger", isBusy, onConfirm, onClose }: ConfirmProps): ReactNode {
  const t = useWords(common);
  return (
    <Dialog
      title={title}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{t("cancel")}</Button>
          <Button kind={kind} isBusy={isBusy ?? false} onClick={onConfirm}>
            {action}
          </Button>
        </>
      }
    >
      <p className="soft">{text}</p>
    </Dialog>
  );
}
