// The way around: a bar at the side, and at the bottom where the page is narrow.

import { type ReactNode, useState } from "react";
import { Link, useLocation } from "wouter";
import { type Area, useAreas } from "../areas";
import { logOut, useMay, useUser } from "../api/session";
import { phoneAddress } from "../lib/about";
import { LANGUAGES, type Language, setLanguage, useLanguage, useWords } from "../lib/language";
import { useStore } from "../lib/store";
import { PHONE, useMedia } from "../lib/useMedia";
import { THEMES, setTheme, theme } from "../lib/theme";
import { Avatar } from "../ui/Avatar";
import { classes } from "../ui/Button";
import { Icon, Logo } from "../ui/Icon";
import { Menu, type MenuItem } from "../ui/Menu";
import { shell } from "../words/shell";
import { Alerts } from "./Alerts";
import { PauseDialog, useIsPaused } from "./Pause";

export function Navigation({ onHelp }: { onHelp: () => void }): ReactNode {
  const t = useWords(shell);
  const [location] = useLocation();
  const user = useUser();
  const areas = useAreas();
  const isPhone = useMedia(PHONE);
  const mayReadAlerts = useMay("alerts:read");

  return (
    <nav className="nav" aria-label={t("navigation")}>
      <div className="nav-brand">
        <Logo />
        <b>Hilo</b>
      </div>
      <ul className="nav-areas">
        {areas.map(({ name, icon, key }) => {
          const isHere = location === `/${name}` || location.startsWith(`/${name}/`);
          return (
            <li key={name}>
              <Link
                href={`/${name}`}
                className={classes("nav-item", isHere && "nav-here")}
                aria-current={isHere ? "page" : undefined}
                title={`${t(name)} (g ${key})`}
              >
                <Icon name={icon} />
                <span>{t(isPhone ? briefOf(name) : name)}</span>
              </Link>
            </li>
          );
        })}
      </ul>
      <div className="nav-foot">
        {phoneAddress !== null && (
          <a className="nav-item nav-phone" href={phoneAddress} target="_blank" rel="noopener" title={t("phone")}>
            <Icon name="phone" />
            <span>{t("phone")}</span>
            <Icon name="outside" />
          </a>
        )}
        {mayReadAlerts && <Alerts />}
        <UserMenu name={user.full_name ?? user.username} email={user.email} id={user.id} onHelp={onHelp} />
      </div>
    </nav>
  );
}

function briefOf(name: Area["name"]): Area["name"] | "inbox_brief" {
  return `${name}_brief` in shell ? (`${name}_brief` as "inbox_brief") : name;
}

function UserMenu(props: { name: string; email: string; id: number; onHelp: () => void }): ReactNode {
  const t = useWords(shell);
  const language = useLanguage();
  const chosen = useStore(theme);
  const mayPause = useMay("system:pause");
  const isPaused = useIsPaused();
  const [isPausing, setIsPausing] = useState(false);
  const [, go] = useLocation();
  const items: MenuItem[] = [
    { kind: "title", label: t("theme") },
    ...THEMES.map((each): MenuItem => ({
      kind: "choice",
      label: t(`theme_${each}`),
      isChosen: each === chosen,
      onPick: () => setTheme(each),
    })),
    { kind: "line" },
    { kind: "title", label: t("language") },
    ...Object.entries(LANGUAGES).map(([code, name]): MenuItem => ({
      kind: "choice",
      label: name,
      isChosen: code === language,
      onPick: () => setLanguage(code as Language),
    })),
    { kind: "line" },
    { label: t("account"), icon: "person", onPick: () => go("/settings/profile") },
    { label: t("shortcuts"), icon: "keyboard", keys: "?", onPick: props.onHelp },
    { kind: "link", label: t("api_docs"), icon: "book", href: "/docs", isOutside: true },
    ...(phoneAddress === null
      ? []
      : [{ kind: "link", label: t("phone"), icon: "phone", href: phoneAddress, isOutside: true } as const]),
    ...(mayPause && !isPaused
      ? [{ label: t("pause_all"), icon: "pause", onPick: () => setIsPausing(true) } as const]
      : []),
    { label: t("log_out"), icon: "leave", onPick: () => void logOut() },
  ];
  return (
    <>
      <Menu
        label={t("you")}
        isNamed
        triggerClass="nav-item nav-user"
        align="start"
        above
        items={items}
        trigger={
          <>
            <Avatar name={props.name} id={props.id} size="sm" />
            <span className="nav-user-text">
              <b className="cut">{props.name}</b>
              <small className="cut">{props.email}</small>
              <span className="unseen">{t("you")}</span>
            </span>
          </>
        }
      />
      {isPausing && <PauseDialog onClose={() => setIsPausing(false)} />}
    </>
  );
}
