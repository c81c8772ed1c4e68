import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Card } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { analytics } from "../../words/analytics";
import { failures, reasonKey } from "../../words/failures";
import { classes, metrics, metricWord } from "../../words/metrics";
import { type Asked, filterOf, spanOf } from "./asked";
import { Bars } from "./Bars";

/** From asked for to read, and why some did not come that far. */
export function Funnel({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const tm = useWords(metrics);
  const formats = useFormats();
  const query = { ...spanOf(asked), ...filterOf(asked) };
  const funnel = useCall(["analytics", "funnel", query], "GET /api/v1/analytics/funnel", { query }, { keep: true });
  return (
    <Card title={t("funnel")}>
      {funnel.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : funnel.isError ? (
        <Failure error={funnel.error} onRetry={() => void funnel.refetch()} />
      ) : (
        <Bars
          label={t("funnel")}
          rows={funnel.data.steps.map((step) => ({
            key: step.metric,
            name: metricWord(tm, step.metric, step.title),
            value: step.value,
            note: step.of_first === null ? "" : t("of_first", { share: formats.share(step.of_first) }),
          }))}
        />
      )}
      <Failed asked={asked} />
    </Card>
  );
}

function Failed({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const tc = useWords(classes);
  const tf = useWords(failures);
  const query = { ...spanOf(asked), ...filterOf(asked), metric: ["failed"], group_by: "error_class" };
  const failed = useCall(["analytics", "failed", query], "GET /api/v1/analytics/summary", { query }, { keep: true });
  const rows = (failed.data?.items ?? []).filter(({ group, value }) => group !== null && value !== null && value > 0);
  const nameOf = (value: string, label: string) => {
    if (value in classes) return tc(value as "unknown");
    const ours = reasonKey(null, value);
    return ours === null ? label : tf(ours);
  };
  return (
    <div className="failures">
      <h3 className="soft">{t("failures")}</h3>
      {rows.length === 0 ? (
        <p className="faint">{t("failures_none")}</p>
      ) : (
        <Bars
          label={t("failures")}
          isBad
          rows={rows.map(({ group, value }) => ({
            key: group!.value,
            name: nameOf(group!.value, group!.label),
            value: value!,
          }))}
        />
      )}
    </div>
  );
}
