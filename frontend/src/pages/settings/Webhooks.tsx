import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { WebhookEventAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { Segmented } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag, type Tone } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { operation } from "../../words/operation";
import { hrefWith } from "./hrefWith";
import { Webhook } from "./Webhook";

const STATES = ["pending", "parked", "done"] as const;
const TONES: Record<WebhookEventAnswer["state"], Tone> = { pending: "neutral", parked: "bad", done: "good" };
const SECONDS = 10; // no notice tells of what came in and changed nothing

export default function Webhooks(): ReactNode {
  const t = useWords(operation);
  const [params, change] = useParams();
  const state = STATES.find((each) => each === params.get("state")) ?? null;
  const chosen = Number(params.get("webhook")) || null;
  const listing = useListing(
    ["webhook_event", "list", state],
    "GET /api/v1/webhook-events",
    { query: { state } },
    { keep: true, everySeconds: SECONDS },
  );
  const nothing =
    state === "parked" ? (
      <EmptyState icon="check" title={t("webhooks_none_parked")}>
        {t("webhooks_none_parked_text")}
      </EmptyState>
    ) : state !== null ? (
      <EmptyState icon="archive" title={t("none_match")}>
        {t("none_match_text")}
      </EmptyState>
    ) : (
      <EmptyState icon="archive" title={t("webhooks_none")}>
        {t("webhooks_none_text")}
      </EmptyState>
    );
  return (
    <Page
      title={t("webhooks")}
      width="full"
      tools={
        <Segmented
          label={t("webhooks_which")}
          value={state ?? "all"}
          options={(["all", ...STATES] as const).map((value) => ({ value, label: t(`webhook_${value}`) }))}
          onChange={(next) => change({ state: next === "all" ? null : next })}
        />
      }
    >
      <Listed listing={listing} rows={8} empty={nothing}>
        {(rows) => <WebhookTable rows={rows} hrefOf={(row) => hrefWith(params, { webhook: String(row.id) })} />}
      </Listed>
      {chosen !== null && <Webhook key={chosen} id={chosen} onClose={() => change({ webhook: null })} />}
    </Page>
  );
}

export function WebhookState({ state }: { state: WebhookEventAnswer["state"] }): ReactNode {
  const t = useWords(operation);
  return <Tag tone={TONES[state]}>{t(`state_${state}`)}</Tag>;
}

function WebhookTable(props: {
  rows: readonly WebhookEventAnswer[];
  hrefOf: (row: WebhookEventAnswer) => string;
}): ReactNode {
  const t = useWords(operation);
  const formats = useFormats();
  const columns: Column<WebhookEventAnswer>[] = [
    {
      title: t("received"),
      cell: (row) => (
        <b>
          <Time at={row.received_at} as="moment" />
        </b>
      ),
    },
    { title: t("state"), cell: (row) => <WebhookState state={row.state} /> },
    {
      title: t("problem"),
      from: "medium",
      cell: (row) => <span className="soft cut audit-fields">{row.error}</span>,
    },
    {
      title: t("items"),
      from: "wide",
      align: "end",
      cell: (row) => <span className="figures">{formats.number(row.items_done)}</span>,
    },
    {
      title: t("size"),
      from: "wide",
      align: "end",
      cell: (row) => <span className="soft figures">{formats.bytes(row.size)}</span>,
    },
  ];
  return (
    <Table label={t("webhooks")} rows={props.rows} columns={columns} keyOf={(row) => row.id} hrefOf={props.hrefOf} />
  );
}
