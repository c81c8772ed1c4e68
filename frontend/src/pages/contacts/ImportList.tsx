import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { ImportAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Listed } from "../../ui/Listed";
import { Card } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { Table } from "../../ui/Table";
import { Tag, type Tone } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { moving } from "../../words/moving";

const TONES: Record<ImportAnswer["state"], Tone> = { pending: "neutral", running: "caution", done: "good" };

export function ImportState({ state }: { state: ImportAnswer["state"] }): ReactNode {
  const t = useWords(moving);
  return <Tag tone={TONES[state]}>{t(`state_${state}`)}</Tag>;
}

/** What was imported until now, the latest first. */
export function ImportList(): ReactNode {
  const t = useWords(moving);
  const imports = useListing(["import", "list"], "GET /api/v1/imports", { query: { limit: 20 } });
  return (
    <Card title={t("imports")} isFlush>
      <Listed
        listing={imports}
        rows={2}
        empty={
          <EmptyState icon="upload" title={t("imports_none")}>
            {t("imports_none_text")}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t("imports")}
            rows={rows}
            keyOf={(row) => row.id}
            hrefOf={(row) => `/contacts/import/${row.id}`}
            columns={[
              {
                title: t("file"),
                cell: (row) => (
                  <span className="who-text">
                    <b className="cut">{row.name ?? t("unnamed", { id: String(row.id) })}</b>
                    <small className="soft figures">{t("progress", { done: row.rows_done, all: row.rows })}</small>
                  </span>
                ),
              },
              { title: t("failed"), from: "medium", cell: (row) => <span className="figures">{row.failed}</span> },
              { title: t("state"), cell: (row) => <ImportState state={row.state} /> },
              {
                title: t("when"),
                from: "medium",
                align: "end",
                cell: (row) => (
                  <span className="soft figures">
                    <Time at={row.created_at} />
                  </span>
                ),
              },
            ]}
          />
        )}
      </Listed>
    </Card>
  );
}
