// Tables of who and what did how much: automations and people.

import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import type { TotalAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Card } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { Table } from "../../ui/Table";
import { analytics } from "../../words/analytics";
import { metrics } from "../../words/metrics";
import { type Asked, byGroup, spanOf } from "./asked";
import { valueText } from "./Figures";

export function Automations({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  return (
    <Grouped
      title={t("automations")}
      none={t("automations_none")}
      group="automation"
      metrics={["entries", "success_rate", "run_duration"]}
      asked={asked}
      hrefOf={(value) => (/^\d+$/.test(value) ? `/automations/${value}?show=activity` : "")}
    />
  );
}

export function Team({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  return (
    <Grouped
      title={t("users")}
      none={t("users_none")}
      group="user"
      metrics={["messages_by_users", "changes", "logins"]}
      asked={asked}
    />
  );
}

type Slug = "entries" | "success_rate" | "run_duration" | "messages_by_users" | "changes" | "logins";

interface GroupedProps {
  title: string;
  none: string;
  group: string;
  metrics: readonly Slug[];
  asked: Asked;
  hrefOf?: (value: string) => string;
}

function Grouped({ title, none, group, metrics: slugs, asked, hrefOf }: GroupedProps): ReactNode {
  const t = useWords(analytics);
  const tm = useWords(metrics);
  const formats = useFormats();
  const query = { ...spanOf(asked), metric: [...slugs], group_by: group, statistic: "p50" as const };
  const summary = useCall(["analytics", "groups", query], "GET /api/v1/analytics/summary", { query }, { keep: true });
  const rows = byGroup(summary.data?.items ?? []).filter(
    ({ of, value }) => value !== "" && slugs.some((slug) => (of[slug]?.value ?? 0) > 0),
  );
  const text = (total: TotalAnswer | undefined) => (
    <span className="figures">{total ? valueText(total.value, total.unit, formats) : "–"}</span>
  );
  return (
    <Card title={title} isFlush>
      {summary.isPending ? (
        <SkeletonRows rows={3} withAvatar={false} />
      ) : summary.isError ? (
        <Failure error={summary.error} onRetry={() => void summary.refetch()} />
      ) : rows.length === 0 ? (
        <p className="card-none soft">{none}</p>
      ) : (
        <Table
          label={title}
          rows={rows}
          keyOf={(row) => row.value}
          {...(hrefOf ? { hrefOf: (row: (typeof rows)[number]) => hrefOf(row.value) || "/automations" } : {})}
          columns={[
            {
              title: t("name"),
              cell: (row) => <span className="cut">{row.value === "…" ? t("others") : row.label}</span>,
            },
            ...slugs.map((slug, index) => ({
              title: tm(slug),
              align: "end" as const,
              ...(index === 2 ? { from: "medium" as const } : {}),
              cell: (row: (typeof rows)[number]) => text(row.of[slug]),
            })),
          ]}
        />
      )}
    </Card>
  );
}
