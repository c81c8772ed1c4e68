import { type ReactNode, useState } from "react";
import { fieldProblem } from "../../api/problem";
import { choosePassword, logOut } from "../../api/session";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { FormProblem } from "../../ui/FormProblem";
import { usePageTitle } from "../../ui/Page";
import { PasswordField } from "../../ui/PasswordField";
import { people } from "../../words/people";
import { shell } from "../../words/shell";
import { LoginFrame } from "./LoginFrame";
import { useAttempt } from "./useAttempt";

/** After somebody else has reset the password: a new one comes before all else. */
export function ChoosePassword({ typed }: { typed: string | null }): ReactNode {
  const t = useWords(shell);
  const tp = useWords(people);
  usePageTitle(t("choose_title"));
  const [old, setOld] = useState(typed ?? "");
  const [chosen, setChosen] = useState("");
  const { error, isBusy, submit } = useAttempt(() => choosePassword(old, chosen));

  return (
    <LoginFrame>
      <h1>{t("choose_title")}</h1>
      <p className="soft">{t("choose_text")}</p>
      <form noValidate className="form" onSubmit={submit}>
        {(typed === null || fieldProblem(error, "old_password") !== undefined) && (
          <PasswordField
            label={tp("old_password")}
            kind="current-password"
            value={old}
            error={fieldProblem(error, "old_password")}
            onChange={setOld}
          />
        )}
        <PasswordField
          label={tp("new_password")}
          kind="new-password"
          value={chosen}
          hint={t("choose_hint")}
          error={fieldProblem(error, "new_password")}
          onChange={setChosen}
        />
        <FormProblem error={error} />
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("choose")}
        </Button>
        <Button onClick={() => void logOut()}>{t("log_out")}</Button>
      </form>
    </LoginFrame>
  );
}
