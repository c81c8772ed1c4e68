import { type ReactNode, useState } from "react";
import { useListing } from "../../api/queries";
import type { FieldAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { Button } from "../../ui/Button";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { Table } from "../../ui/Table";
import { fields } from "../../words/fields";
import { FieldDialog, NewField } from "./FieldDialogs";
import { hrefWith } from "./hrefWith";

export default function Fields(): ReactNode {
  const t = useWords(fields);
  const [params, change] = useParams();
  const [isAdding, setIsAdding] = useState(false);
  const listing = useListing(["field", "list"], "GET /api/v1/fields", { query: { limit: 200 } });
  const chosen = listing.items.find(({ id }) => String(id) === params.get("field"));
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setIsAdding(true)}>
      {t("new")}
    </Button>
  );
  return (
    <Page title={t("title")} width="full" actions={listing.items.length > 0 && add}>
      <Listed
        listing={listing}
        empty={
          <EmptyState icon="edit" title={t("none")} action={add}>
            {t("none_text")}
          </EmptyState>
        }
      >
        {(rows) => <FieldTable rows={rows} hrefOf={(row) => hrefWith(params, { field: String(row.id) })} />}
      </Listed>
      {isAdding && <NewField onClose={() => setIsAdding(false)} />}
      {chosen && <FieldDialog key={chosen.id} field={chosen} onClose={() => change({ field: null })} />}
    </Page>
  );
}

function FieldTable(props: { rows: readonly FieldAnswer[]; hrefOf: (row: FieldAnswer) => string }): ReactNode {
  const t = useWords(fields);
  return (
    <Table
      label={t("title")}
      rows={props.rows}
      keyOf={(row) => row.id}
      hrefOf={props.hrefOf}
      columns={[
        { title: t("field_title"), cell: (row) => <b className="cut">{row.title}</b> },
        { title: t("key"), from: "medium", cell: (row) => <code>{`{${row.key}}`}</code> },
        {
          title: t("kind"),
          cell: (row) => (
            <span className="who-text">
              <span>{t(`kind_${row.kind}` as "kind_text")}</span>
              {row.choices.length > 0 && <small className="cut soft">{row.choices.join(", ")}</small>}
            </span>
          ),
        },
      ]}
    />
  );
}
