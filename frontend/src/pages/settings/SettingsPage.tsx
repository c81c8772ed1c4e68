// One area with a way around of its own. On a phone that is a page by itself, and a section takes the whole screen.

import "./settings.css";
import { type ReactNode, Suspense } from "react";
import { Link, Redirect, Route, Switch, useLocation } from "wouter";
import { mayOpen, useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { PHONE, useMedia } from "../../lib/useMedia";
import { classes, LinkButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Page } from "../../ui/Page";
import { EmptyState, Refused, SkeletonRows } from "../../ui/States";
import { settings } from "../../words/settings";
import { GROUPS } from "./sections";

export default function SettingsPage(): ReactNode {
  const t = useWords(settings);
  const [location] = useLocation();
  const user = useUser();
  const isPhone = useMedia(PHONE);
  const profile = { href: "/settings/profile", label: t("section_profile") };
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
                {mayOpen(section, user) ? <section.page /> : <Refused back={profile} />}
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
  const user = useUser();
  return (
    <nav className="settings-nav" aria-label={t("title")}>
      {GROUPS.map((group) => {
        const open = group.sections.filter((section) => mayOpen(section, user));
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
