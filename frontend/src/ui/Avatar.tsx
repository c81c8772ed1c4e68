import "./avatar.css";
import type { ReactNode } from "react";
import { initials } from "../lib/phone";

const TINTS = 5;

/** Somebody's initials; the tint follows the id, so that a person keeps it. */
export function Avatar({ name, id, size = "md" }: { name: string; id: number; size?: "sm" | "md" | "lg" }): ReactNode {
  return (
    <span className={`avatar avatar-${size}`} data-tint={id % TINTS} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
