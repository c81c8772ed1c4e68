import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { useListing } from "../../api/queries";
import type { ApiKeyAnswer } from "../../api/schema";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useNow } from "../../lib/useNow";
import { Button, IconButton } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Listed } from "../../ui/Listed";
import { Page } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { type Column, Table } from "../../ui/Table";
import { Tag } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { people } from "../../words/people";
import { NewApiKey } from "./NewApiKey";
import { isExpired, sayScope } from "./scopes";

export default function ApiKeys(): ReactNode {
  const t = useWords(people);
  const [isAdding, setIsAdding] = useState(false);
  const [revoking, setRevoking] = useState<ApiKeyAnswer | null>(null);
  const listing = useListing(["api_key", "list"], "GET /api/v1/api-keys", {});
  const add = (
    <Button kind="primary" icon="plus" onClick={() => setIsAdding(true)}>
      {t("new_key")}
    </Button>
  );
  const isEmpty = listing.isSuccess && listing.items.length === 0;

  return (
    <Page title={t("keys")} width="full" actions={isEmpty ? undefined : add}>
      <Listed
        listing={listing}
        rows={3}
        empty={
          <EmptyState icon="key" title={t("keys_none")} action={add}>
            {t("keys_none_text")}
          </EmptyState>
        }
      >
        {(rows) => <KeyTable rows={rows} onRevoke={setRevoking} />}
      </Listed>
      {isAdding && <NewApiKey onClose={() => setIsAdding(false)} />}
      {revoking !== null && <Revoke apiKey={revoking} onClose={() => setRevoking(null)} />}
    </Page>
  );
}

function KeyTable(props: { rows: readonly ApiKeyAnswer[]; onRevoke: (key: ApiKeyAnswer) => void }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const formats = useFormats();
  const now = useNow(60);
  const columns: Column<ApiKeyAnswer>[] = [
    {
      title: t("key_name"),
      cell: (row) => (
        <span className="who-text">
          <b className="cut">{row.name}</b>
          <small className="soft">
            <code>{row.hint}…</code>
          </small>
        </span>
      ),
    },
    {
      title: t("key_scopes"),
      from: "wide",
      cell: (row) => (
        <span className="soft" title={formats.list(row.scopes.map((scope) => sayScope(t, scope)))}>
          {row.scopes.length === 1
            ? sayScope(t, row.scopes[0] as string)
            : t("key_scopes_count", { n: row.scopes.length })}
        </span>
      ),
    },
    {
      title: t("key_expiry"),
      from: "medium",
      cell: (row) => (
        <span className="soft figures">
          {row.expires_at === null ? t("key_never") : formats.date(new Date(row.expires_at), now)}
        </span>
      ),
    },
    {
      title: t("key_used"),
      from: "medium",
      cell: (row) => (
        <span className="soft figures">{row.last_used_at ? <Time at={row.last_used_at} /> : tc("never")}</span>
      ),
    },
    {
      title: t("key_state"),
      cell: (row) =>
        row.revoked_at !== null ? (
          <Tag>{t("key_revoked")}</Tag>
        ) : isExpired(row.expires_at, now) ? (
          <Tag tone="caution">{t("key_expired")}</Tag>
        ) : (
          <Tag tone="good">{t("key_works")}</Tag>
        ),
    },
    {
      title: t("revoke"),
      isBare: true,
      align: "end",
      cell: (row) =>
        row.revoked_at === null && (
          <IconButton icon="trash" label={t("revoke_named", { name: row.name })} onClick={() => props.onRevoke(row)} />
        ),
    },
  ];
  return <Table label={t("keys")} rows={props.rows} columns={columns} keyOf={(row) => row.id} />;
}

function Revoke({ apiKey, onClose }: { apiKey: ApiKeyAnswer; onClose: () => void }): ReactNode {
  const t = useWords(people);
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => call("DELETE /api/v1/api-keys/{api_key_id}", { path: { api_key_id: apiKey.id } }),
    onSuccess: () => {
      toast(t("revoked"));
      onClose();
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["api_key"] }),
    onError: toastError,
  });
  return (
    <Confirm
      title={t("revoke_title", { name: apiKey.name })}
      text={t("revoke_text")}
      action={t("revoke")}
      isBusy={revoke.isPending}
      onConfirm={() => revoke.mutate()}
      onClose={onClose}
    />
  );
}
