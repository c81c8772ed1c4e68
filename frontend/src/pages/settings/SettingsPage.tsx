// One area with a way around of its own. On a phone that is a page by itself, and a section takes the whole screen.

import "./settings.css";
import { type ReactNode, Suspense } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { PHONE, useMedia } from "../../lib/useMedia";
import { classes, LinkButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { EmptyState, SkeletonRows } from "../../ui/States";
import { settings } from "../../words/settings";
import { GROUPS, mayOpen } from "./sections";

export default function SettingsPage(): ReactNode {
  const t = useWords(settings);
  const [location] = useLocation();
  const { permissions } = useUser();
  const isPhone = useMedia(PHONE);
  const sections = GROUPS.flatMap((group) => group.sections);

  if (/^\/settings\/?$/.test(location)) return isPhone ? <Contents /> : <Redirect to="/settings/profile" replace />;
  return (
    <div className="settings">
      {!isPhone && <SectionList />}
      <div className="settings-section">
        {isPhone && (
          <LinkButton href="/settings" kind="quiet" small icon="back">
            {t("title")}
          </LinkButton>
        )}
        <Suspense fallback={<SkeletonRows withAvatar={false} />}>
          <Switch>
            {sections.map((section) => (
              <Route key={section.name} path={`/settings/${section.name}`}>
                {mayOpen(section, permissions) ? <section.page /> : <Refused />}
              </Route>
            ))}
            <Route>
              <EmptyState isPage icon="search" title={t("nothing_here")}>
                {t("nothing_here_text")}
              </EmptyState>
            </Route>
          </Switch>
        </Suspense>
      </div>
    </div>
  );
}

/** On a phone: what there is, by itself. */
function Contents(): ReactNode {
  const t = useWords(settings);
  return (
    <Page title={t("title")} width="full">
      <SectionList />
    </Page>
  );
}

function SectionList(): ReactNode {
  const t = useWords(settings);
  const [location] = useLocation();
  const { permissions } = useUser();
  return (
    <nav className="settings-nav" aria-label={t("title")}>
      {GROUPS.map((group) => {
        const open = group.sections.filter((section) => mayOpen(section, permissions));
        if (open.length === 0) return null;
        return (
          <div key={group.name}>
            <p className="settings-group">{t(`group_${group.name}`)}</p>
            <ul>
              {open.map(({ name, icon }) => {
                const isHere = location === `/settings/${name}`;
                return (
                  <li key={name}>
                    <Link
                      href={`/settings/${name}`}
                      className={classes("settings-link", isHere && "settings-here")}
                      aria-current={isHere ? "page" : undefined}
                    >
                      <Icon name={icon} />
                      <span>{t(`section_${name}`)}</span>
                      <Icon name="right" />
                    </Link>
                  </li>
                );
              })}
            </ul>
          </div>
        );
      })}
    </nav>
  );
}

function Refused(): ReactNode {
  const t = useWords(settings);
  return (
    <EmptyState
      isPage
      icon="lock"
      title={t("refused")}
      action={<LinkButton href="/settings/profile">{t("to_profile")}</LinkButton>}
    >
      {t("refused_text")}
    </EmptyState>
  );
}
