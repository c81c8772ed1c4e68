import { type ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { AutomationLogAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { Segmented } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag, type Tone } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { outcomes } from "../../words/outcomes";
import { ContactName } from "./ContactName";
import { Refused, Story } from "./Story";
import { useReason } from "./useReason";

const STATUSES = ["success", "partial", "failed", "skipped"] as const;
type Status = (typeof STATUSES)[number];
const TONES: Record<string, Tone> = { success: "good", partial: "caution", failed: "bad", skipped: "neutral" };

/** One line for each run that ended, and for those who were not let in. */
export function Logs({ automationId }: { automationId: number }): ReactNode {
  const t = useWords(outcomes);
  const formats = useFormats();
  const reasonOf = useReason();
  const [params, change] = useParams();
  const status = STATUSES.find((each) => each === params.get("status"));
  const logs = useListing(
    ["automation_log", automationId, status ?? "all"],
    "GET /api/v1/automation-logs",
    { query: { automation_id: automationId, execution_status: status ?? null, limit: 25 } },
    { keep: true },
  );
  const open = logs.items.find(({ id }) => id === Number(params.get("log")));
  const columns: Column<AutomationLogAnswer>[] = [
    {
      title: t("result"),
      cell: (log) => (
        <Tag tone={TONES[log.execution_status] ?? "neutral"}>{t(`status_${log.execution_status as Status}`)}</Tag>
      ),
    },
    {
      title: t("contact"),
      cell: (log) =>
        log.contact_id === null ? t("people", { n: log.contacts_affected }) : <ContactName id={log.contact_id} />,
    },
    {
      title: t("reason"),
      from: "medium",
      cell: (log) => <span className="soft">{reasonOf(log.error_message) ?? "–"}</span>,
    },
    {
      title: t("took"),
      from: "wide",
      align: "end",
      cell: (log) => <span className="figures">{log.run_id === null ? "–" : formats.took(log.execution_time)}</span>,
    },
    {
      title: t("when"),
      align: "end",
      cell: (log) => (
        <span className="soft figures">
          <Time at={log.executed_at} />
        </span>
      ),
    },
  ];
  return (
    <div className="automation-history">
      <div className="automation-filter">
        <Segmented<Status | "all">
          label={t("result")}
          value={status ?? "all"}
          options={[
            { value: "all", label: t("any_status") },
            ...STATUSES.map((value) => ({ value, label: t(`status_${value}`) })),
          ]}
          onChange={(next) => change({ status: next === "all" ? null : next })}
        />
      </div>
      <Listed
        listing={logs}
        empty={
          <EmptyState icon="list" title={t(status ? "none_found" : "none_title")}>
            {t("none_text")}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t("result")}
            rows={rows}
            columns={columns}
            keyOf={(log) => log.id}
            hrefOf={(log) =>
              `/automations/${automationId}?show=activity${status ? `&status=${status}` : ""}&log=${log.id}`
            }
          />
        )}
      </Listed>
      {open &&
        (open.run_id === null ? (
          <Refused log={open} onClose={() => change({ log: null })} />
        ) : (
          <Story automationId={automationId} runId={open.run_id} onClose={() => change({ log: null })} />
        ))}
    </div>
  );
}
