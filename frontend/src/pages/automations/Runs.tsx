import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { RunAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { Listed } from "../../ui/Listed";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag, type Tone } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { outcomes } from "../../words/outcomes";
import { ContactName } from "./ContactName";
import { Story } from "./Story";

const TONES: Record<string, Tone> = { active: "accent", waiting: "caution", sending: "accent", done: "neutral" };

/** Those under way too, with where they stand. */
export function Runs({ automationId }: { automationId: number }): ReactNode {
  const t = useWords(outcomes);
  const formats = useFormats();
  const [params, change] = useParams();
  const runs = useListing(["automation_log", automationId, "runs"], "GET /api/v1/automations/{automation_id}/runs", {
    path: { automation_id: automationId },
    query: { limit: 25 },
  });
  const runId = Number(params.get("run")) || null;
  const columns: Column<RunAnswer>[] = [
    { title: t("contact"), cell: (run) => <ContactName id={run.contact_id} /> },
    {
      title: t("result"),
      cell: (run) => <Tag tone={TONES[run.state] ?? "neutral"}>{t(`state_${run.state as "done"}`)}</Tag>,
    },
    {
      title: t("took"),
      from: "medium",
      cell: (run) => (
        <span className="soft figures">
          {run.wake_at !== null
            ? t("goes_on", { moment: formats.moment(new Date(run.wake_at)) })
            : run.ended_at !== null
              ? formats.took((Date.parse(run.ended_at) - Date.parse(run.started_at)) / 1000)
              : "–"}
        </span>
      ),
    },
    {
      title: t("since"),
      align: "end",
      cell: (run) => (
        <span className="soft figures">
          <Time at={run.started_at} />
        </span>
      ),
    },
  ];
  return (
    <div className="automation-history">
      <Listed
        listing={runs}
        empty={
          <EmptyState icon="list" title={t("none_title")}>
            {t("none_text")}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t("since")}
            rows={rows}
            columns={columns}
            keyOf={(run) => run.id}
            hrefOf={(run) => `/automations/${automationId}?show=runs&run=${run.id}`}
          />
        )}
      </Listed>
      {runId !== null && <Story automationId={automationId} runId={runId} onClose={() => change({ run: null })} />}
    </div>
  );
}
