// A short word about what just happened. It says nothing that cannot be seen elsewhere, and goes by itself.

import "./toast.css";
import { type ReactNode, useEffect } from "react";
import { sentenceOf } from "../api/problem";
import { useWords } from "../lib/language";
import { makeStore, useStore } from "../lib/store";
import { common } from "../words/common";
import { IconButton } from "./Button";
import { Icon } from "./Icon";

interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
  action?: { label: string; run: () => void } | undefined;
}

const SECONDS = 6;
const MOST = 3;
const toasts = makeStore<readonly Toast[]>([]);
let count = 0;

export function toast(text: string, action?: Toast["action"]): void {
  show({ id: (count += 1), tone: "good", text, action });
}

export function toastError(error: unknown): void {
  show({ id: (count += 1), tone: "bad", text: sentenceOf(error) });
}

function show(one: Toast): void {
  toasts.set([...toasts.get().filter((each) => each.text !== one.text), one].slice(-MOST));
}

function drop(id: number): void {
  toasts.set(toasts.get().filter((each) => each.id !== id));
}

export function Toasts(): ReactNode {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status">
      {shown.map((each) => (
        <One key={each.id} toast={each} />
      ))}
    </div>
  );
}

function One({ toast: { id, tone, text, action } }: { toast: Toast }): ReactNode {
  const t = useWords(common);
  useEffect(() => {
    const timer = setTimeout(() => drop(id), SECONDS * 1000);
    return () => clearTimeout(timer);
  }, [id]);
  return (
    <div className={`toast toast-${tone}`}>
      <Icon name={tone === "good" ? "check" : "alert"} />
      <span>{text}</span>
      {action && (
        <button
          type="button"
          className="toast-action"
          onClick={() => {
            drop(id);
            action.run();
          }}
        >
          {action.label}
        </button>
      )}
      <IconButton icon="close" label={t("close")} onClick={() => drop(id)} />
    </div>
  );
}
