import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { ChannelAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { useParams } from "../../lib/useParams";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag, type Tone } from "../../ui/Tag";
import { settings as words } from "../../words/settings";
import { hrefWith } from "./hrefWith";
import { NumberDialog } from "./NumberDialog";

export default function Numbers(): ReactNode {
  const t = useWords(words);
  const [params, change] = useParams();
  const chosen = Number(params.get("number")) || null;
  const listing = useListing(["channel", "list"], "GET /api/v1/channels", {});
  const columns: Column<ChannelAnswer>[] = [
    {
      title: t("number"),
      cell: (row) => (
        <span className="who-text">
          <b className="cut">{nameOf(row)}</b>
          {row.name !== null && <small className="cut soft figures">{numberOf(row)}</small>}
        </span>
      ),
    },
    {
      title: t("number_state"),
      cell: (row) => <ChannelState state={row.state} />,
    },
    { title: t("quality"), from: "medium", cell: (row) => <Quality quality={row.quality} /> },
    {
      title: t("token"),
      from: "wide",
      cell: (row) => <span className="soft">{t(row.has_token ? "token_own" : "token_shared")}</span>,
    },
    {
      title: t("speed"),
      from: "wide",
      align: "end",
      cell: (row) => <span className="figures">{row.messages_per_second}</span>,
    },
  ];
  return (
    <Page title={t("section_numbers")} width="full">
      <Listed
        listing={listing}
        rows={3}
        empty={
          <EmptyState icon="phone" title={t("number_none")}>
            {t("number_none_text")}
          </EmptyState>
        }
      >
        {(rows) => (
          <Table
            label={t("section_numbers")}
            rows={rows}
            columns={columns}
            keyOf={(row) => row.id}
            hrefOf={(row) => hrefWith(params, { number: String(row.id) })}
          />
        )}
      </Listed>
      {chosen !== null && <NumberDialog key={chosen} id={chosen} onClose={() => change({ number: null })} />}
    </Page>
  );
}

const TONES: Record<string, Tone> = { active: "good", halted: "bad", unclaimed: "caution" };
const QUALITIES: Record<string, Tone> = { GREEN: "good", YELLOW: "caution", RED: "bad" };

export function ChannelState({ state }: { state: string }): ReactNode {
  const t = useWords(words);
  return <Tag tone={TONES[state] ?? "neutral"}>{t(`state_${state}` as "state_active")}</Tag>;
}

/** As WhatsApp rates it, where it has told. */
export function Quality({ quality }: { quality: string | null }): ReactNode {
  const t = useWords(words);
  const tone = quality === null ? undefined : QUALITIES[quality];
  if (tone === undefined) return <span className="soft">{quality ?? t("quality_unknown")}</span>;
  return <Tag tone={tone}>{t(`quality_${quality}` as "quality_GREEN")}</Tag>;
}

export function nameOf(channel: ChannelAnswer): string {
  return channel.name ?? numberOf(channel);
}

export function numberOf(channel: ChannelAnswer): string {
  return channel.display_number === null ? channel.phone_number_id : readablePhone(channel.display_number);
}
