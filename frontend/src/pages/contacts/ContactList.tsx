import "./contacts.css";
import { type ReactNode, useState } from "react";
import { Link } from "wouter";
import { useListing } from "../../api/queries";
import type { ContactAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { useShortcuts } from "../../lib/shortcuts";
import { useParams, useSearchText } from "../../lib/useParams";
import { Avatar } from "../../ui/Avatar";
import { Button, LinkButton } from "../../ui/Button";
import { SearchField, Segmented, Select } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { common } from "../../words/common";
import { contacts as words } from "../../words/contacts";
import { moving } from "../../words/moving";
import { useGroups } from "./ContactGroups";
import { MoreActions } from "./MoreActions";
import { NewContact } from "./NewContact";

export function ContactList(): ReactNode {
  const t = useWords(words);
  const tm = useWords(moving);
  const address = useParams();
  const [params, change] = address;
  const { text, q, setText } = useSearchText(address);
  const tag = params.get("tag");
  const group = Number(params.get("group")) || null;
  const [isAdding, setIsAdding] = useState(false);
  const mayWrite = useMay("contacts:write");
  const groups = useGroups();
  useShortcuts(mayWrite ? { n: () => setIsAdding(true) } : {});
  const isActive = params.get("show") !== "inactive";

  const filter = { q: q || null, tag, group_id: group, is_active: isActive };
  const listing = useListing(["contact", "list", filter], "GET /api/v1/contacts", { query: filter }, { keep: true });
  const isFiltered = q !== "" || tag !== null || group !== null || !isActive;

  function clear() {
    setText("");
    change({ q: null, tag: null, group: null, show: null });
  }

  const nothing = isFiltered ? (
    <EmptyState icon="search" title={t("none_found")} action={<Button onClick={clear}>{t("clear")}</Button>}>
      {t("none_found_text")}
    </EmptyState>
  ) : (
    <EmptyState
      icon="contacts"
      title={t("none_title")}
      action={
        mayWrite && (
          <>
            <Button kind="primary" icon="plus" onClick={() => setIsAdding(true)}>
              {t("new")}
            </Button>
            <LinkButton href="/contacts/import" icon="upload">
              {tm("import")}
            </LinkButton>
          </>
        )
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
        <>
          <MoreActions filter={filter} isFiltered={isFiltered} />
          {mayWrite && (
            <Button kind="primary" icon="plus" title="n" onClick={() => setIsAdding(true)}>
              {t("new")}
            </Button>
          )}
        </>
      }
      tools={
        <>
          <SearchField
            label={t("search")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onClear={() => setText("")}
          />
          <Segmented
            label={t("show")}
            value={isActive ? "active" : "inactive"}
            options={[
              { value: "active", label: t("active") },
              { value: "inactive", label: t("inactive") },
            ]}
            onChange={(show) => change({ show: show === "active" ? null : show })}
          />
          {groups.items.length > 0 && (
            <Select
              aria-label={t("groups")}
              value={group ?? ""}
              onChange={(event) => change({ group: event.target.value || null })}
            >
              <option value="">{t("any_group")}</option>
              {groups.items.map(({ id, name }) => (
                <option key={id} value={id}>
                  {name}
                </option>
              ))}
            </Select>
          )}
          {tag !== null && (
            <Button small icon="close" onClick={() => change({ tag: null })}>
              {t("tag_filter")}: {tag}
            </Button>
          )}
        </>
      }
    >
      <Listed listing={listing} rows={10} withAvatars empty={nothing}>
        {(rows) => <ContactTable rows={rows} />}
      </Listed>
      {isAdding && <NewContact onClose={() => setIsAdding(false)} />}
    </Page>
  );
}

function ContactTable({ rows }: { rows: readonly ContactAnswer[] }): ReactNode {
  const t = useWords(words);
  const tc = useWords(common);
  const formats = useFormats();
  const columns: Column<ContactAnswer>[] = [
    {
      title: t("name"),
      cell: (row) => (
        <span className="who">
          <Avatar name={row.name ?? row.phone ?? "?"} id={row.id} />
          <span className="who-text">
            <b className="cut">{row.name ?? (row.phone ? readablePhone(row.phone) : tc("no_name"))}</b>
            {row.email && <small className="cut soft">{row.email}</small>}
          </span>
        </span>
      ),
    },
    {
      title: t("phone"),
      from: "medium",
      cell: (row) => <span className="figures">{row.phone && readablePhone(row.phone)}</span>,
    },
    {
      title: t("tags"),
      from: "medium",
      cell: (row) => (
        <span className="tags">
          {row.tags.slice(0, 3).map((tag) => (
            <Link key={tag} className="over tag-link" href={`/contacts?tag=${encodeURIComponent(tag)}`}>
              <Tag>{tag}</Tag>
            </Link>
          ))}
          {row.tags.length > 3 && <Tag>+{row.tags.length - 3}</Tag>}
        </span>
      ),
    },
    { title: t("birthday"), from: "wide", cell: (row) => row.birthday && formats.birthday(row.birthday) },
    {
      title: t("last_contacted"),
      align: "end",
      cell: (row) => (
        <span className="soft figures">{row.last_contacted ? <Time at={row.last_contacted} /> : "–"}</span>
      ),
    },
  ];
  return (
    <Table
      label={t("title")}
      rows={rows}
      columns={columns}
      keyOf={(row) => row.id}
      hrefOf={(row) => `/contacts/${row.id}`}
    />
  );
}
