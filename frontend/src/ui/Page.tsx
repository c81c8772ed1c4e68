// What every page stands in: its name at the top, which takes the focus when one arrives, and room to scroll.

import "./page.css";
import { type ReactNode, useEffect, useRef } from "react";
import { classes } from "./Button";

interface PageProps {
  title: string;
  /** Beside the title: what one does here most. */
  actions?: ReactNode;
  /** Below it: search, filters, tabs. */
  tools?: ReactNode;
  /** "reading" keeps lines short; "full" leaves the inside to its own layout. */
  width?: "wide" | "reading" | "full";
  children: ReactNode;
}

export function Page({ title, actions, tools, width = "wide", children }: PageProps): ReactNode {
  usePageTitle(title);
  const heading = useArrival();
  return (
    <div className={classes("page", `page-${width}`)}>
      <header className="page-head">
        <div className="page-title">
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {actions && <div className="page-actions">{actions}</div>}
        </div>
        {tools && <div className="page-tools">{tools}</div>}
      </header>
      <div className="page-body">{children}</div>
    </div>
  );
}

/** The browser's tab carries the name of the page. */
export function usePageTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Hilo`;
  }, [title]);
}

/** For the heading of a page: it takes the focus on arrival, so that a screen reader begins there. */
export function useArrival() {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}

/** A bordered box with a heading of its own. */
export function Card(props: {
  title?: string;
  actions?: ReactNode;
  isFlush?: boolean;
  children: ReactNode;
}): ReactNode {
  return (
    <section className={classes("card", props.isFlush && "card-flush")}>
      {props.title !== undefined && (
        <header className="card-head">
          <h2>{props.title}</h2>
          {props.actions}
        </header>
      )}
      {props.children}
    </section>
  );
}
