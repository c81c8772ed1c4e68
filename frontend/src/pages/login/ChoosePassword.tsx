import { type FormEvent, type ReactNode, useState } from "react";
import { fieldProblem, Problem, sentenceOf } from "../../api/problem";
import { choosePassword, logOut } from "../../api/session";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { usePageTitle } from "../../ui/Page";
import { people } from "../../words/people";
import { shell } from "../../words/shell";
import { LoginFrame, PasswordField } from "./LoginFrame";

/** After somebody else has reset the password: a new one comes before all else. */
export function ChoosePassword({ typed }: { typed: string | null }): ReactNode {
  const t = useWords(shell);
  const tp = useWords(people);
  usePageTitle(t("choose_title"));
  const [old, setOld] = useState(typed ?? "");
  const [chosen, setChosen] = useState("");
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const isElsewhere = error !== null && !(error instanceof Problem && error.fields.length > 0);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setError(null);
    try {
      await choosePassword(old, chosen);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  }

  return (
    <LoginFrame>
      <h1>{t("choose_title")}</h1>
      <p className="soft">{t("choose_text")}</p>
      <form noValidate className="form" onSubmit={(event) => void submit(event)}>
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
        <div aria-live="polite">
          {isElsewhere && (
            <p className="form-error">
              <Icon name="alert" />
              {sentenceOf(error)}
            </p>
          )}
        </div>
        <Button kind="primary" type="submit" isBusy={isBusy}>
          {t("choose")}
        </Button>
        <Button onClick={() => void logOut()}>{t("log_out")}</Button>
      </form>
    </LoginFrame>
  );
}
