import "./login.css";
import { type FormEvent, type ReactNode, useState } from "react";
import { sentenceOf } from "../../api/problem";
import { logIn } from "../../api/session";
import { phoneAddress } from "../../lib/about";
import { LANGUAGES, type Language, setLanguage, useLanguage, useWords } from "../../lib/language";
import { useStore } from "../../lib/store";
import { setTheme, theme } from "../../lib/theme";
import { Button, IconButton } from "../../ui/Button";
import { Field, Select, TextField } from "../../ui/Field";
import { Icon, Logo } from "../../ui/Icon";
import { usePageTitle } from "../../ui/Page";
import { shell } from "../../words/shell";

export function LoginPage({ isEnded }: { isEnded: boolean }): ReactNode {
  const t = useWords(shell);
  usePageTitle(t("sign_in"));
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const [isShown, setIsShown] = useState(false);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(event: FormEvent) {
    event.preventDefault();
    if (isBusy) return;
    setIsBusy(true);
    setError(null);
    try {
      await logIn(username.trim(), password);
    } catch (problem) {
      setError(problem);
      setIsBusy(false);
    }
  }

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
        <h1>{t("sign_in_title")}</h1>
        <p className="soft">{isEnded ? t("ended") : t("sign_in_text")}</p>
        <form className="form" onSubmit={(event) => void submit(event)}>
          <TextField
            label={t("username")}
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            autoFocus
            required
            value={username}
            onChange={(event) => setUsername(event.target.value)}
          />
          <Field label={t("password")}>
            {(ids) => (
              <span className="password">
                <input
                  {...ids}
                  className="input"
                  type={isShown ? "text" : "password"}
                  name="password"
                  autoComplete="current-password"
                  required
                  value={password}
                  onChange={(event) => setPassword(event.target.value)}
                />
                <button type="button" aria-pressed={isShown} onClick={() => setIsShown(!isShown)}>
                  {t(isShown ? "hide_password" : "show_password")}
                </button>
              </span>
            )}
          </Field>
          <div aria-live="polite">
            {error !== null && (
              <p className="form-error">
                <Icon name="alert" />
                {sentenceOf(error)}
              </p>
            )}
          </div>
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
      </main>
    </div>
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
