import { type FormEvent, type ReactNode, useState } from "react";
import { fieldProblem } from "../../api/problem";
import { logIn } from "../../api/session";
import { phoneAddress } from "../../lib/about";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { Icon } from "../../ui/Icon";
import { usePageTitle } from "../../ui/Page";
import { PasswordField } from "../../ui/PasswordField";
import { fieldProblems } from "../../words/fieldProblems";
import { shell } from "../../words/shell";
import { LoginFrame } from "./LoginFrame";
import { useAttempt } from "./useAttempt";

export function LoginPage({ isEnded }: { isEnded: boolean }): ReactNode {
  const t = useWords(shell);
  const tf = useWords(fieldProblems);
  usePageTitle(t("sign_in"));
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isTried, setIsTried] = useState(false); // with something missing
  const { error, isBusy, submit } = useAttempt(() => logIn(username.trim(), password));

  function signIn(event: FormEvent) {
    const isComplete = username.trim() !== "" && password !== "";
    setIsTried(!isComplete);
    if (isComplete) submit(event);
    else event.preventDefault();
  }

  return (
    <LoginFrame>
      <h1>{t("sign_in_title")}</h1>
      <p className="soft">{isEnded ? t("ended") : t("sign_in_text")}</p>
      <form noValidate className="form" onSubmit={signIn}>
        <TextField
          label={t("username")}
          name="username"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          autoFocus
          required
          value={username}
          error={isTried && username.trim() === "" ? tf("missing") : fieldProblem(error, "username")}
          onChange={(event) => setUsername(event.target.value)}
        />
        <PasswordField
          label={t("password")}
          kind="current-password"
          value={password}
          error={isTried && password === "" ? tf("missing") : fieldProblem(error, "password")}
          onChange={setPassword}
        />
        <FormProblem error={error} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t(isBusy ? "signing_in" : "sign_in")}
        </Button>
      </form>
      {phoneAddress !== null && (
        <footer className="login-foot">
          <p>{t("first_time")}</p>
          <a href={phoneAddress}>
            <Icon name="phone" />
            {t("try_phone")}
          </a>
        </footer>
      )}
    </LoginFrame>
  );
}
