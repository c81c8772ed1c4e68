import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import type { Listing } from "../../api/queries";
import type { ConversationAnswer } from "../../api/schema";
import { phoneAddress } from "../../lib/about";
import { useWords } from "../../lib/language";
import { Avatar } from "../../ui/Avatar";
import { Button, classes } from "../../ui/Button";
import { SearchField, Segmented } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { EmptyState, Failure, LoadMore, SkeletonRows } from "../../ui/States";
import { Count } from "../../ui/Tag";
import { Time } from "../../ui/Time";
import { common } from "../../words/common";
import { inbox } from "../../words/inbox";
import { plain } from "./markup";
import { nameOf } from "./Thread";

export const FILTERS = ["open", "unread", "mine", "closed"] as const;
export type Filter = (typeof FILTERS)[number];

interface ListProps {
  listing: Listing<ConversationAnswer>;
  chosen: string | null;
  filter: Filter;
  q: string;
  onFilter: (next: Filter) => void;
  onSearch: (next: string) => void;
}

export function ConversationList({ listing, chosen, filter, q, onFilter, onSearch }: ListProps): ReactNode {
  const t = useWords(inbox);
  return (
    <section className="list" aria-label={t("title")}>
      <header className="list-head">
        <h1>{t("title")}</h1>
        <SearchField
          label={t("search")}
          value={q}
          onChange={(event) => onSearch(event.target.value)}
          onClear={() => onSearch("")}
        />
        <Segmented
          label={t("which")}
          value={filter}
          options={FILTERS.map((value) => ({ value, label: t(value) }))}
          onChange={onFilter}
        />
      </header>
      <div className="list-body">
        {listing.isPending ? (
          <SkeletonRows rows={8} />
        ) : listing.isError ? (
          <Failure error={listing.error} onRetry={() => void listing.refetch()} />
        ) : listing.items.length === 0 ? (
          <Nothing filter={filter} isSearched={q !== ""} onClear={() => onSearch("")} />
        ) : (
          <ul>
            {listing.items.map((each) => (
              <Row key={each.id} conversation={each} isChosen={each.id === chosen} search={location.search} />
            ))}
          </ul>
        )}
        <LoadMore {...listing} />
      </div>
    </section>
  );
}

function Row(props: { conversation: ConversationAnswer; isChosen: boolean; search: string }): ReactNode {
  const { conversation, isChosen, search } = props;
  const t = useWords(inbox);
  const tc = useWords(common);
  const link = useRef<HTMLAnchorElement>(null);
  const last = conversation.last_message;
  const name = nameOf(conversation, tc("no_name"));
  const said = last?.text ? plain(last.text) : t("nothing_said");

  useEffect(() => {
    if (isChosen) link.current?.scrollIntoView({ block: "nearest" });
  }, [isChosen]);

  return (
    <li>
      <Link
        ref={link}
        href={`/inbox/${conversation.id}${search}`}
        className={classes("list-row", isChosen && "list-chosen", conversation.unread > 0 && "list-new")}
        aria-current={isChosen ? "true" : undefined}
      >
        <Avatar name={name} id={conversation.contact.id} />
        <span className="list-text">
          <span className="list-line">
            <b className="cut">{name}</b>
            {last && (
              <span className="list-time figures">
                <Time at={last.at} as="brief" />
              </span>
            )}
          </span>
          <span className="list-line">
            <span className="list-said cut">
              {last?.direction === "outbound" ? t("you_wrote", { text: said }) : said}
            </span>
            <Count value={conversation.unread} label={t("unread_count", { n: conversation.unread })} />
          </span>
        </span>
      </Link>
    </li>
  );
}

function Nothing(props: { filter: Filter; isSearched: boolean; onClear: () => void }): ReactNode {
  const t = useWords(inbox);
  if (props.isSearched) {
    return (
      <EmptyState
        icon="search"
        title={t("none_found_title")}
        action={<Button onClick={props.onClear}>{t("clear_search")}</Button>}
      >
        {t("none_found_text")}
      </EmptyState>
    );
  }
  if (props.filter !== "open") {
    return (
      <EmptyState icon="inbox" title={t(`none_${props.filter}_title`)}>
        {t(`none_${props.filter}_text`)}
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon="inbox"
      title={t("none_title")}
      action={
        phoneAddress !== null && (
          <a className="button button-primary" href={phoneAddress} target="_blank" rel="noopener">
            <Icon name="phone" />
            <span>{t("none_phone")}</span>
          </a>
        )
      }
    >
      {t("none_text")}
    </EmptyState>
  );
}
