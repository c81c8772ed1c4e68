import { lazy, type ReactNode, Suspense } from "react";
import { useCall } from "../../api/queries";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useNow } from "../../lib/useNow";
import { Card } from "../../ui/Page";
import { Failure, Skeleton } from "../../ui/States";
import { Table } from "../../ui/Table";
import { analytics } from "../../words/analytics";
import { metrics } from "../../words/metrics";
import { type Asked, compareOf, filterOf, spanOf } from "./asked";
import { begunBy } from "./range";

// The drawing is a third of what this page weighs: it comes after the numbers.
const Plot = lazy(() => import("./Plot"));

export function OverTime({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const tm = useWords(metrics);
  const formats = useFormats();
  const series = useCall(
    ["analytics", "series", asked],
    "GET /api/v1/analytics/series",
    { query: { ...spanOf(asked), ...filterOf(asked), ...compareOf(asked), metric: ["sent", "received"] } },
    { keep: true },
  );
  if (series.isError) return <Failure error={series.error} onRetry={() => void series.refetch()} />;
  const { periods = [], granularity = "day", time_zone: zone = "UTC", series: lines = [] } = series.data ?? {};
  const now = useNow(60);
  const begun = begunBy(now, periods);
  const of = (slug: string) => lines.find(({ metric }) => metric === slug);
  const [sent, received] = [of("sent")?.values ?? [], of("received")?.values ?? []];
  const before = asked.compares ? (of("sent")?.previous ?? null) : null;
  const name = (at: string) => formats.period(new Date(at), zone, granularity === "day");
  const rows = begun.map((at, index) => ({
    at,
    sent: sent[index] ?? 0,
    received: received[index] ?? 0,
    before: before?.[index] ?? null,
  }));
  return (
    <Card title={t("over_time")}>
      <Suspense fallback={<Skeleton height="15rem" />}>
        {periods.length > 0 && (
          <Plot
            label={t("over_time_text")}
            zone={zone}
            at={periods.map((period) => Date.parse(period) / 1000)}
            lines={[
              // What is still to come is no zero.
              { name: tm("sent"), kind: "sent", values: sent.slice(0, begun.length) },
              { name: tm("received"), kind: "received", values: received.slice(0, begun.length) },
              ...(before ? [{ name: t("previous"), kind: "previous" as const, values: before }] : []),
            ]}
            nameOf={(index) => (periods[index] === undefined ? "" : name(periods[index]))}
          />
        )}
      </Suspense>
      <details className="as-table">
        <summary>{t("as_table")}</summary>
        <div className="as-table-rows">
          <Table
            label={t("over_time")}
            rows={rows}
            keyOf={(row) => row.at}
            columns={[
              { title: t("period"), cell: (row) => name(row.at) },
              { title: tm("sent"), align: "end", cell: (row) => formats.number(row.sent) },
              { title: tm("received"), align: "end", cell: (row) => formats.number(row.received) },
              ...(before
                ? [
                    {
                      title: t("previous"),
                      align: "end" as const,
                      cell: (row: (typeof rows)[number]) => (row.before === null ? "–" : formats.number(row.before)),
                    },
                  ]
                : []),
            ]}
          />
        </div>
      </details>
    </Card>
  );
}
