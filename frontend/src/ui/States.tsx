// What stands where there is nothing yet: skeletons while it comes, a sentence when there is none or it cannot come.

import "./states.css";
import { type ReactNode, useEffect, useRef } from "react";
import { Problem, sentenceOf } from "../api/problem";
import { useWords } from "../lib/language";
import { common } from "../words/common";
import { Button, LinkButton } from "./Button";
import { Icon, type IconName } from "./Icon";

export function EmptyState(props: {
  icon: IconName;
  title: string;
  children?: ReactNode;
  action?: ReactNode;
  /** There is nothing else on the page. */
  isPage?: boolean;
}): ReactNode {
  const Heading = props.isPage ? "h1" : "h2";
  return (
    <div className="empty">
      <span className="empty-icon">
        <Icon name={props.icon} />
      </span>
      <Heading className="empty-title">{props.title}</Heading>
      {props.children && <p>{props.children}</p>}
      {props.action && <div className="empty-action">{props.action}</div>}
    </div>
  );
}

export function Failure(props: {
  error: unknown;
  onRetry?: () => void;
  /** There is nothing else on the page, and this leads away from it. */
  back?: Way;
}): ReactNode {
  const t = useWords(common);
  const { error, onRetry, back } = props;
  const Heading = back ? "h1" : "h2";
  if (error instanceof Problem && error.status === 403) return <Refused back={back} />;
  // An address that names nothing that could be (422) leads no further than one whose thing is gone.
  if (back && error instanceof Problem && [404, 422].includes(error.status)) {
    return (
      <EmptyState
        isPage
        icon="search"
        title={error.status === 404 ? sentenceOf(error) : t("gone")}
        action={<Back {...back} />}
      >
        {t("gone_text")}
      </EmptyState>
    );
  }
  return (
    <div className="empty" role="alert">
      <span className="empty-icon empty-bad">
        <Icon name="alert" />
      </span>
      <Heading className="empty-title">{t("failed_title")}</Heading>
      <p>{sentenceOf(error)}</p>
      {onRetry && (
        <div className="empty-action">
          <Button icon="repeat" onClick={onRetry}>
            {t("try_again")}
          </Button>
        </div>
      )}
    </div>
  );
}

/** In the place of what somebody's role does not open; with a way back it is the whole page. */
export function Refused({ back }: { back?: Way | undefined }): ReactNode {
  const t = useWords(common);
  return (
    <EmptyState isPage={back !== undefined} icon="lock" title={t("refused")} action={back && <Back {...back} />}>
      {t("refused_text")}
    </EmptyState>
  );
}

interface Way {
  href: string;
  label: string;
}

function Back({ href, label }: Way): ReactNode {
  return (
    <LinkButton href={href} icon="back">
      {label}
    </LinkButton>
  );
}

/** A grey bar where text will be. */
export function Skeleton({ width = "100%", height = "0.75rem" }: { width?: string; height?: string }): ReactNode {
  return <span className="skeleton" style={{ width, height }} />;
}

export function SkeletonRows({
  rows = 6,
  withAvatar = true,
}: {
  rows?: number | undefined;
  withAvatar?: boolean;
}): ReactNode {
  const t = useWords(common);
  return (
    <div className="skeleton-rows" role="status" aria-label={t("loading")}>
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="skeleton-row">
          {withAvatar && <span className="skeleton skeleton-round" />}
          <span>
            <Skeleton width={`${38 + ((row * 17) % 34)}%`} />
            <Skeleton width={`${58 + ((row * 23) % 36)}%`} height="0.625rem" />
          </span>
        </div>
      ))}
    </div>
  );
}

interface MoreProps {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => unknown;
}

/** At the end of a list: reads on when it comes into view, and can be pressed. */
export function LoadMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: MoreProps): ReactNode {
  const t = useWords(common);
  const mark = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = mark.current;
    if (!element || !hasNextPage) return undefined;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting) && !isFetchingNextPage) fetchNextPage();
      },
      { rootMargin: "400px" },
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (!hasNextPage) return null;
  return (
    <div ref={mark} className="load-more">
      <Button kind="quiet" small isBusy={isFetchingNextPage} onClick={() => fetchNextPage()}>
        {t(isFetchingNextPage ? "loading" : "show_more")}
      </Button>
    </div>
  );
}
