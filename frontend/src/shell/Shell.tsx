import "./shell.css";
import { type ReactNode, Suspense, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { AREAS, useAreas } from "../areas";
import { reachable } from "../api/call";
import { mayOpen, useUser } from "../api/session";
import { useWords } from "../lib/language";
import { useShortcuts } from "../lib/shortcuts";
import { useStore } from "../lib/store";
import { LinkButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState, Refused, SkeletonRows } from "../ui/States";
import { shell } from "../words/shell";
import { Boundary } from "./Boundary";
import { Leaving } from "./Leaving";
import { Navigation } from "./Navigation";
import { PausedBanner } from "./Pause";
import { ShortcutHelp } from "./ShortcutHelp";

export function Shell(): ReactNode {
  const t = useWords(shell);
  const [location, go] = useLocation();
  const [isHelpOpen, setIsHelpOpen] = useState(false);
  const user = useUser();
  const open = useAreas();
  const home = open[0]?.name ?? "settings";
  useShortcuts({
    "?": () => setIsHelpOpen(true),
    "/": () => document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus(),
    ...Object.fromEntries(open.map(({ key, name }) => [`g ${key}`, () => go(`/${name}`)])),
  });

  return (
    <div className="shell">
      <a className="skip" href="#page">
        {t("skip")}
      </a>
      <Navigation onHelp={() => setIsHelpOpen(true)} />
      <div className="shell-main">
        <Unreachable />
        <PausedBanner />
        <main id="page" tabIndex={-1}>
          <Boundary key={location.split("/")[1]}>
            <Suspense fallback={<SkeletonRows />}>
              <Switch>
                <Route path="/">
                  <Redirect to={`/${home}`} replace />
                </Route>
                {AREAS.map((area) => (
                  <Route key={area.name} path={`/${area.name}/*?`}>
                    {mayOpen(area, user) ? <area.page /> : <Refused back={{ href: `/${home}`, label: t(home) }} />}
                  </Route>
                ))}
                <Route>
                  <EmptyState
                    isPage
                    icon="search"
                    title={t("not_found")}
                    action={<LinkButton href={`/${home}`}>{t(home)}</LinkButton>}
                  >
                    {t("not_found_text")}
                  </EmptyState>
                </Route>
              </Switch>
            </Suspense>
          </Boundary>
        </main>
      </div>
      <Leaving />
      {isHelpOpen && <ShortcutHelp onClose={() => setIsHelpOpen(false)} />}
    </div>
  );
}

function Unreachable(): ReactNode {
  const t = useWords(shell);
  if (useStore(reachable)) return null;
  return (
    <p className="banner banner-caution" role="status">
      <Icon name="alert" />
      {t("unreachable")}
    </p>
  );
}
