import "./analytics.css";
import { type ReactNode, useState } from "react";
import { useCall, useListing } from "../../api/queries";
import type { MetricAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { useNow } from "../../lib/useNow";
import { useParams } from "../../lib/useParams";
import { Button } from "../../ui/Button";
import { Segmented, Select, Switch, TextField } from "../../ui/Field";
import { Page } from "../../ui/Page";
import { EmptyState, Failure, SkeletonRows } from "../../ui/States";
import { analytics } from "../../words/analytics";
import { About } from "./About";
import { type Asked, compareOf, filterOf, spanOf, useCatalogue } from "./asked";
import { Automations, Team } from "./ByWhom";
import { Busiest } from "./Busiest";
import { Export } from "./Export";
import { Figures, figuresOf } from "./Figures";
import { Funnel } from "./Funnel";
import { OverTime } from "./OverTime";
import { type Choice, paramsOf, PRESETS, rangeOf, todayIn } from "./range";
import { Replies } from "./Replies";

export default function AnalyticsPage(): ReactNode {
  const t = useWords(analytics);
  const [params, change] = useParams();
  const now = useNow(60);
  const { metrics: catalogue, zone } = useCatalogue();
  const range = rangeOf(params, todayIn(zone, now));
  const [about, setAbout] = useState<string | null>(null);
  const asked: Asked = {
    from: range.from,
    to: range.to,
    channel: params.get("channel"),
    compares: params.get("compare") !== "no",
  };
  return (
    <Page
      title={t("title")}
      actions={
        <>
          <Button icon="info" onClick={() => setAbout("")}>
            {t("what_means")}
          </Button>
          <Export asked={asked} />
        </>
      }
      tools={
        <>
          <Segmented<Choice>
            label={t("range")}
            value={range.choice}
            options={[...PRESETS, "own" as const].map((value) => ({ value, label: t(`range_${value}`) }))}
            onChange={(choice) => change(paramsOf(choice, range))}
          />
          {range.choice === "own" && (
            <div className="own-range">
              <DateField name="from" value={range.from} onChange={(from) => change({ from })} />
              <DateField name="to" value={range.to} onChange={(to) => change({ to })} />
            </div>
          )}
          <Channels value={asked.channel} onChange={(channel) => change({ channel })} />
          <Switch
            label={t("compare")}
            checked={asked.compares}
            onChange={(on) => change({ compare: on ? null : "no" })}
          />
        </>
      }
    >
      <Dashboard asked={asked} catalogue={catalogue} onAbout={setAbout} />
      {about !== null && <About slug={about} catalogue={catalogue} onClose={() => setAbout(null)} />}
    </Page>
  );
}

interface DashboardProps {
  asked: Asked;
  catalogue: ReadonlyMap<string, MetricAnswer>;
  onAbout: (slug: string) => void;
}

function Dashboard({ asked, catalogue, onAbout }: DashboardProps): ReactNode {
  const t = useWords(analytics);
  const summary = useCall(
    ["analytics", "summary", asked],
    "GET /api/v1/analytics/summary",
    {
      query: {
        ...spanOf(asked),
        ...filterOf(asked),
        ...compareOf(asked),
        granularity: "day", // people who wrote are counted once a day, not once an hour
        metric: [...figuresOf(asked), "requested"],
        statistic: "p50",
      },
    },
    { keep: true },
  );
  if (summary.isPending) return <SkeletonRows withAvatar={false} />;
  if (summary.isError) return <Failure error={summary.error} onRetry={() => void summary.refetch()} />;
  const valueOf = (slug: string) => summary.data.items.find(({ metric }) => metric === slug)?.value ?? 0;
  const isEmpty = valueOf("requested") === 0 && valueOf("received") === 0;
  return (
    <div className="dashboard">
      {isEmpty ? (
        <EmptyState icon="analytics" title={t("none_title")}>
          {t("none_text")}
        </EmptyState>
      ) : (
        <>
          <Figures items={summary.data.items} asked={asked} catalogue={catalogue} onAbout={onAbout} />
          <OverTime asked={asked} />
          <div className="dashboard-pair">
            <Funnel asked={asked} />
            <Replies asked={asked} />
          </div>
          <Busiest asked={asked} />
        </>
      )}
      <div className="dashboard-pair">
        <Automations asked={asked} />
        <Team asked={asked} />
      </div>
      <p className="field-hint">
        {t("days_of", { zone: summary.data.time_zone.replaceAll("_", " ") })}{" "}
        {!summary.data.is_current && t("not_current")}
      </p>
    </div>
  );
}

function DateField(props: { name: "from" | "to"; value: string; onChange: (next: string) => void }): ReactNode {
  const t = useWords(analytics);
  return (
    <TextField
      label={t(props.name)}
      type="date"
      value={props.value}
      onChange={(event) => event.target.value && props.onChange(event.target.value)}
    />
  );
}

function Channels(props: { value: string | null; onChange: (next: string) => void }): ReactNode {
  const t = useWords(analytics);
  const enabled = useMay("channels:read");
  const channels = useListing(["channel", "list"], "GET /api/v1/channels", { query: { limit: 200 } }, { enabled });
  if (channels.items.length < 2 && props.value === null) return null;
  return (
    <Select
      aria-label={t("channel")}
      value={props.value ?? ""}
      onChange={(event) => props.onChange(event.target.value)}
    >
      <option value="">{t("any_channel")}</option>
      {channels.items.map(({ id, name, display_number: number, phone_number_id: otherwise }) => (
        <option key={id} value={id}>
          {name ?? number ?? otherwise}
        </option>
      ))}
    </Select>
  );
}
