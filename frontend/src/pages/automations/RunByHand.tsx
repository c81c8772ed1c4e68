import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { sentenceOf } from "../../api/problem";
import { useListing } from "../../api/queries";
import type { AutomationAnswer, ContactAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { readablePhone } from "../../lib/phone";
import { useRested } from "../../lib/useNow";
import { Button, IconButton } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SearchField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { EmptyState, SkeletonRows } from "../../ui/States";
import { toast } from "../../ui/Toast";
import { automations } from "../../words/automations";
import { common } from "../../words/common";
import { useReason } from "./useReason";

const TYPING_MILLISECONDS = 200;

/** Starts an automation for people of one's choice, and says who was let in. */
export function RunByHand({ automation, onClose }: { automation: AutomationAnswer; onClose: () => void }): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const client = useQueryClient();
  const reasonOf = useReason();
  const [key, setKey] = useState(newKey);
  const [chosen, setChosen] = useState<readonly ContactAnswer[]>([]);
  const ids = chosen.map(({ id }) => id);
  const run = useMutation({
    mutationFn: () =>
      call("POST /api/v1/automations/{automation_id}/run", {
        path: { automation_id: automation.id },
        body: { contact_ids: ids },
        once: key,
      }),
    onSuccess: (start) => {
      void client.invalidateQueries({ queryKey: ["automation_log"] });
      const refused = Object.entries(start.refused);
      if (refused.length > 0) return;
      toast(t("run_done", { n: start.enrolled }));
      onClose();
    },
    onSettled: () => setKey(newKey()),
  });
  const refused = Object.entries(run.data?.refused ?? {});
  return (
    <Dialog
      title={t("run_title", { name: automation.name })}
      onClose={onClose}
      footer={
        <>
          <Button onClick={onClose}>{tc(run.isSuccess ? "close" : "cancel")}</Button>
          {!run.isSuccess && (
            <Button
              kind="primary"
              icon="play"
              disabled={ids.length === 0}
              isBusy={run.isPending}
              onClick={() => run.mutate()}
            >
              {ids.length === 0 ? t("run_none") : t("run_for", { n: ids.length })}
            </Button>
          )}
        </>
      }
    >
      {run.isSuccess ? (
        <div role="status">
          <p>{t("run_done", { n: run.data.enrolled })}</p>
          <ul className="steps">
            {refused.map(([reason, count]) => (
              <li key={reason}>
                <b>{t("run_refused", { n: count })}</b> <span className="soft">{reasonOf(reason)}</span>
              </li>
            ))}
          </ul>
        </div>
      ) : (
        <div className="form">
          <p className="soft">{t("run_hint")}</p>
          {run.isError && (
            <p className="form-error" role="alert">
              <Icon name="alert" />
              {sentenceOf(run.error)}
            </p>
          )}
          <Picker chosen={chosen} onChange={setChosen} />
        </div>
      )}
    </Dialog>
  );
}

function Picker(props: {
  chosen: readonly ContactAnswer[];
  onChange: (next: readonly ContactAnswer[]) => void;
}): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const { chosen, onChange } = props;
  const [text, setText] = useState("");
  const q = useRested(text.trim(), TYPING_MILLISECONDS);
  const contacts = useListing(
    ["contact", "list", { q, pick: true }],
    "GET /api/v1/contacts",
    { query: { q: q || null, limit: 20 } },
    { keep: true },
  );
  const nameOf = ({ name, phone }: ContactAnswer) => name ?? (phone ? readablePhone(phone) : tc("no_name"));
  const without = (id: number) => chosen.filter((each) => each.id !== id);
  const isChosen = (id: number) => chosen.some((each) => each.id === id);
  return (
    <>
      {chosen.length > 0 && (
        <ul className="tags">
          {chosen.map((contact) => (
            <li key={contact.id} className="tag tag-accent">
              {nameOf(contact)}
              <IconButton
                icon="close"
                label={tc("remove_named", { name: nameOf(contact) })}
                onClick={() => onChange(without(contact.id))}
              />
            </li>
          ))}
        </ul>
      )}
      <SearchField label={t("run_search")} value={text} onChange={(event) => setText(event.target.value)} />
      {contacts.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : contacts.items.length === 0 ? (
        <EmptyState icon="search" title={t("none_found")} />
      ) : (
        <ul className="picker">
          {contacts.items.map((contact) => (
            <li key={contact.id}>
              <label>
                <input
                  type="checkbox"
                  checked={isChosen(contact.id)}
                  onChange={() => onChange(isChosen(contact.id) ? without(contact.id) : [...chosen, contact])}
                />
                <span className="cut">{nameOf(contact)}</span>
                <span className="soft figures">{contact.name && contact.phone && readablePhone(contact.phone)}</span>
              </label>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}
