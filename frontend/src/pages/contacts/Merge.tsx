import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { sentenceOf } from "../../api/problem";
import { useListing } from "../../api/queries";
import type { ContactAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { useRested } from "../../lib/useNow";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SearchField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { EmptyState, Failure, SkeletonRows } from "../../ui/States";
import { toast } from "../../ui/Toast";
import { common } from "../../words/common";
import { moving } from "../../words/moving";

const TYPING_MILLISECONDS = 200;

/** Says who is the same person; the other becomes this contact. */
export function Merge({ contact, name, onClose }: { contact: ContactAnswer; name: string; onClose: () => void }) {
  const t = useWords(moving);
  const tc = useWords(common);
  const client = useQueryClient();
  const [chosen, setChosen] = useState<number | null>(null);
  const merge = useMutation({
    mutationFn: (id: number) =>
      call("POST /api/v1/contacts/{contact_id}/merge", { path: { contact_id: contact.id }, body: { contact_id: id } }),
    onSuccess: (answer) => {
      client.setQueryData(["contact", contact.id], answer);
      toast(t("merged"));
      onClose();
      for (const noun of ["contact", "conversation", "message", "group"]) {
        void client.invalidateQueries({ queryKey: [noun] });
      }
    },
  });
  return (
    <Dialog
      title={t("merge_title", { name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button
            kind="danger"
            icon="merge"
            disabled={chosen === null}
            isBusy={merge.isPending}
            onClick={() => chosen !== null && merge.mutate(chosen)}
          >
            {t(chosen === null ? "merge_choose" : "merge_do")}
          </Button>
        </>
      }
    >
      <div className="form">
        <p className="soft">{t("merge_text", { name })}</p>
        {merge.isError && (
          <p className="form-error" role="alert">
            <Icon name="alert" />
            {sentenceOf(merge.error)}
          </p>
        )}
        <Others of={contact} chosen={chosen} onChoose={setChosen} />
      </div>
    </Dialog>
  );
}

function Others(props: { of: ContactAnswer; chosen: number | null; onChoose: (id: number) => void }): ReactNode {
  const t = useWords(moving);
  const tc = useWords(common);
  const [text, setText] = useState("");
  const q = useRested(text.trim(), TYPING_MILLISECONDS);
  const found = useListing(
    ["contact", "list", { q, merge: true }],
    "GET /api/v1/contacts",
    { query: { q: q || null, limit: 20 } },
    { keep: true },
  );
  const others = found.items.filter(({ id }) => id !== props.of.id);
  return (
    <>
      <SearchField label={t("merge_search")} value={text} onChange={(event) => setText(event.target.value)} />
      {found.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : found.isError ? (
        <Failure error={found.error} onRetry={() => void found.refetch()} />
      ) : others.length === 0 ? (
        <EmptyState icon="search" title={t("merge_nobody")} />
      ) : (
        <ul className="picker">
          {others.map(({ id, name, phone, email }) => (
            <li key={id}>
              <label>
                <input type="radio" name="other" checked={props.chosen === id} onChange={() => props.onChoose(id)} />
                <span className="cut">{name ?? (phone ? readablePhone(phone) : tc("no_name"))}</span>
                <span className="soft figures">{name && phone ? readablePhone(phone) : email}</span>
              </label>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
