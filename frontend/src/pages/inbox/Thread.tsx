import "./thread.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Fragment, type ReactNode, type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { call } from "../../api/call";
import { useCall, useListing } from "../../api/queries";
import { useMay } from "../../api/session";
import type { ConversationAnswer, MessageAnswer } from "../../api/schema";
import { isSameDay, useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { useShortcuts } from "../../lib/shortcuts";
import { Avatar } from "../../ui/Avatar";
import { Button, IconButton, LinkButton } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { usePageTitle } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { inbox } from "../../words/inbox";
import { Bubble } from "./Bubble";
import { Composer } from "./Composer";
import { Explain } from "./Explain";
import { useOutbox } from "./outbox";
import { isQuotable, quotedId } from "./Quote";
import { ThreadActions } from "./ThreadActions";
import { WaitingBubble } from "./WaitingBubble";

const GROUP_MILLISECONDS = 5 * 60_000; // messages of one side that stand this close belong together
const NEAR_PIXELS = 120;

export function nameOf({ contact }: Pick<ConversationAnswer, "contact">, nobody: string): string {
  return contact.name ?? (contact.phone ? readablePhone(contact.phone) : nobody);
}

interface ThreadProps {
  id: string;
  isPanelOpen: boolean;
  onPanel: () => void;
}

export function Thread({ id, isPanelOpen, onPanel }: ThreadProps): ReactNode {
  const t = useWords(inbox);
  const tc = useWords(common);
  const conversation = useCall(["conversation", id], "GET /api/v1/conversations/{conversation_id}", {
    path: { conversation_id: id },
  });
  const box = useRef<HTMLTextAreaElement>(null);
  const bottom = useRef<HTMLDivElement>(null);
  const [picked, setPicked] = useState<MessageAnswer | null>(null);
  const quoted = picked?.conversation_id === id ? picked : null;
  const mayChange = useMay("conversations:write");
  const maySeeContact = useMay("contacts:read");
  useShortcuts({ r: () => box.current?.focus(), i: onPanel });
  usePageTitle(conversation.data ? nameOf(conversation.data, tc("no_name")) : t("title"));

  if (conversation.isError) {
    const back = { href: "/inbox", label: t("title") };
    return <Failure error={conversation.error} onRetry={() => void conversation.refetch()} back={back} />;
  }
  const name = conversation.data ? nameOf(conversation.data, tc("no_name")) : "";
  return (
    <section className="thread" aria-label={t("thread", { name })} data-fills-phone>
      <header className="thread-head">
        <span className="thread-back">
          <LinkButton href="/inbox" kind="quiet" icon="back">
            <span className="unseen">{tc("back")}</span>
          </LinkButton>
        </span>
        {conversation.data && (
          <>
            <Avatar name={name} id={conversation.data.contact.id} />
            <div className="thread-who">
              <h1 className="cut">{name}</h1>
              {conversation.data.contact.phone && (
                <p className="cut soft figures">{readablePhone(conversation.data.contact.phone)}</p>
              )}
            </div>
            {mayChange && <ThreadActions conversation={conversation.data} />}
            {maySeeContact && (
              <IconButton
                icon="panel"
                label={t("show_contact")}
                keys="i"
                aria-pressed={isPanelOpen}
                onClick={onPanel}
              />
            )}
          </>
        )}
      </header>
      {conversation.data ? (
        <>
          <Messages
            key={id}
            conversation={conversation.data}
            name={name}
            bottom={bottom}
            onReply={(message) => {
              setPicked(message);
              box.current?.focus();
            }}
          />
          <Composer
            key={`${id} composer`}
            conversation={conversation.data}
            name={name}
            quoted={quoted}
            onUnquote={() => setPicked(null)}
            box={box}
            onSent={() => bottom.current?.scrollTo({ top: 0 })}
          />
        </>
      ) : (
        <SkeletonRows rows={5} />
      )}
    </section>
  );
}

interface MessagesProps {
  conversation: ConversationAnswer;
  name: string;
  bottom: RefObject<HTMLDivElement | null>;
  onReply: (message: MessageAnswer) => void;
}

function Messages({ conversation, name, bottom, onReply }: MessagesProps) {
  const t = useWords(inbox);
  const formats = useFormats();
  const client = useQueryClient();
  const [explained, setExplained] = useState<number | null>(null);
  const [isAway, setIsAway] = useState(false);
  const waiting = useOutbox(conversation.id);
  const thread = useListing(
    ["message", "thread", conversation.id],
    "GET /api/v1/conversations/{conversation_id}/messages",
    { path: { conversation_id: conversation.id } },
  );
  // The API gives the newest first; amendments show on their originals.
  const messages = useMemo(
    () => thread.items.filter(({ message_type }) => message_type !== "edit" && message_type !== "revoke").toReversed(),
    [thread.items],
  );
  const byWhatsAppId = useMemo(() => new Map(messages.map((each) => [each.whatsapp_message_id, each])), [messages]);
  const maySend = useMay("messages:send");
  const mayReply = maySend && conversation.window.is_open;
  const unreadFrom = useUnreadMark(conversation, messages);
  useMarkRead(conversation);

  const resend = useMutation({
    mutationFn: (id: number) => call("POST /api/v1/messages/{message_id}/resend", { path: { message_id: id } }),
    onSuccess: () => {
      setExplained(null);
      toast(t("resent"));
      return client.invalidateQueries({ queryKey: ["message"] });
    },
    onError: toastError,
  });
  const quotedOf = (message: MessageAnswer) => {
    const quoted = quotedId(message);
    return quoted === null ? undefined : (byWhatsAppId.get(quoted) ?? null);
  };
  const open = messages.find(({ id }) => id === explained);

  return (
    <div className="thread-room">
      {/* Turned upside down, so that it stays at its end while messages come and earlier ones are read in. */}
      <div
        className="thread-scroll"
        ref={bottom}
        tabIndex={0}
        role="log"
        aria-label={t("thread", { name: "" }).trim()}
        onScroll={(event) => setIsAway(event.currentTarget.scrollTop < -NEAR_PIXELS)}
      >
        <div className="thread-inside">
          {thread.hasNextPage ? (
            <Button kind="quiet" small isBusy={thread.isFetchingNextPage} onClick={() => void thread.fetchNextPage()}>
              {t("older")}
            </Button>
          ) : (
            thread.isSuccess && messages.length > 0 && <p className="thread-note">{t("beginning")}</p>
          )}
          {thread.isPending && <ThreadSkeleton />}
          {thread.isError && <Failure error={thread.error} onRetry={() => void thread.refetch()} />}
          <ol className="thread-messages">
            {messages.map((message, index) => {
              const at = new Date(message.happened_at);
              const before = messages[index - 1];
              const after = messages[index + 1];
              return (
                <Fragment key={message.id}>
                  {(!before || !isSameDay(new Date(before.happened_at), at)) && (
                    <li className="thread-day">
                      <span>{formats.day(at)}</span>
                    </li>
                  )}
                  {message.id === unreadFrom?.id && (
                    <li className="thread-unread">
                      <span>{t("new_messages", { n: unreadFrom.count })}</span>
                    </li>
                  )}
                  <Bubble
                    message={message}
                    isFirst={!before || !areClose(before, message)}
                    isLast={!after || !areClose(message, after)}
                    name={name}
                    quoted={quotedOf(message)}
                    onReply={mayReply && isQuotable(message) ? () => onReply(message) : undefined}
                    onExplain={() => setExplained(message.id)}
                    onResend={maySend ? () => resend.mutate(message.id) : undefined}
                  />
                </Fragment>
              );
            })}
            {waiting.map((each) => (
              <WaitingBubble key={each.key} waiting={each} name={name} />
            ))}
          </ol>
        </div>
      </div>
      {isAway && (
        <button
          type="button"
          className="thread-latest"
          aria-label={t("to_latest")}
          title={t("to_latest")}
          onClick={() => bottom.current?.scrollTo({ top: 0, behavior: "smooth" })}
        >
          <Icon name="down" />
        </button>
      )}
      {open && (
        <Explain
          message={open}
          onResend={maySend ? () => resend.mutate(open.id) : undefined}
          onClose={() => setExplained(null)}
        />
      )}
    </div>
  );
}

function ThreadSkeleton(): ReactNode {
  return (
    <div className="thread-skeleton" aria-hidden="true">
      {[42, 60, 30, 52, 36].map((width, index) => (
        <span
          key={width}
          className="skeleton"
          data-mine={index % 2 === 1 || undefined}
          style={{ width: `${width}%` }}
        />
      ))}
    </div>
  );
}

function areClose(one: MessageAnswer, next: MessageAnswer): boolean {
  const [before, after] = [new Date(one.happened_at), new Date(next.happened_at)];
  return (
    one.direction === next.direction &&
    one.origin === next.origin &&
    isSameDay(before, after) &&
    after.getTime() - before.getTime() < GROUP_MILLISECONDS
  );
}

/** Where what was new began when the thread was opened; it stays there while one reads. */
function useUnreadMark(conversation: ConversationAnswer, messages: readonly MessageAnswer[]) {
  const [atOpening] = useState({ count: conversation.unread, until: conversation.read_until });
  return useMemo(() => {
    if (atOpening.count === 0) return null;
    const first = messages.find(
      ({ direction, happened_at }) =>
        direction === "inbound" && (atOpening.until === null || new Date(happened_at) > new Date(atOpening.until)),
    );
    return first ? { id: first.id, count: atOpening.count } : null;
  }, [atOpening, messages]);
}

/** What is on the screen of somebody who looks has been read. */
function useMarkRead({ id, unread }: ConversationAnswer): void {
  const client = useQueryClient();
  const mayMark = useMay("conversations:write");
  useEffect(() => {
    if (unread === 0 || !mayMark) return undefined;
    function read() {
      if (document.visibilityState !== "visible") return;
      call("POST /api/v1/conversations/{conversation_id}/read", { path: { conversation_id: id } }).then(
        (answer) => {
          client.setQueryData(["conversation", id], answer);
          void client.invalidateQueries({ queryKey: ["conversation", "list"] });
        },
        () => undefined, // the next look tries again
      );
    }
    read();
    document.addEventListener("visibilitychange", read);
    return () => document.removeEventListener("visibilitychange", read);
  }, [id, unread, client, mayMark]);
}
