import type { ReactNode } from "react";
import { useListing } from "../../api/queries";
import type { AuditEntryAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { type Translate, useWords } from "../../lib/language";
import { useParams } from "../../lib/useParams";
import { Button } from "../../ui/Button";
import { Select } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Time } from "../../ui/Time";
import { columns as names } from "../../words/columns";
import { operation } from "../../words/operation";
import { AuditEntry } from "./AuditEntry";
import { differences, fieldText } from "./diff";
import { hrefWith } from "./hrefWith";

const KINDS = [
  "contact",
  "conversation",
  "message",
  "automation",
  "group",
  "field",
  "import",
  "user",
  "api_key",
  "session",
  "channel",
  "settings",
  "alert",
  "webhook_event",
] as const;
const ID_LENGTH = 8;
const FILTERS = ["kind", "who", "from", "to"] as const;

export default function AuditLog(): ReactNode {
  const t = useWords(operation);
  const [params, change] = useParams();
  const [kind, who, from, to] = FILTERS.map((name) => params.get(name));
  const enabled = useMay("users:read");
  const users = useListing(["user", "list", "all"], "GET /api/v1/users", { query: { limit: 200 } }, { enabled });
  const query = {
    subject_kind: kind ?? null,
    actor_id: Number(who) || null,
    from: startOf(from ?? null, 0),
    to: startOf(to ?? null, 1),
  };
  const listing = useListing(["audit_entry", "list", query], "GET /api/v1/audit-log", { query }, { keep: true });
  const isFiltered = FILTERS.some((name) => params.has(name));
  const chosen = listing.items.find((entry) => String(entry.id) === params.get("entry"));
  const clear = () => change(Object.fromEntries(FILTERS.map((name) => [name, null])));

  const nothing = isFiltered ? (
    <EmptyState icon="search" title={t("none_match")} action={<Button onClick={clear}>{t("clear")}</Button>}>
      {t("none_match_text")}
    </EmptyState>
  ) : (
    <EmptyState icon="list" title={t("audit_none")}>
      {t("audit_none_text")}
    </EmptyState>
  );
  return (
    <Page
      title={t("audit")}
      width="full"
      tools={
        <>
          <Select
            aria-label={t("filter_kind")}
            value={kind ?? ""}
            onChange={(event) => change({ kind: event.target.value })}
          >
            <option value="">{t("any_kind")}</option>
            {KINDS.map((each) => (
              <option key={each} value={each}>
                {t(`kind_${each}`)}
              </option>
            ))}
          </Select>
          <Select
            aria-label={t("filter_actor")}
            value={who ?? ""}
            onChange={(event) => change({ who: event.target.value })}
          >
            <option value="">{t("any_actor")}</option>
            {users.items.map((user) => (
              <option key={user.id} value={user.id}>
                {user.full_name ?? user.username}
              </option>
            ))}
          </Select>
          {(["from", "to"] as const).map((name) => (
            <label key={name} className="day">
              <span className="soft">{t(name)}</span>
              <input
                type="date"
                className="input"
                value={params.get(name) ?? ""}
                onChange={(event) => change({ [name]: event.target.value })}
              />
            </label>
          ))}
          {isFiltered && (
            <Button small icon="close" onClick={clear}>
              {t("clear")}
            </Button>
          )}
        </>
      }
    >
      <Listed listing={listing} rows={8} empty={nothing}>
        {(rows) => <EntryTable rows={rows} hrefOf={(row) => hrefWith(params, { entry: String(row.id) })} />}
      </Listed>
      {chosen !== undefined && <AuditEntry entry={chosen} onClose={() => change({ entry: null })} />}
    </Page>
  );
}

function EntryTable(props: {
  rows: readonly AuditEntryAnswer[];
  hrefOf: (row: AuditEntryAnswer) => string;
}): ReactNode {
  const t = useWords(operation);
  const tc = useWords(names);
  const columns: Column<AuditEntryAnswer>[] = [
    {
      title: t("filter_kind"),
      cell: (row) => (
        <span className="who-text">
          <b className="cut">{sayAction(t, row)}</b>
          <small className="cut soft">{row.actor_name}</small>
        </span>
      ),
    },
    {
      title: t("field"),
      from: "medium",
      cell: (row) => (
        <span className="soft cut audit-fields">
          {differences(row.before, row.after)
            .map((each) => fieldText(each.field, tc))
            .join(", ")}
        </span>
      ),
    },
    {
      title: t("received"),
      align: "end",
      isBare: true,
      cell: (row) => (
        <span className="soft figures">
          <Time at={row.at} />
        </span>
      ),
    },
  ];
  return <Table label={t("audit")} rows={props.rows} columns={columns} keyOf={(row) => row.id} hrefOf={props.hrefOf} />;
}

/** "Contact 7 · changed". */
export function sayAction(t: Translate<typeof operation>, entry: AuditEntryAnswer): string {
  const [kind = "", verb = ""] = entry.action.split(".");
  const isOneOfMany = kind !== "settings" && kind !== "session";
  const say = (key: string, plain: string) => (key in operation ? t(key as "kind_user") : plain);
  const id = isOneOfMany ? entry.subject_id?.slice(0, ID_LENGTH) : null; // of a UUID its beginning tells enough
  const subject = [say(`kind_${kind}`, kind), id];
  return `${subject.filter(Boolean).join(" ")} · ${say(`verb_${verb}`, verb)}`;
}

/** Midnight at the reader's place, so many days after a date that they chose. */
function startOf(date: string | null, daysLater: number): string | null {
  const [year, month, day] = (date ?? "").split("-").map(Number);
  if (!year || !month || !day) return null;
  return new Date(year, month - 1, day + daysLater).toISOString();
}
