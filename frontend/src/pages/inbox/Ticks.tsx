// What is known of a message, as one sign: clock, one tick, two, two blue ones, or a warning. Blue is for "read" alone.

import type { ReactNode } from "react";
import { type Translate, useWords } from "../../lib/language";
import { inbox } from "../../words/inbox";

interface Known {
  status: string;
  dispatch: string;
}

export type Sign = "clock" | "sent" | "delivered" | "read" | "failed";

export function signOf({ status }: Known): Sign {
  return status === "sent" || status === "delivered" || status === "read" || status === "failed" ? status : "clock";
}

export function labelOf({ status, dispatch }: Known, t: Translate<typeof inbox>): string {
  switch (status) {
    case "sent":
      return t("tick_sent");
    case "delivered":
      return t("tick_delivered");
    case "read":
      return t("tick_read");
    case "failed":
      return t("tick_failed");
  }
  switch (dispatch) {
    case "held":
      return t("tick_held");
    case "sending":
      return t("tick_sending");
    case "unknown":
      return t("tick_unknown");
    case "done":
      return t("tick_accepted");
    default:
      return t("tick_queued");
  }
}

const SHAPES: Record<Sign, string> = {
  clock: "M8 1.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM8 3.5V6l1.5 1",
  sent: "m4 6.2 2.6 2.6L12 3",
  delivered: "m1.5 6.2 2.6 2.6L9.5 3M7.3 8.4l.5.4L13.5 3",
  read: "m1.5 6.2 2.6 2.6L9.5 3M7.3 8.4l.5.4L13.5 3",
  failed: "M8 1.2a4.8 4.8 0 1 0 0 9.6 4.8 4.8 0 0 0 0-9.6ZM8 3.5v3M8 8.3h.01",
};

export function Ticks({ message }: { message: Known }): ReactNode {
  const t = useWords(inbox);
  const sign = signOf(message);
  const label = labelOf(message, t);
  return (
    <svg className={`ticks ticks-${sign}`} viewBox="0 0 16 12" role="img" aria-label={label} data-sign={sign}>
      <title>{label}</title>
      <path d={SHAPES[sign]} />
    </svg>
  );
}
