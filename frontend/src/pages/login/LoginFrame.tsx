import "./login.css";
import type { ReactNode } from "react";
import { useWords } from "../../lib/language";
import { useStore } from "../../lib/store";
import { setTheme, theme } from "../../lib/theme";
import { IconButton } from "../../ui/Button";
import { Logo } from "../../ui/Icon";
import { LanguageSelect } from "../../ui/LanguageSelect";
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

function Preferences(): ReactNode {
  const t = useWords(shell);
  const chosen = useStore(theme);
  const isDark = chosen === "dark" || (chosen === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
  return (
    <>
      <LanguageSelect />
      <IconButton
        icon={isDark ? "sun" : "moon"}
        label={t(isDark ? "theme_light" : "theme_dark")}
        onClick={() => setTheme(isDark ? "light" : "dark")}
      />
    </>
  );
}
