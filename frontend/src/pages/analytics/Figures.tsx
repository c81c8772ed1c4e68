import type { ReactNode } from "react";
import type { MetricAnswer, TotalAnswer } from "../../api/schema";
import { type Formats, useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { IconButton } from "../../ui/Button";
import { Tag } from "../../ui/Tag";
import { analytics } from "../../words/analytics";
import { metrics, metricWord } from "../../words/metrics";
import type { Asked } from "./asked";
import { isBetter } from "./range";

const OF_CHANNELS = ["received", "sent", "delivery_rate", "read_rate", "failed", "reply_time", "reply_rate"];
const OF_ALL = ["active_contacts", "new_contacts"];

/** Those of people are not known by business number. */
export const figuresOf = ({ channel }: Asked) => (channel === null ? [...OF_CHANNELS, ...OF_ALL] : OF_CHANNELS);

interface FiguresProps {
  items: readonly TotalAnswer[];
  asked: Asked;
  catalogue: ReadonlyMap<string, MetricAnswer>;
  onAbout: (slug: string) => void;
}

export function Figures({ items, asked, catalogue, onAbout }: FiguresProps): ReactNode {
  const t = useWords(analytics);
  const tm = useWords(metrics);
  const formats = useFormats();
  const shown = figuresOf(asked).flatMap((slug) => items.filter((item) => item.metric === slug));
  return (
    <section aria-label={t("key_figures")}>
      <ul className="figures-grid">
        {shown.map((item) => {
          const metric = catalogue.get(item.metric);
          const title = metricWord(tm, item.metric, metric?.title ?? item.metric);
          return (
            <li key={item.metric} className="figure">
              <span className="figure-title">
                <h2>{title}</h2>
                <IconButton icon="info" label={t("about_one", { name: title })} onClick={() => onAbout(item.metric)} />
              </span>
              <span className="figure-value figures">{valueText(item.value, item.unit, formats)}</span>
              {asked.compares && <Change item={item} isGood={metric?.is_good ?? null} />}
            </li>
          );
        })}
      </ul>
    </section>
  );
}

function Change({ item, isGood }: { item: TotalAnswer; isGood: boolean | null }): ReactNode {
  const t = useWords(analytics);
  const formats = useFormats();
  if (item.previous === null) return <span className="figure-before faint">–</span>;
  const better = isBetter(item.change, isGood);
  const before = t("before", { value: valueText(item.previous, item.unit, formats) });
  return (
    <span className="figure-before">
      {item.change !== null && item.change !== 0 && (
        <Tag tone={better === null ? "neutral" : better ? "good" : "bad"}>
          {item.change > 0 ? "▲" : "▼"} {formats.share(Math.abs(item.change))}
        </Tag>
      )}
      <span className="faint">{item.change === 0 ? t("same") : before}</span>
    </span>
  );
}

export function valueText(value: number | null, unit: string, formats: Formats): string {
  if (value === null) return "–";
  if (unit === "share") return formats.share(value);
  return unit === "seconds" ? formats.took(value) : formats.number(Math.round(value * 10) / 10);
}
