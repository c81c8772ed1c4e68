import { type ReactNode, useMemo } from "react";
import { useLocation } from "wouter";
import { useCall } from "../../api/queries";
import type { AutomationAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useShortcuts } from "../../lib/shortcuts";
import { useParams } from "../../lib/useParams";
import { Button, LinkButton } from "../../ui/Button";
import { SearchField, Segmented, Select } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { automations as words } from "../../words/automations";
import { common } from "../../words/common";
import { kinds as kindWords, wordOr } from "../../words/kinds";
import { useAutomations, useKinds } from "./asked";
import { found } from "./find";
import { OnSwitch } from "./OnSwitch";
import { STARTERS } from "./starters";

export function AutomationList(): ReactNode {
  const t = useWords(words);
  const tk = useWords(kindWords);
  const tc = useWords(common);
  const [, go] = useLocation();
  const [params, change] = useParams();
  const mayWrite = useMay("automations:write");
  const listing = useAutomations();
  const { kinds } = useKinds();
  useShortcuts(mayWrite ? { n: () => go("/automations/new") } : {});

  const [q, trigger, state] = [params.get("q") ?? "", params.get("trigger") ?? "", params.get("show") ?? "all"];
  const rows = useMemo(
    () => found(listing.items, { q, trigger, isActive: state === "all" ? null : state === "on" }),
    [listing.items, q, trigger, state],
  );
  const clear = () => change({ q: null, trigger: null, show: null });

  const nothing =
    listing.items.length > 0 ? (
      <EmptyState icon="search" title={t("none_found")} action={<Button onClick={clear}>{t("clear")}</Button>}>
        {t("none_found_text")}
      </EmptyState>
    ) : (
      <EmptyState
        icon="automations"
        title={t("none_title")}
        action={
          mayWrite &&
          STARTERS.map((each) => (
            <LinkButton key={each} href={`/automations/new?from=${each}`}>
              {t(`starter_${each}`)}
            </LinkButton>
          ))
        }
      >
        {t("none_text")}
      </EmptyState>
    );

  return (
    <Page
      title={t("title")}
      width="full"
      actions={
        mayWrite && (
          <LinkButton href="/automations/new" kind="primary" icon="plus">
            {t("new")}
          </LinkButton>
        )
      }
      tools={
        <>
          <SearchField
            label={t("search")}
            value={q}
            onChange={(event) => change({ q: event.target.value })}
            onClear={() => change({ q: null })}
          />
          <Select
            aria-label={t("trigger")}
            value={trigger}
            onChange={(event) => change({ trigger: event.target.value })}
          >
            <option value="">{t("any_trigger")}</option>
            {kinds?.triggers.map(({ name, title }) => (
              <option key={name} value={name}>
                {wordOr(tk, `trigger_${name}`, title)}
              </option>
            ))}
          </Select>
          <Segmented
            label={t("state")}
            value={state}
            options={[
              { value: "all", label: tc("all") },
              { value: "on", label: t("on") },
              { value: "off", label: t("off") },
            ]}
            onChange={(next) => change({ show: next === "all" ? null : next })}
          />
        </>
      }
    >
      <Listed listing={{ ...listing, items: rows }} rows={8} empty={nothing}>
        {() => <Rows rows={rows} />}
      </Listed>
    </Page>
  );
}

function Rows({ rows }: { rows: readonly AutomationAnswer[] }): ReactNode {
  const t = useWords(words);
  const tk = useWords(kindWords);
  const counts = useCounts();
  const columns: Column<AutomationAnswer>[] = [
    {
      title: t("name"),
      cell: (row) => (
        <span className="automation-name">
          <b className="cut">{row.name}</b>
          <small className="cut soft">
            {wordOr(tk, `trigger_${row.trigger_type}`, row.trigger_type)} →{" "}
            {wordOr(tk, `action_${row.action_type}`, row.action_type)}
          </small>
        </span>
      ),
    },
    {
      title: t("priority"),
      from: "medium",
      align: "end",
      cell: (row) => <span className="figures">{row.priority}</span>,
    },
    {
      title: t("month_runs"),
      from: "medium",
      align: "end",
      cell: (row) => <Counted counts={counts.get(row.id)} />,
    },
    {
      title: t("switch"),
      align: "end",
      isBare: true,
      cell: (row) => (
        <span className="over automation-switch">
          <OnSwitch automation={row} />
        </span>
      ),
    },
  ];
  return (
    <Table
      label={t("title")}
      rows={rows}
      columns={columns}
      keyOf={(row) => row.id}
      hrefOf={(row) => `/automations/${row.id}`}
    />
  );
}

function Counted({ counts }: { counts: Counts | undefined }): ReactNode {
  const t = useWords(words);
  const formats = useFormats();
  if (!counts?.runs) return <span className="faint">–</span>;
  return (
    <span className="automation-name">
      <span className="figures">{formats.number(counts.runs)}</span>
      {counts.share !== null && (
        <small className="soft figures">{t("went_well", { share: formats.share(counts.share) })}</small>
      )}
    </span>
  );
}

interface Counts {
  runs: number;
  share: number | null;
}

/** Runs of the last thirty days by automation, from roll-ups; nothing where analytics cannot be asked. */
function useCounts(): ReadonlyMap<number, Counts> {
  const since = new Date(Date.now() - 29 * 86_400_000).toISOString().slice(0, 10);
  const enabled = useMay("analytics:read");
  const query = { from: since, metric: ["runs_ended", "success_rate"], group_by: "automation" };
  const key = ["analytics", "automations", since] as const;
  const summary = useCall(key, "GET /api/v1/analytics/summary", { query }, { enabled });
  return useMemo(() => {
    const byId = new Map<number, Counts>();
    for (const { group, metric, value } of summary.data?.items ?? []) {
      if (group === null) continue;
      const counts = byId.get(Number(group.value)) ?? { runs: 0, share: null };
      byId.set(
        Number(group.value),
        metric === "runs_ended" ? { ...counts, runs: value ?? 0 } : { ...counts, share: value },
      );
    }
    return byId;
  }, [summary.data]);
}
