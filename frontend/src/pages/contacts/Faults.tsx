import type { ReactNode } from "react";
import { sentenceOfField } from "../../api/problem";
import type { CellAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Card } from "../../ui/Page";
import { Table } from "../../ui/Table";
import { moving } from "../../words/moving";

const MOST = 200; // that the server keeps

/** Which cells of a table were wrong, as a spreadsheet counts. */
export function Faults({ faults }: { faults: readonly CellAnswer[] }): ReactNode {
  const t = useWords(moving);
  if (faults.length === 0) return null;
  return (
    <Card title={t("faults")} isFlush>
      <Table
        label={t("faults")}
        rows={faults}
        keyOf={(fault) => `${fault.row} ${fault.column} ${fault.code}`}
        columns={[
          { title: t("row"), cell: (fault) => <span className="figures">{fault.row}</span> },
          { title: t("column"), cell: (fault) => fault.column || "–" },
          { title: t("fault"), cell: sentenceOfField },
        ]}
      />
      {faults.length >= MOST && <p className="field-hint faults-first">{t("faults_first", { n: MOST })}</p>}
    </Card>
  );
}
