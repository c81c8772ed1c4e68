import type { ReactNode } from "react";
import { useFormats } from "../lib/format";
import { useNow } from "../lib/useNow";

/** A moment, as short as the place needs it; in full when one points at it. */
export function Time({
  at,
  as = "ago",
}: {
  at: string;
  as?: "ago" | "brief" | "clock" | "moment" | "date";
}): ReactNode {
  const formats = useFormats();
  const now = useNow(30);
  const moment = new Date(at);
  const text = as === "clock" || as === "moment" ? formats[as](moment) : formats[as](moment, now);
  return (
    <time dateTime={at} title={formats.moment(moment)}>
      {text}
    </time>
  );
}
