import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Card } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { Table } from "../../ui/Table";
import { analytics } from "../../words/analytics";
import { type Asked, byGroup, filterOf, spanOf } from "./asked";

const BY: Record<string, "by_automation" | "by_team" | "by_api"> = {
  automation: "by_automation",
  user: "by_team",
  api: "by_api",
};

/** How long people wait for an answer, by who gives it. */
export function Replies({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const formats = useFormats();
  const query = { ...spanOf(asked), ...filterOf(asked), metric: ["reply_time"], group_by: "answered_by" };
  const replies = useCall(["analytics", "replies", query], "GET /api/v1/analytics/summary", { query }, { keep: true });
  const rows = byGroup(replies.data?.items ?? []).filter(({ of }) => of["reply_time"]?.value != null);
  const took = (seconds: number | undefined) => (
    <span className="figures">{seconds === undefined ? "–" : formats.took(seconds)}</span>
  );
  return (
    <Card title={t("replies")} isFlush>
      {replies.isPending ? (
        <SkeletonRows rows={3} withAvatar={false} />
      ) : replies.isError ? (
        <Failure error={replies.error} onRetry={() => void replies.refetch()} />
      ) : (
        <Table
          label={t("replies")}
          rows={rows}
          keyOf={(row) => row.value}
          columns={[
            {
              title: t("name"),
              cell: (row) => (row.value in BY ? t(BY[row.value]!) : row.label),
            },
            { title: t("median"), align: "end", cell: (row) => took(row.of["reply_time"]?.statistics["p50"]) },
            { title: t("slowest"), align: "end", cell: (row) => took(row.of["reply_time"]?.statistics["p90"]) },
          ]}
        />
      )}
    </Card>
  );
}
