// Lines over time, drawn by uPlot. Colours are the tokens', read from the legend's own marks, because a canvas knows
// nothing of light-dark().

import "uplot/dist/uPlot.min.css";
import { type ReactNode, useEffect, useRef, useState } from "react";
import UPlot from "uplot";
import { useFormats } from "../../lib/format";
import { useStore } from "../../lib/store";
import { theme } from "../../lib/theme";

interface Line {
  name: string;
  kind: "sent" | "received" | "previous";
  /** As far as they go: there may be fewer than moments. */
  values: readonly (number | null)[];
}

interface PlotProps {
  label: string;
  at: readonly number[];
  lines: readonly Line[];
  /** Whose days they are. */
  zone: string;
  /** What a period is called. */
  nameOf: (index: number) => string;
}

const HEIGHT = 240;
const WHOLE = [1, 2, 5].flatMap((step) => [0, 1, 2, 3, 4, 5].map((power) => step * 10 ** power)).sort((a, b) => a - b);

export default function Plot({ label, at, lines, zone, nameOf }: PlotProps): ReactNode {
  const formats = useFormats();
  const box = useRef<HTMLDivElement>(null);
  const legend = useRef<HTMLUListElement>(null);
  const [pointed, setPointed] = useState<number | null>(null);
  const scheme = useScheme();
  const data = JSON.stringify([at, lines]);

  useEffect(() => {
    const [element, marks] = [box.current, legend.current];
    if (!element || !marks) return undefined;
    const colors = [...marks.querySelectorAll<HTMLElement>("i")].map((mark) => getComputedStyle(mark).color);
    const plot = new UPlot(
      optionsOf(element, lines, colors, zone, setPointed),
      [[...at], ...lines.map(({ values }) => at.map((_, index) => values[index] ?? null))] as UPlot.AlignedData,
      element,
    );
    const resized = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      resized.disconnect();
      plot.destroy();
    };
  }, [data, scheme, zone]);

  return (
    <figure className="plot">
      <ul ref={legend} className="plot-legend">
        {lines.map(({ name, kind, values }) => (
          <li key={kind}>
            <i className={`mark mark-${kind}`} />
            {name}
            {pointed !== null && pointed < values.length && (
              <b className="figures">{formats.number(values[pointed] ?? 0)}</b>
            )}
          </li>
        ))}
        <li className="plot-at soft">{pointed !== null && nameOf(pointed)}</li>
      </ul>
      <div ref={box} className="plot-box" role="img" aria-label={label} />
    </figure>
  );
}

/** Changes when the colours do: by choice, or because the system's did. */
function useScheme(): string {
  const chosen = useStore(theme);
  const [isDark, setIsDark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const query = matchMedia("(prefers-color-scheme: dark)");
    const note = () => setIsDark(query.matches);
    query.addEventListener("change", note);
    return () => query.removeEventListener("change", note);
  }, []);
  return chosen === "system" ? String(isDark) : chosen;
}

function optionsOf(
  element: HTMLElement,
  lines: readonly Line[],
  colors: readonly string[],
  zone: string,
  point: (index: number | null) => void,
): UPlot.Options {
  const style = getComputedStyle(element);
  const axis = {
    stroke: style.color,
    font: `11px ${style.fontFamily}`,
    grid: { stroke: style.borderTopColor, width: 1 },
    ticks: { show: false },
  };
  const isSingle = lines.every(({ values }) => values.length < 2);
  return {
    width: element.clientWidth,
    height: HEIGHT,
    padding: [8, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
    scales: { y: { range: (_, __, most) => [0, Math.max(4, Math.ceil(most * 1.1))] } },
    tzDate: (seconds) => UPlot.tzDate(new Date(seconds * 1000), zone),
    axes: [
      { ...axis, grid: { show: false }, space: 70, values: (_, marks) => shortDates(marks, zone) },
      { ...axis, size: 40, incrs: WHOLE },
    ],
    series: [
      {},
      ...lines.map(({ kind }, index): UPlot.Series => ({
        stroke: colors[index]!,
        width: 2,
        points: { show: isSingle, size: 6, fill: colors[index]! },
        ...(kind === "previous" ? { dash: [3, 5], width: 1.5 } : {}),
      })),
    ],
    hooks: { setCursor: [(plot) => point(plot.cursor.idx ?? null)] },
  };
}

/** In the reader's language: days, or hours where there is no more than a day between two marks. */
function shortDates(marks: number[], timeZone: string): string[] {
  const language = document.documentElement.lang;
  const isFine = marks.length > 1 && marks[1]! - marks[0]! < 86_400;
  const format = new Intl.DateTimeFormat(
    language,
    isFine ? { hour: "numeric", minute: "2-digit", timeZone } : { day: "numeric", month: "short", timeZone },
  );
  return marks.map((mark) => format.format(new Date(mark * 1000)));
}
