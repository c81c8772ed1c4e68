// A button that opens a list of things to do. Arrow keys move, Escape and Tab close, a letter jumps.

import "./menu.css";
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";
import { classes } from "./Button";
import { Icon, type IconName } from "./Icon";

export type MenuItem =
  | {
      kind?: "do";
      label: string;
      icon?: IconName;
      isDanger?: boolean;
      isDisabled?: boolean;
      keys?: string;
      onPick: () => void;
    }
  | { kind: "link"; label: string; icon?: IconName; href: string; isOutside?: boolean }
  | { kind: "choice"; label: string; isChosen: boolean; onPick: () => void }
  | { kind: "title"; label: string }
  | { kind: "line" };

interface MenuProps {
  /** Names the menu, and the trigger unless what stands on it does. */
  label: string;
  isNamed?: boolean;
  trigger: ReactNode;
  triggerClass?: string;
  items: readonly MenuItem[];
  align?: "start" | "end";
  above?: boolean;
}

export function Menu({
  label,
  isNamed,
  trigger,
  triggerClass = "icon-button",
  items,
  align = "end",
  above,
}: MenuProps): ReactNode {
  const [isOpen, setIsOpen] = useState(false);
  const id = useId();
  const root = useRef<HTMLSpanElement>(null);
  const button = useRef<HTMLButtonElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    entries(root.current)[0]?.focus();
    const outside = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) setIsOpen(false);
    };
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [isOpen]);

  function close() {
    setIsOpen(false);
    button.current?.focus();
  }

  function onKeyDown(event: KeyboardEvent) {
    const all = entries(root.current);
    const at = all.indexOf(document.activeElement as HTMLElement);
    const go = (to: number) => {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    };
    if (event.key === "ArrowDown") go(at + 1);
    else if (event.key === "ArrowUp") go(at - 1);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(-1);
    else if (event.key === "Tab") setIsOpen(false);
    else if (event.key === "Escape") {
      event.stopPropagation();
      event.preventDefault();
      close();
    } else if (event.key.length === 1) {
      const letter = event.key.toLocaleLowerCase();
      const later = [...all.slice(at + 1), ...all.slice(0, at + 1)];
      later.find((each) => each.textContent?.trim().toLocaleLowerCase().startsWith(letter))?.focus();
    }
  }

  return (
    <span className="menu" ref={root}>
      <button
        ref={button}
        type="button"
        className={triggerClass}
        aria-label={isNamed ? undefined : label}
        title={label}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-controls={isOpen ? id : undefined}
        onClick={() => setIsOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key === "ArrowDown" && !isOpen) {
            event.preventDefault();
            setIsOpen(true);
          }
        }}
      >
        {trigger}
      </button>
      {isOpen && (
        <div
          id={id}
          role="menu"
          aria-label={label}
          className={classes("menu-list", `menu-${align}`, above && "menu-above")}
          onKeyDown={onKeyDown}
        >
          {items.map((item, index) => (
            <Entry key={index} item={item} onDone={close} />
          ))}
        </div>
      )}
    </span>
  );
}

function Entry({ item, onDone }: { item: MenuItem; onDone: () => void }): ReactNode {
  if (item.kind === "line") return <hr className="menu-line" />;
  if (item.kind === "title") return <div className="menu-title">{item.label}</div>;
  if (item.kind === "link") {
    return (
      <a
        role="menuitem"
        tabIndex={-1}
        className="menu-item"
        href={item.href}
        {...(item.isOutside ? { target: "_blank", rel: "noopener" } : {})}
        onClick={onDone}
      >
        {item.icon && <Icon name={item.icon} />}
        <span>{item.label}</span>
        {item.isOutside && <Icon name="outside" />}
      </a>
    );
  }
  const pick = () => {
    onDone();
    item.onPick();
  };
  if (item.kind === "choice") {
    return (
      <button
        type="button"
        role="menuitemradio"
        aria-checked={item.isChosen}
        tabIndex={-1}
        className="menu-item"
        onClick={pick}
      >
        <span>{item.label}</span>
        {item.isChosen && <Icon name="check" />}
      </button>
    );
  }
  return (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      disabled={item.isDisabled}
      className={classes("menu-item", item.isDanger && "menu-danger")}
      onClick={pick}
    >
      {item.icon && <Icon name={item.icon} />}
      <span>{item.label}</span>
      {item.keys && <kbd>{item.keys}</kbd>}
    </button>
  );
}

function entries(root: HTMLElement | null): HTMLElement[] {
  return [...(root?.querySelectorAll<HTMLElement>('[role^="menuitem"]:not(:disabled)') ?? [])];
}
