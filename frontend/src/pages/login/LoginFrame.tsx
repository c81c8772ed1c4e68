import "./login.css";
import { type ReactNode, useState } from "react";
import { LANGUAGES, type Language, setLanguage, useLanguage, useWords } from "../../lib/language";
import { useStore } from "../../lib/store";
import { setTheme, theme } from "../../lib/theme";
import { IconButton } from "../../ui/Button";
import { Field, Select } from "../../ui/Field";
import { Logo } from "../../ui/Icon";
import { shell } from "../../words/shell";

/** What stands around the door: the box in the middle, language and theme above. */
export function LoginFrame({ children }: { children: ReactNode }): ReactNode {
  return (
    <div className="login">
      <svg className="login-strand" viewBox="0 0 900 900" aria-hidden="true">
        <path d="M-300 690C-60 560 70 700 190 620S170 330 330 330s180 330 380 190S620 130 760 110s90 190-40 190-180-170 60-300 330-90 520-120" />
      </svg>
      <header className="login-top">
        <Preferences />
      </header>
      <main className="login-box">
        <Logo size={44} />
        {children}
      </main>
    </div>
  );
}

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
  const t = useWords(shell);
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

function Preferences(): ReactNode {
  const t = useWords(shell);
  const language = useLanguage();
  const chosen = useStore(theme);
  const isDark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <>
      <Select
        aria-label={t("language")}
        value={language}
        onChange={(event) => setLanguage(event.target.value as Language)}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code}>
            {name}
          </option>
        ))}
      </Select>
      <IconButton
        icon={isDark ? "sun" : "moon"}
        label={t(isDark ? "theme_light" : "theme_dark")}
        onClick={() => setTheme(isDark ? "light" : "dark")}
      />
    </>
  );
}
