import type { ReactNode } from "react";
import { Link } from "wouter";
import { useCall } from "../../api/queries";
import type { CheckAnswer, SystemAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { say, useLanguage, useWords } from "../../lib/language";
import { Card, Page } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { Tag, type Tone } from "../../ui/Tag";
import { checks } from "../../words/checks";
import { operation } from "../../words/operation";

const SECONDS = 15;
const TONES: Record<CheckAnswer["state"], Tone> = { ok: "good", warning: "caution", failing: "bad" };

export default function System(): ReactNode {
  const t = useWords(operation);
  const system = useCall(["system"], "GET /api/v1/system", {}, { everySeconds: SECONDS });
  return (
    <Page title={t("system")} width="reading">
      {system.isPending ? (
        <SkeletonRows withAvatar={false} />
      ) : system.isError ? (
        <Failure error={system.error} onRetry={() => void system.refetch()} />
      ) : (
        <>
          <Card title={t("checks")}>
            <ul>
              {system.data.checks.map((check) => (
                <li key={check.name} className="settings-row">
                  <div>
                    <CheckName name={check.name} />
                    {check.code !== "well" && ( // no more than the tag beside it says
                      <small>
                        <Found check={check} />
                      </small>
                    )}
                  </div>
                  <Tag tone={TONES[check.state]}>{t(`check_${check.state}`)}</Tag>
                </li>
              ))}
            </ul>
          </Card>
          <Card title={t("versions")}>
            <Versions system={system.data} />
          </Card>
        </>
      )}
    </Page>
  );
}

// Where a person would put it right.
const PLACES: Record<string, string> = {
  paused: "/settings/workspace",
  parked: "/settings/webhooks?state=parked",
  webhooks: "/settings/webhooks",
  numbers: "/settings/numbers",
};

/** A check that these pages do not know yet goes by its own name. */
function CheckName({ name }: { name: string }): ReactNode {
  const t = useWords(operation);
  const key = `check_${name}`;
  const text = key in operation ? t(key as "check_lag") : name;
  const place = PLACES[name];
  return place === undefined ? text : <Link href={place}>{text}</Link>;
}

/** In the reader's language; a finding that these pages do not know yet in the server's. */
function Found({ check }: { check: CheckAnswer }): ReactNode {
  const language = useLanguage();
  const formats = useFormats();
  const { count, seconds } = check.values;
  if (!(check.code in checks)) return check.detail;
  const time = formats.took(Number(seconds ?? 0));
  return say(checks[check.code], language, { ...check.values, n: count ?? 0, time });
}

function Versions({ system }: { system: SystemAnswer }): ReactNode {
  const t = useWords(operation);
  const rows: [string, string][] = [
    [t("version_hilo"), system.version],
    ["Python", system.python],
    ["PostgreSQL", system.postgresql],
    [t("version_schema"), system.schema_revision],
    [t("check_broker"), system.broker ?? t("in_process")],
    [t("mode"), t(system.is_production ? "mode_production" : "mode_development")],
  ];
  return (
    <dl className="facts settings-facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="figures">{value}</dd>
        </div>
      ))}
    </dl>
  );
}
