import type { ReactNode } from "react";
import { useFormats } from "../../lib/format";
import { classes } from "../../ui/Button";

interface Row {
  key: string;
  name: string;
  value: number;
  note?: string;
}

/** Numbers as bars beside their names; the longest is the largest. */
export function Bars({ label, rows, isBad }: { label: string; rows: readonly Row[]; isBad?: boolean }): ReactNode {
  const formats = useFormats();
  const most = Math.max(1, ...rows.map(({ value }) => value));
  return (
    <ul className={classes("bars", isBad && "bars-bad")} aria-label={label}>
      {rows.map(({ key, name, value, note }) => (
        <li key={key}>
          <span className="bar-text">
            <span>{name}</span>
            <span className="figures">
              <b>{formats.number(value)}</b> {note && <span className="soft">{note}</span>}
            </span>
          </span>
          <svg className="bar" viewBox={`0 0 ${most} 1`} preserveAspectRatio="none" aria-hidden="true">
            <rect width={value} height="1" />
          </svg>
        </li>
      ))}
    </ul>
  );
}
