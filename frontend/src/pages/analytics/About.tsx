import type { ReactNode } from "react";
import type { MetricAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Dialog } from "../../ui/Dialog";
import { analytics } from "../../words/analytics";
import { metrics, metricWord } from "../../words/metrics";

interface AboutProps {
  /** Of one metric, or "" for all. */
  slug: string;
  catalogue: ReadonlyMap<string, MetricAnswer>;
  onClose: () => void;
}

export function About({ slug, catalogue, onClose }: AboutProps): ReactNode {
  const t = useWords(analytics);
  const tm = useWords(metrics);
  const shown = [...catalogue.values()].filter((metric) => slug === "" || metric.slug === slug);
  return (
    <Dialog title={t("what_means")} shape={slug === "" ? "side" : "middle"} onClose={onClose}>
      <dl className="facts about-metrics">
        {shown.map((metric) => (
          <div key={metric.slug}>
            <dt>{metricWord(tm, metric.slug, metric.title)}</dt>
            <dd>{metricWord(tm, `${metric.slug}_text`, metric.definition)}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
