import { type ReactNode, useState } from "react";
import { useListing } from "../../api/queries";
import type { UserAnswer } from "../../api/schema";
import { useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { useParams, useSearchText } from "../../lib/useParams";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { SearchField, Segmented } from "../../ui/Field";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { common } from "../../words/common";
import { people } from "../../words/people";
import { hrefWith } from "./hrefWith";
import { NewUser } from "./NewUser";
import { UserDialog } from "./UserDialog";

export default function Users(): ReactNode {
  const t = useWords(people);
  const address = useParams();
  const [params, change] = address;
  const { text, q, setText } = useSearchText(address);
  const isActive = params.get("show") !== "inactive";
  const [isAdding, setIsAdding] = useState(false);
  const chosen = Number(params.get("user")) || null;
  const listing = useListing(
    ["user", "list", { q, isActive }],
    "GET /api/v1/users",
    { query: { q: q || null, is_active: isActive } },
    { keep: true },
  );

  return (
    <Page
      title={t("users")}
      width="full"
      actions={
        <Button kind="primary" icon="plus" onClick={() => setIsAdding(true)}>
          {t("new_user")}
        </Button>
      }
      tools={
        <>
          <SearchField
            label={t("search_users")}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onClear={() => setText("")}
          />
          <Segmented
            label={t("which_users")}
            value={isActive ? "active" : "inactive"}
            options={[
              { value: "active", label: t("active") },
              { value: "inactive", label: t("inactive") },
            ]}
            onChange={(show) => change({ show: show === "active" ? null : show })}
          />
        </>
      }
    >
      <Listed
        listing={listing}
        withAvatars
        empty={
          <EmptyState icon="users" title={t("users_none")}>
            {t("users_none_text")}
          </EmptyState>
        }
      >
        {(rows) => <UserTable rows={rows} hrefOf={(user) => hrefWith(params, { user: String(user.id) })} />}
      </Listed>
      {isAdding && <NewUser onClose={() => setIsAdding(false)} />}
      {chosen !== null && <UserDialog key={chosen} id={chosen} onClose={() => change({ user: null })} />}
    </Page>
  );
}

function UserTable(props: { rows: readonly UserAnswer[]; hrefOf: (user: UserAnswer) => string }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const me = useUser();
  const columns: Column<UserAnswer>[] = [
    {
      title: t("full_name"),
      cell: (row) => {
        const name = row.full_name ?? row.username;
        return (
          <span className="who">
            <Avatar name={name} id={row.id} />
            <span className="who-text">
              <b className="cut">
                {name} {row.id === me.id && <Tag>{t("is_you")}</Tag>}
              </b>
              <small className="cut soft">{row.email}</small>
            </span>
          </span>
        );
      },
    },
    { title: t("username"), from: "wide", cell: (row) => row.username },
    {
      title: t("role"),
      cell: (row) => (row.role === "admin" ? <Tag tone="accent">{t("role_admin")}</Tag> : <Tag>{t("role_user")}</Tag>),
    },
    {
      title: t("last_login"),
      from: "medium",
      align: "end",
      cell: (row) => (
        <span className="soft figures">{row.last_login ? <Time at={row.last_login} /> : tc("never")}</span>
      ),
    },
  ];
  return <Table label={t("users")} rows={props.rows} columns={columns} keyOf={(row) => row.id} hrefOf={props.hrefOf} />;
}
