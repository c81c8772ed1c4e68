// One's own account: the name that others see, the password, and where one is signed in.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../api/call";
import { fieldProblem, Problem, sentenceOf } from "../api/problem";
import { useCall } from "../api/queries";
import { arrive, useUser } from "../api/session";
import { useWords } from "../lib/language";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { Failure, SkeletonRows } from "../ui/States";
import { Tag } from "../ui/Tag";
import { Time } from "../ui/Time";
import { toast, toastError } from "../ui/Toast";
import { account } from "../words/account";
import { common } from "../words/common";

export function Account({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(account);
  return (
    <Dialog title={t("title")} shape="side" onClose={onClose}>
      <div className="account">
        <Name />
        <Password />
        <Devices />
      </div>
    </Dialog>
  );
}

function Name(): ReactNode {
  const t = useWords(account);
  const tc = useWords(common);
  const user = useUser();
  const client = useQueryClient();
  const [name, setName] = useState(user.full_name ?? "");
  const save = useMutation({
    mutationFn: () => call("PATCH /api/v1/auth/me", { body: { full_name: name.trim() || null } }),
    onSuccess: async () => {
      await arrive();
      toast(tc("saved"));
      return client.invalidateQueries({ queryKey: ["user"] });
    },
  });
  const isChanged = name.trim() !== (user.full_name ?? "");
  return (
    <form
      className="form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && !save.isPending) save.mutate();
      }}
    >
      <TextField
        label={t("name")}
        hint={`${user.username} · ${user.email} · ${t(user.role === "admin" ? "role_admin" : "role_user")}`}
        autoComplete="name"
        maxLength={200}
        value={name}
        error={fieldProblem(save.error, "full_name")}
        onChange={(event) => setName(event.target.value)}
      />
      {isChanged && (
        <div className="form-buttons">
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {tc("save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function Password(): ReactNode {
  const t = useWords(account);
  const user = useUser();
  const [before, setBefore] = useState("");
  const [after, setAfter] = useState("");
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: () => call("POST /api/v1/auth/password", { body: { old_password: before, new_password: after } }),
    onSuccess: () => {
      setBefore("");
      setAfter("");
      toast(t("password_changed"));
      return client.invalidateQueries({ queryKey: ["user", "sessions"] });
    },
  });
  const { error } = change;
  const isWrong = error instanceof Problem && error.code === "wrong_password";
  const isWeak = error instanceof Problem && error.code === "weak_password";
  const isElsewhere = error !== null && !isWrong && !isWeak && !fieldProblem(error, "new_password");

  return (
    <form
      className="form"
      onSubmit={(event: FormEvent) => {
        event.preventDefault();
        if (!change.isPending) change.mutate();
      }}
    >
      <h3>{t("password")}</h3>
      <input type="text" name="username" autoComplete="username" value={user.email} readOnly hidden />
      <TextField
        label={t("password_old")}
        type="password"
        autoComplete="current-password"
        required
        value={before}
        error={isWrong ? sentenceOf(error) : undefined}
        onChange={(event) => setBefore(event.target.value)}
      />
      <TextField
        label={t("password_new")}
        hint={t("password_hint")}
        type="password"
        autoComplete="new-password"
        required
        value={after}
        error={isWeak ? sentenceOf(error) : fieldProblem(error, "new_password")}
        onChange={(event) => setAfter(event.target.value)}
      />
      {isElsewhere && (
        <p className="form-error" role="alert">
          <Icon name="alert" />
          {sentenceOf(error)}
        </p>
      )}
      <div className="form-buttons">
        <Button type="submit" isBusy={change.isPending} disabled={before === "" || after === ""}>
          {t("password_change")}
        </Button>
      </div>
    </form>
  );
}

function Devices(): ReactNode {
  const t = useWords(account);
  const client = useQueryClient();
  const sessions = useCall(["user", "sessions"], "GET /api/v1/auth/sessions", {});
  const end = useMutation({
    mutationFn: (id: string) => call("DELETE /api/v1/auth/sessions/{session_id}", { path: { session_id: id } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["user", "sessions"] }),
    onError: toastError,
  });
  return (
    <section className="form">
      <h3>{t("devices")}</h3>
      {sessions.isPending ? (
        <SkeletonRows rows={2} withAvatar={false} />
      ) : sessions.isError ? (
        <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <ul className="devices">
          {sessions.data.items.map((each) => (
            <li key={each.id}>
              <Icon name="screen" />
              <span className="devices-text">
                <span className="cut" title={each.user_agent ?? undefined}>
                  {deviceOf(each.user_agent) ?? t("device_unknown")}
                </span>
                <small className="soft">
                  <Time at={each.last_used_at} />
                </small>
              </span>
              {each.is_current ? (
                <Tag tone="good">{t("device_this")}</Tag>
              ) : (
                <Button small onClick={() => end.mutate(each.id)}>
                  {t("device_end")}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** "Firefox · Windows": what a person recognises of what a browser calls itself. */
export function deviceOf(agent: string | null): string | null {
  if (agent === null) return null;
  const browser = [
    ["Edg/", "Edge"],
    ["OPR/", "Opera"],
    ["Firefox/", "Firefox"],
    ["Chrome/", "Chrome"],
    ["Safari/", "Safari"],
  ].find(([sign]) => agent.includes(sign!))?.[1];
  const system = [
    ["iPhone", "iPhone"],
    ["iPad", "iPad"],
    ["Android", "Android"],
    ["Windows", "Windows"],
    ["Mac OS", "Mac"],
    ["Linux", "Linux"],
  ].find(([sign]) => agent.includes(sign!))?.[1];
  return [browser ?? agent.split(/[ /]/)[0], system].filter(Boolean).join(" · ") || null;
}
