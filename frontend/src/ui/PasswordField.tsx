import { type ReactNode, useState } from "react";
import { useWords } from "../lib/language";
import { common } from "../words/common";
import { Field } from "./Field";

interface PasswordFieldProps {
  label: string;
  kind: "current-password" | "new-password";
  value: string;
  error?: string | undefined;
  hint?: string;
  onChange: (value: string) => void;
}

/** A password that may be looked at while it is typed. */
export function PasswordField({ label, kind, value, error, hint, onChange }: PasswordFieldProps): ReactNode {
  const t = useWords(common);
  const [isShown, setIsShown] = useState(false);
  return (
    <Field label={label} error={error} hint={hint}>
      {(ids) => (
        <span className="password">
          <input
            {...ids}
            className="input"
            type={isShown ? "text" : "password"}
            name={kind === "new-password" ? "new-password" : "password"}
            autoComplete={kind}
            required
            value={value}
            onChange={(event) => onChange(event.target.value)}
          />
          <button type="button" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
            {t(isShown ? "hide_password" : "show_password")}
          </button>
        </span>
      )}
    </Field>
  );
}
