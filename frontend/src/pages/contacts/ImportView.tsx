import "./imports.css";
import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import type { ImportDetails } from "../../api/schema";
import { useWords } from "../../lib/language";
import { LinkButton } from "../../ui/Button";
import { Card, Page } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { moving } from "../../words/moving";
import { Faults } from "./Faults";
import { ImportState } from "./ImportList";
import { Numbers } from "./ImportPage";

const SECONDS = 2; // where no change notice comes

/** How far an import is, and what became of its rows. */
export function ImportView({ id }: { id: number }): ReactNode {
  const t = useWords(moving);
  const found = useCall(["import", id], "GET /api/v1/imports/{import_id}", { path: { import_id: id } });
  const isUnderWay = found.data !== undefined && found.data.state !== "done";
  useCall(
    ["import", id],
    "GET /api/v1/imports/{import_id}",
    { path: { import_id: id } },
    { enabled: isUnderWay, everySeconds: SECONDS },
  );
  if (found.isError) {
    const back = { href: "/contacts/import", label: t("import") };
    return <Failure error={found.error} onRetry={() => void found.refetch()} back={back} />;
  }
  if (!found.data) return <SkeletonRows withAvatar={false} />;
  return <Report of={found.data} />;
}

function Report({ of }: { of: ImportDetails }): ReactNode {
  const t = useWords(moving);
  const [tag] = of.tags;
  const seen = tag === undefined ? "/contacts" : `/contacts?tag=${encodeURIComponent(tag)}`;
  return (
    <Page
      title={of.name ?? t("unnamed", { id: String(of.id) })}
      width="reading"
      actions={
        <LinkButton href="/contacts/import" kind="quiet" icon="back">
          {t("import")}
        </LinkButton>
      }
    >
      <Card>
        <div className="form" role="status">
          <p>
            <ImportState state={of.state} />{" "}
            <span className="soft figures">{t("progress", { done: of.rows_done, all: of.rows })}</span>
          </p>
          <progress
            className="import-progress"
            aria-label={t("progress", { done: of.rows_done, all: of.rows })}
            value={of.rows_done}
            max={Math.max(1, of.rows)}
          />
          <Numbers
            of={[
              [t("created"), of.created],
              [t("updated"), of.updated],
              [t("failed"), of.failed],
            ]}
          />
          {of.state === "done" && of.failed === 0 && <p className="soft">{t("all_well")}</p>}
          {of.state === "done" && (
            <div className="form-buttons">
              <LinkButton href="/contacts/import">{t("again")}</LinkButton>
              <LinkButton href={seen} kind="primary" icon="contacts">
                {t("with_tag")}
              </LinkButton>
            </div>
          )}
        </div>
      </Card>
      <Faults faults={of.errors} />
    </Page>
  );
}
