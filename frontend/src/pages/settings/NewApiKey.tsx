import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem, Problem } from "../../api/problem";
import { useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { SelectField, TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { Icon } from "../../ui/Icon";
import { common } from "../../words/common";
import { fieldProblems } from "../../words/fieldProblems";
import { people } from "../../words/people";
import { EXPIRIES, type Expiry, expiryOf, sayScope } from "./scopes";
import { Secret } from "./Secret";

export function NewApiKey({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(people);
  const tc = useWords(common);
  const tf = useWords(fieldProblems);
  const client = useQueryClient();
  const { permissions } = useUser();
  const [name, setName] = useState("");
  const [expiry, setExpiry] = useState<Expiry>("90");
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [isTried, setIsTried] = useState(false); // what is missing is told from then on
  const [key, setKey] = useState(newKey);
  const create = useMutation({
    mutationFn: () =>
      call("POST /api/v1/api-keys", {
        body: { name: name.trim(), scopes: [...scopes], expires_at: expiryOf(expiry, new Date()) },
        once: key,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["api_key"] }),
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setKey(newKey()),
  });

  const isNameless = name.trim() === "";
  const isScopeless = scopes.length === 0;

  if (create.data !== undefined) return <Made secret={create.data.key} onClose={onClose} />;

  function submit(event: FormEvent) {
    event.preventDefault();
    setIsTried(true);
    if (!isNameless && !isScopeless && !create.isPending) create.mutate();
  }

  function toggle(scope: string) {
    setScopes(scopes.includes(scope) ? scopes.filter((each) => each !== scope) : [...scopes, scope]);
  }

  const scopeProblem = isTried && isScopeless ? t("key_scopes_needed") : fieldProblem(create.error, "scopes");
  return (
    <Dialog title={t("new_key")} shape="wide" onClose={onClose}>
      <form noValidate className="form" onSubmit={submit}>
        <div className="form-row">
          <TextField
            label={t("key_name")}
            hint={t("key_name_hint")}
            required
            autoComplete="off"
            maxLength={200}
            value={name}
            error={isTried && isNameless ? tf("missing") : fieldProblem(create.error, "name")}
            onChange={(event) => setName(event.target.value)}
          />
          <SelectField
            label={t("key_expiry")}
            value={expiry}
            error={fieldProblem(create.error, "expires_at")}
            onChange={(event) => setExpiry(event.target.value as Expiry)}
          >
            {EXPIRIES.map((each) => (
              <option key={each} value={each}>
                {t(each === "never" ? "key_never" : `key_expiry_${each}`)}
              </option>
            ))}
          </SelectField>
        </div>
        <fieldset className="scopes">
          <legend>{t("key_scopes")}</legend>
          <div className="scopes-list">
            {permissions.map((scope) => (
              <label key={scope} className="scope">
                <input type="checkbox" checked={scopes.includes(scope)} onChange={() => toggle(scope)} />
                <span>{sayScope(t, scope)}</span>
              </label>
            ))}
          </div>
          {scopeProblem !== undefined && (
            <p className="field-error" role="alert">
              <Icon name="alert" />
              {scopeProblem}
            </p>
          )}
        </fieldset>
        <FormProblem error={create.error} />
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {t("make_key")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Made({ secret, onClose }: { secret: string | null; onClose: () => void }): ReactNode {
  const t = useWords(people);
  return (
    <Dialog
      title={t("key_made")}
      onClose={onClose}
      footer={
        <Button kind="primary" onClick={onClose}>
          {t("done")}
        </Button>
      }
    >
      <div className="form">
        <p className="soft">{t("key_once")}</p>
        {secret !== null && <Secret value={secret} label={t("key_made")} />}
      </div>
    </Dialog>
  );
}
