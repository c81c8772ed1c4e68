import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem, Problem, sentenceOf } from "../../api/problem";
import { useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { FormProblem } from "../../ui/FormProblem";
import { PasswordField } from "../../ui/PasswordField";
import { toast } from "../../ui/Toast";
import { people } from "../../words/people";

export function PasswordForm(): ReactNode {
  const t = useWords(people);
  const client = useQueryClient();
  const { username } = useUser();
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const change = useMutation({
    mutationFn: () => call("POST /api/v1/auth/password", { body: { old_password: old, new_password: next } }),
    onSuccess: () => {
      setOld("");
      setNext("");
      toast(t("password_changed"));
      return client.invalidateQueries({ queryKey: ["user", "sessions"] });
    },
  });

  const isWrong = change.error instanceof Problem && change.error.code === "wrong_password";

  function submit(event: FormEvent) {
    event.preventDefault();
    if (!change.isPending) change.mutate();
  }

  return (
    <form noValidate className="form" onSubmit={submit}>
      <p className="soft">{t("password_text")}</p>
      {/* For password managers, which keep the new one under this name. */}
      <input type="text" autoComplete="username" value={username} readOnly hidden />
      <div className="form-row">
        <PasswordField
          label={t("old_password")}
          kind="current-password"
          value={old}
          error={isWrong ? sentenceOf(change.error) : fieldProblem(change.error, "old_password")}
          onChange={setOld}
        />
        <PasswordField
          label={t("new_password")}
          kind="new-password"
          value={next}
          error={fieldProblem(change.error, "new_password")}
          onChange={setNext}
        />
      </div>
      {!isWrong && <FormProblem error={change.error} />}
      <div className="form-buttons">
        <Button type="submit" isBusy={change.isPending}>
          {t("change_password")}
        </Button>
      </div>
    </form>
  );
}
