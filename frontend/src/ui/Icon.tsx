// The pages' own icons: strokes on a 24 × 24 grid, in the colour of the text beside them.

import type { ReactNode } from "react";

const SHAPES = {
  inbox:
    "M4 13.5 6.2 6a2 2 0 0 1 1.9-1.4h7.8A2 2 0 0 1 17.8 6L20 13.5M4 13.5V17a2 2 0 0 0 2 2h12a2 2 0 0 0 2-2v-3.5h-4.5a3.5 3.5 0 0 1-7 0Z",
  contacts:
    "M9 11.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.8 19.5c.5-3.3 3-5 6.2-5s5.7 1.7 6.2 5M16 4.9a3.5 3.5 0 0 1 0 6.2M18.2 15.2c1.6.8 2.6 2.3 3 4.3",
  automations: "M13 3 5.5 13.3h5.3L10.5 21l8-10.6h-5.6Z",
  analytics: "M4 20h16M6.5 16.5v-4M11 16.5V6M15.5 16.5v-7M20 16.5V4",
  users:
    "M12 3.2 19 6v5.2c0 4.4-2.8 7.8-7 9.6-4.2-1.8-7-5.2-7-9.6V6ZM12 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM8.8 16c.5-1.7 1.6-2.5 3.2-2.5s2.7.8 3.2 2.5",
  settings:
    "M4 7h9M17.5 7H20M4 17h2.5M11 17h9M15.2 9.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM8.8 19.3a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6Z",
  bell: "M6.5 10a5.5 5.5 0 0 1 11 0c0 5 2 6.3 2 6.3h-15s2-1.3 2-6.3ZM10.2 19.5a2 2 0 0 0 3.6 0",
  search: "M10.8 17.5a6.7 6.7 0 1 0 0-13.4 6.7 6.7 0 0 0 0 13.4ZM15.7 15.7 20 20",
  plus: "M12 5v14M5 12h14",
  close: "m6 6 12 12M18 6 6 18",
  check: "m5 12.5 4.5 4.5L19 7.5",
  down: "m7 10 5 5 5-5",
  right: "m10 7 5 5-5 5",
  left: "m14 7-5 5 5 5",
  back: "M19 12H5m6-6-6 6 6 6",
  send: "M5 12h13m-5.5-6 6 6-6 6",
  phone: "M8.5 3.5h7a2 2 0 0 1 2 2v13a2 2 0 0 1-2 2h-7a2 2 0 0 1-2-2v-13a2 2 0 0 1 2-2ZM10.5 17.5h3",
  sun: "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4",
  moon: "M19.5 14.2A8 8 0 0 1 9.8 4.5a8 8 0 1 0 9.7 9.7Z",
  screen:
    "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v8A1.5 1.5 0 0 1 19 16H5a1.5 1.5 0 0 1-1.5-1.5v-8A1.5 1.5 0 0 1 5 5ZM12 16v3.5M8.5 19.5h7",
  globe:
    "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17ZM3.5 12h17M12 3.5c2.3 2.4 3.4 5.2 3.4 8.5S14.3 18.1 12 20.5C9.7 18.1 8.6 15.3 8.6 12S9.7 5.9 12 3.5Z",
  key: "M8 16.5a4.5 4.5 0 1 1 4.2-6.1H20v3.2h-2.5v2.4h-3v-2.4h-2.3A4.5 4.5 0 0 1 8 16.5ZM8 12h.01",
  leave: "M10 4.5H6.5a2 2 0 0 0-2 2v11a2 2 0 0 0 2 2H10M14.5 8l4.5 4-4.5 4M19 12H9.5",
  more: "M5.4 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M11.4 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0M17.4 12a.6.6 0 1 0 1.2 0 .6.6 0 1 0-1.2 0",
  clock: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 7.5V12l3 2",
  alert: "M12 4 21 19.5H3ZM12 10v4.5M12 17h.01",
  info: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16ZM12 11v5.5M12 8h.01",
  tag: "M4 4.5h7l9 9-6.5 6.5-9-9ZM8 8.5h.01",
  mail: "M5 5.5h14A1.5 1.5 0 0 1 20.5 7v10a1.5 1.5 0 0 1-1.5 1.5H5A1.5 1.5 0 0 1 3.5 17V7A1.5 1.5 0 0 1 5 5.5ZM4 7.5l8 5.5 8-5.5",
  cake: "M5 20v-7.5A1.5 1.5 0 0 1 6.5 11h11a1.5 1.5 0 0 1 1.5 1.5V20M3.5 20h17M5 15.5c1.2 1.3 2.3 1.3 3.5 0 1.2 1.3 2.3 1.3 3.5 0 1.2 1.3 2.3 1.3 3.5 0 1.2 1.3 2.3 1.3 3.5 0M12 11V8M12 5.2c.7-.7.7-1.4 0-2.2-.7.8-.7 1.5 0 2.2Z",
  filter: "M4 6.5h16M7 12h10M10 17.5h4",
  keyboard:
    "M4 6.5h16A1.5 1.5 0 0 1 21.5 8v8a1.5 1.5 0 0 1-1.5 1.5H4A1.5 1.5 0 0 1 2.5 16V8A1.5 1.5 0 0 1 4 6.5ZM6.5 10h.01M10 10h.01M14 10h.01M17.5 10h.01M8 14h8",
  pause: "M8.5 5.5v13M15.5 5.5v13",
  play: "M7.5 5v14l11-7Z",
  repeat: "M5 11a7 7 0 0 1 12-4l2 2M19 4.5V9h-4.5M19 13a7 7 0 0 1-12 4l-2-2M5 19.5V15h4.5",
  reply: "M10 7 5 12l5 5M5 12h9a5 5 0 0 1 5 5v1.5",
  upload: "M12 15V4M7.5 8.5 12 4l4.5 4.5M5 19.5h14",
  merge: "M7 4v4.5a3.5 3.5 0 0 0 3.5 3.5h3a3.5 3.5 0 0 1 3.5 3.5V20M17 4v4.5a3.5 3.5 0 0 1-3.5 3.5M14 17l3 3 3-3",
  edit: "M14.5 5.5 18.5 9.5 9 19H5v-4ZM12.5 7.5l4 4",
  trash: "M5 7h14M9.5 7V4.5h5V7M7 7l.8 12a1 1 0 0 0 1 1h6.4a1 1 0 0 0 1-1L17 7M10.5 11v5M13.5 11v5",
  outside: "M8 16 17 7M9.5 6.5H17.5V14.5",
  person: "M12 11.5a3.8 3.8 0 1 0 0-7.6 3.8 3.8 0 0 0 0 7.6ZM4.5 20c.6-3.7 3.5-5.5 7.5-5.5s6.9 1.8 7.5 5.5",
  panel: "M5 5h14a1.5 1.5 0 0 1 1.5 1.5v11A1.5 1.5 0 0 1 19 19H5a1.5 1.5 0 0 1-1.5-1.5v-11A1.5 1.5 0 0 1 5 5ZM15 5v14",
  archive: "M4 5h16v4H4ZM5.5 9v9a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5V9M10 13h4",
  lock: "M6.5 10.5h11A1.5 1.5 0 0 1 19 12v6.5a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 5 18.5V12a1.5 1.5 0 0 1 1.5-1.5ZM8.5 10.5V8a3.5 3.5 0 0 1 7 0v2.5",
  book: "M5 5.5A1.5 1.5 0 0 1 6.5 4H19v14H6.5A1.5 1.5 0 0 0 5 19.5ZM5 19.5A1.5 1.5 0 0 0 6.5 21H19v-3",
  download: "M12 4v11M7.5 10.5 12 15l4.5-4.5M5 19.5h14",
  list: "M9 6.5h11M9 12h11M9 17.5h11M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
} as const;

export type IconName = keyof typeof SHAPES;

/** Without a label it is decoration, and screen readers pass it by. */
export function Icon({ name, label, size }: { name: IconName; label?: string; size?: number }): ReactNode {
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      width={size}
      height={size}
      {...(label === undefined ? { "aria-hidden": true } : { role: "img", "aria-label": label })}
    >
      <path d={SHAPES[name]} />
    </svg>
  );
}

export function Logo({ size = 28 }: { size?: number }): ReactNode {
  return (
    <svg viewBox="0 0 32 32" width={size} height={size} aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent-solid)" />
      <path
        d="M10 7v18M10 17.8c1.5-4.7 10-5 10 1.2v3.3c0 2.1 1.5 3 3.6 2.2"
        fill="none"
        stroke="#fff"
        strokeWidth="2.8"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
