import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem } from "../../api/problem";
import { arrive, useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { useStore } from "../../lib/store";
import { setTheme, theme, THEMES } from "../../lib/theme";
import { Button } from "../../ui/Button";
import { Segmented, TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { LanguageSelect } from "../../ui/LanguageSelect";
import { Card, Page } from "../../ui/Page";
import { toast } from "../../ui/Toast";
import { common } from "../../words/common";
import { people } from "../../words/people";
import { shell } from "../../words/shell";
import { PasswordForm } from "./PasswordForm";
import { Sessions } from "./Sessions";

export default function Profile(): ReactNode {
  const t = useWords(people);
  return (
    <Page title={t("profile")} width="reading">
      <Card title={t("about_you")}>
        <AboutYou />
      </Card>
      <Card title={t("this_browser")}>
        <ThisBrowser />
      </Card>
      <Card title={t("password")}>
        <PasswordForm />
      </Card>
      <Sessions />
    </Page>
  );
}

function AboutYou(): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const user = useUser();
  const [name, setName] = useState(user.full_name ?? "");
  const save = useMutation({
    mutationFn: () => call("PATCH /api/v1/auth/me", { body: { full_name: name.trim() || null } }),
    onSuccess: async () => {
      await arrive();
      toast(tc("saved"));
    },
  });
  const isChanged = name.trim() !== (user.full_name ?? "");

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isChanged && !save.isPending) save.mutate();
  }

  return (
    <form noValidate className="form" onSubmit={submit}>
      <TextField
        label={t("full_name")}
        hint={t("full_name_hint")}
        autoComplete="name"
        maxLength={200}
        value={name}
        error={fieldProblem(save.error, "full_name")}
        onChange={(event) => setName(event.target.value)}
      />
      <dl className="facts settings-facts">
        <div>
          <dt>{t("username")}</dt>
          <dd>{user.username}</dd>
        </div>
        <div>
          <dt>{t("email")}</dt>
          <dd>{user.email}</dd>
        </div>
        <div>
          <dt>{t("role")}</dt>
          <dd>{t(user.role === "admin" ? "role_admin" : "role_user")}</dd>
        </div>
      </dl>
      <p className="field-hint">{t("only_admin_changes")}</p>
      <FormProblem error={save.error} />
      {isChanged && (
        <div className="form-buttons">
          <Button onClick={() => setName(user.full_name ?? "")}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {tc("save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function ThisBrowser(): ReactNode {
  const t = useWords(people);
  const ts = useWords(shell);
  const chosen = useStore(theme);
  return (
    <>
      <div className="settings-row">
        <div>
          {t("appearance")}
          <small>{t("appearance_text")}</small>
        </div>
        <Segmented
          label={t("appearance")}
          value={chosen}
          options={THEMES.map((value) => ({ value, label: ts(`theme_${value}`) }))}
          onChange={setTheme}
        />
      </div>
      <div className="settings-row">
        <div>
          {t("language")}
          <small>{t("language_text")}</small>
        </div>
        <LanguageSelect />
      </div>
    </>
  );
}
