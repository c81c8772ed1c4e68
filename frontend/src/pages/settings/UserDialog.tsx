// One user: what an admin may change, and what they may do to the account.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { useCall } from "../../api/queries";
import type { Role, UserAnswer, UserPatch } from "../../api/schema";
import { arrive, useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Confirm, Dialog } from "../../ui/Dialog";
import { FormProblem } from "../../ui/FormProblem";
import { Failure, SkeletonRows } from "../../ui/States";
import { Tag } from "../../ui/Tag";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { people } from "../../words/people";
import { changesOf } from "./changes";
import { Secret } from "./Secret";
import { UserFields, type UserDraft, isOfField } from "./UserFields";

export function UserDialog({ id, onClose }: { id: number; onClose: () => void }): ReactNode {
  const t = useWords(people);
  const user = useCall(["user", id], "GET /api/v1/users/{user_id}", { path: { user_id: id } });
  return (
    <Dialog title={user.data?.full_name ?? user.data?.username ?? t("user")} shape="side" onClose={onClose}>
      {user.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : user.isError ? (
        <Failure error={user.error} />
      ) : (
        <Known user={user.data} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Known({ user, onClose }: { user: UserAnswer; onClose: () => void }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const me = useUser();
  const client = useQueryClient();
  const [before, setBefore] = useState(() => draftOf(user));
  const [draft, setDraft] = useState(before);
  const changes = changesOf(before, draft);
  const isChanged = Object.keys(changes).length > 0;
  const save = useMutation({
    mutationFn: (body: UserPatch) => call("PATCH /api/v1/users/{user_id}", { path: { user_id: user.id }, body }),
    onSuccess: async (answer) => {
      client.setQueryData(["user", user.id], answer);
      setBefore(draftOf(answer));
      setDraft(draftOf(answer));
      toast(tc("saved"));
      if (user.id === me.id) await arrive(); // one's own rights may be others now
      await client.invalidateQueries({ queryKey: ["user", "list"] });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!isChanged || save.isPending) return;
    const { full_name, ...rest } = changes;
    save.mutate(full_name === undefined ? rest : { ...rest, full_name: full_name.trim() || null });
  }

  return (
    <div className="user-dialog">
      {!user.is_active && (
        <p>
          <Tag tone="caution">{t("inactive")}</Tag>
        </p>
      )}
      <form noValidate className="form" onSubmit={submit}>
        <UserFields draft={draft} error={save.error} onChange={setDraft} />
        {!isOfField(save.error) && <FormProblem error={save.error} />}
        <div className="form-buttons">
          <Button kind="primary" type="submit" disabled={!isChanged} isBusy={save.isPending}>
            {tc("save")}
          </Button>
        </div>
      </form>
      <Account user={user} onSave={save.mutate} onClose={onClose} />
    </div>
  );
}

type Asked = "deactivate" | "reset" | "delete";

function Account(props: { user: UserAnswer; onSave: (body: UserPatch) => void; onClose: () => void }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const { user } = props;
  const me = useUser();
  const client = useQueryClient();
  const [asked, setAsked] = useState<Asked | null>(null);
  const name = user.full_name ?? user.username;
  const path = { user_id: user.id };
  const reset = useMutation({
    mutationFn: () => call("POST /api/v1/users/{user_id}/reset-password", { path, body: {} }),
    onSuccess: () => setAsked(null),
    onError: toastError,
  });
  const signOut = useMutation({
    mutationFn: () => call("POST /api/v1/users/{user_id}/logout-everywhere", { path }),
    onSuccess: () => toast(t("signed_out")),
    onError: toastError,
  });
  const remove = useMutation({
    mutationFn: () => call("DELETE /api/v1/users/{user_id}", { path }),
    onSuccess: () => {
      toast(t("deleted"));
      props.onClose();
      return client.invalidateQueries({ queryKey: ["user", "list"] });
    },
    onError: (error) => {
      setAsked(null);
      toastError(error);
    },
  });

  return (
    <section className="user-account">
      {reset.data?.password && (
        <div className="form">
          <p className="soft">{t("password_once")}</p>
          <Secret value={reset.data.password} label={t("password_of", { name })} />
        </div>
      )}
      {user.role === "admin" && <p className="field-hint">{t("last_admin_hint")}</p>}
      <div className="user-actions">
        {user.id !== me.id && (
          <>
            <Button small icon="key" onClick={() => setAsked("reset")}>
              {t("reset_password")}
            </Button>
            <Button small icon="leave" isBusy={signOut.isPending} onClick={() => signOut.mutate()}>
              {t("sign_out_user")}
            </Button>
          </>
        )}
        {user.is_active ? (
          <Button small icon="lock" onClick={() => setAsked("deactivate")}>
            {t("deactivate")}
          </Button>
        ) : (
          <Button small icon="repeat" onClick={() => props.onSave({ is_active: true })}>
            {t("reactivate")}
          </Button>
        )}
        {user.id !== me.id && (
          <Button small icon="trash" onClick={() => setAsked("delete")}>
            {tc("delete")}
          </Button>
        )}
      </div>
      {asked === "deactivate" && (
        <Confirm
          title={t("deactivate_title", { name })}
          text={t("deactivate_text")}
          action={t("deactivate")}
          onConfirm={() => {
            setAsked(null);
            props.onSave({ is_active: false });
          }}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "reset" && (
        <Confirm
          title={t("reset_title", { name })}
          text={t("reset_text")}
          action={t("reset_password")}
          kind="primary"
          isBusy={reset.isPending}
          onConfirm={() => reset.mutate()}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "delete" && (
        <Confirm
          title={t("delete_title", { name })}
          text={t("delete_text")}
          action={tc("delete")}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsked(null)}
        />
      )}
    </section>
  );
}

function draftOf(user: UserAnswer): UserDraft {
  return {
    full_name: user.full_name ?? "",
    username: user.username,
    email: user.email,
    role: user.role as Role,
  };
}
