import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { Problem } from "../../api/problem";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { FormProblem } from "../../ui/FormProblem";
import { common } from "../../words/common";
import { people } from "../../words/people";
import { Secret } from "./Secret";
import { isOfField, UserFields, type UserDraft } from "./UserFields";

const EMPTY: UserDraft = { full_name: "", username: "", email: "", role: "user" };

export function NewUser({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const client = useQueryClient();
  const [draft, setDraft] = useState(EMPTY);
  const [key, setKey] = useState(newKey);
  const create = useMutation({
    mutationFn: () =>
      call("POST /api/v1/users", { body: { ...draft, full_name: draft.full_name.trim() || null }, once: key }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["user"] }),
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setKey(newKey()),
  });

  if (create.data !== undefined) {
    const name = create.data.full_name ?? create.data.username;
    return (
      <Dialog
        title={t("user_added", { name })}
        onClose={onClose}
        footer={
          <Button kind="primary" onClick={onClose}>
            {t("done")}
          </Button>
        }
      >
        <div className="form">
          <p className="soft">{t("password_once")}</p>
          {create.data.password !== null && <Secret value={create.data.password} label={t("password_of", { name })} />}
        </div>
      </Dialog>
    );
  }

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!create.isPending) create.mutate();
  }

  return (
    <Dialog title={t("new_user")} shape="wide" onClose={onClose}>
      <form noValidate className="form" onSubmit={submit}>
        <p className="soft">{t("new_user_text")}</p>
        <UserFields draft={draft} error={create.error} onChange={setDraft} />
        {!isOfField(create.error) && <FormProblem error={create.error} />}
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {t("add_user")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
