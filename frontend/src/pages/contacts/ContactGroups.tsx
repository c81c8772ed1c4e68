import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { sentenceOf } from "../../api/problem";
import { useListing } from "../../api/queries";
import type { ContactAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { contacts } from "../../words/contacts";

export function useGroups() {
  const enabled = useMay("groups:read");
  return useListing(["group", "list"], "GET /api/v1/groups", { query: { limit: 200 } }, { enabled });
}

/** The lists that this contact is on. */
export function ContactGroups({ contact }: { contact: ContactAnswer }): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const client = useQueryClient();
  const [isNaming, setIsNaming] = useState(false);
  const mayWrite = useMay("groups:write");
  const all = useGroups();
  const refresh = () =>
    Promise.all([
      client.invalidateQueries({ queryKey: ["contact", contact.id] }),
      client.invalidateQueries({ queryKey: ["group"] }),
    ]);
  const body = { contact_ids: [contact.id] };
  const add = useMutation({
    mutationFn: (id: number) => call("POST /api/v1/groups/{group_id}/contacts", { path: { group_id: id }, body }),
    onSuccess: refresh,
    onError: toastError,
  });
  const remove = useMutation({
    mutationFn: (id: number) =>
      call("POST /api/v1/groups/{group_id}/contacts/remove", { path: { group_id: id }, body }),
    onSuccess: refresh,
    onError: toastError,
  });
  const others = all.items.filter(({ id }) => !contact.groups.some((group) => group.id === id));

  return (
    <div className="contact-groups">
      {contact.groups.length === 0 ? (
        <p className="faint">{t("group_none")}</p>
      ) : (
        <ul className="tags">
          {contact.groups.map((group) => (
            <li key={group.id} className="tag tag-neutral">
              {group.name}
              {mayWrite && (
                <button
                  type="button"
                  aria-label={tc("remove_named", { name: group.name })}
                  onClick={() => remove.mutate(group.id)}
                >
                  <Icon name="close" />
                </button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayWrite && (
        <Menu
          label={t("group_add")}
          triggerClass="button button-secondary button-small"
          align="start"
          trigger={
            <>
              <Icon name="plus" />
              <span>{t("group_add")}</span>
            </>
          }
          items={[
            ...others.map((group) => ({ label: group.name, onPick: () => add.mutate(group.id) })),
            ...(others.length > 0 ? [{ kind: "line" as const }] : []),
            { label: t("group_new"), icon: "plus" as const, onPick: () => setIsNaming(true) },
          ]}
        />
      )}
      {isNaming && (
        <NewGroup
          onClose={() => setIsNaming(false)}
          onMade={(id) => {
            setIsNaming(false);
            add.mutate(id);
          }}
        />
      )}
    </div>
  );
}

function NewGroup({ onClose, onMade }: { onClose: () => void; onMade: (id: number) => void }): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => call("POST /api/v1/groups", { body: { name: name.trim() }, once: newKey() }),
    onSuccess: (group) => onMade(group.id),
  });
  return (
    <Dialog title={t("group_new")} onClose={onClose}>
      <form
        noValidate
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "" && !create.isPending) create.mutate();
        }}
      >
        <TextField
          label={t("group_name")}
          value={name}
          maxLength={200}
          autoFocus
          autoComplete="off"
          error={create.isError ? sentenceOf(create.error) : undefined}
          onChange={(event) => setName(event.target.value)}
        />
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending} disabled={name.trim() === ""}>
            {tc("add")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
