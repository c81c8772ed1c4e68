import "./shell.css";
import { type ReactNode, Suspense, useState } from "react";
import { Redirect, Route, Switch, useLocation } from "wouter";
import { AREAS } from "../areas";
import { reachable } from "../api/call";
import { useWords } from "../lib/language";
import { useShortcuts } from "../lib/shortcuts";
import { useStore } from "../lib/store";
import { LinkButton } from "../ui/Button";
import { Icon } from "../ui/Icon";
import { EmptyState, SkeletonRows } from "../ui/States";
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
  useShortcuts({
    "?": () => setIsHelpOpen(true),
    "/": () => document.querySelector<HTMLInputElement>('main input[type="search"]')?.focus(),
    ...Object.fromEntries(AREAS.map(({ key, name }) => [`g ${key}`, () => go(`/${name}`)])),
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
                  <Redirect to="/inbox" replace />
                </Route>
                {AREAS.map(({ name, page: Page }) => (
                  <Route key={name} path={`/${name}/*?`}>
                    <Page />
                  </Route>
                ))}
                <Route>
                  <EmptyState
                    isPage
                    icon="search"
                    title={t("not_found")}
                    action={<LinkButton href="/inbox">{t("to_inbox")}</LinkButton>}
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
