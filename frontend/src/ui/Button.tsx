import "./button.css";
import type { ButtonHTMLAttributes, ReactNode } from "react";
import { Link } from "wouter";
import { Icon, type IconName } from "./Icon";

export type Kind = "primary" | "secondary" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  kind?: Kind;
  icon?: IconName;
  small?: boolean;
  /** Under way: it cannot be pressed again, and keeps its width. */
  isBusy?: boolean;
}

export function Button({
  kind = "secondary",
  icon,
  small,
  isBusy,
  className,
  children,
  ...rest
}: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={classes("button", `button-${kind}`, small && "button-small", className)}
      aria-disabled={isBusy || rest["aria-disabled"]}
      onClick={isBusy ? undefined : rest.onClick}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

interface IconButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  icon: IconName;
  label: string;
  /** Shown in the tooltip; the key itself is bound elsewhere. */
  keys?: string;
}

export function IconButton({ icon, label, keys, className, ...rest }: IconButtonProps): ReactNode {
  return (
    <button
      type="button"
      {...rest}
      className={classes("icon-button", className)}
      aria-label={label}
      title={keys ? `${label} (${keys})` : label}
    >
      <Icon name={icon} />
    </button>
  );
}

export function LinkButton(props: {
  href: string;
  kind?: Kind;
  icon?: IconName;
  small?: boolean;
  children: ReactNode;
}) {
  const { href, kind = "secondary", icon, small, children } = props;
  return (
    <Link href={href} className={classes("button", `button-${kind}`, small && "button-small")}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </Link>
  );
}

export function classes(...names: (string | false | null | undefined)[]): string {
  return names.filter(Boolean).join(" ");
}
