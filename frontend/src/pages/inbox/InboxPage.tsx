import "./inbox.css";
import { type ReactNode, useState } from "react";
import { useLocation, useRoute } from "wouter";
import type { Query } from "../../api/call";
import { useCall, useListing } from "../../api/queries";
import { useMay, useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { useShortcuts } from "../../lib/shortcuts";
import { recall, remember } from "../../lib/store";
import { useParams, useSearchText } from "../../lib/useParams";
import { classes } from "../../ui/Button";
import { usePageTitle } from "../../ui/Page";
import { EmptyState } from "../../ui/States";
import { inbox } from "../../words/inbox";
import { ContactPanel } from "./ContactPanel";
import { ConversationList, type Filter, FILTERS } from "./ConversationList";
import { Thread } from "./Thread";

const PANEL_KEY = "hilo.panel";
const WIDE_PIXELS = 1280; // where list, thread and contact fit beside one another

const QUERIES: Record<Filter, (me: number) => Query<"GET /api/v1/conversations">> = {
  open: () => ({ state: "open" }),
  unread: () => ({ is_unread: true }),
  mine: (me) => ({ state: "open", assignee_id: me }),
  closed: () => ({ state: "closed" }),
};

export default function InboxPage(): ReactNode {
  const t = useWords(inbox);
  usePageTitle(t("title"));
  const [, match] = useRoute("/inbox/:id");
  const [, go] = useLocation();
  const address = useParams();
  const [params, change] = address;
  const id = match?.id ?? null;
  const filter = FILTERS.find((each) => each === params.get("show")) ?? "open";
  const { text, q, setText } = useSearchText(address);
  const me = useUser();
  const [isPanelOpen, setIsPanelOpen] = useState(() => recall(PANEL_KEY) !== "closed" && innerWidth >= WIDE_PIXELS);
  const hasPanel = useMay("contacts:read") && isPanelOpen && id !== null;
  const listing = useListing(
    ["conversation", "list", { filter, q }],
    "GET /api/v1/conversations",
    { query: { ...QUERIES[filter](me.id), q: q || null } },
    { keep: true },
  );

  function step(by: number) {
    const at = listing.items.findIndex((each) => each.id === id);
    const next = listing.items[at < 0 ? 0 : at + by];
    if (next) go(`/inbox/${next.id}${location.search}`);
  }
  useShortcuts({ j: () => step(1), k: () => step(-1) });

  function showPanel(isOpen: boolean) {
    setIsPanelOpen(isOpen);
    remember(PANEL_KEY, isOpen ? null : "closed");
  }

  return (
    <div className={classes("inbox", id !== null && "inbox-reading", hasPanel && "inbox-panel")}>
      <ConversationList
        listing={listing}
        chosen={id}
        filter={filter}
        q={text}
        onSearch={setText}
        onFilter={(next) => change({ show: next === "open" ? null : next })}
      />
      {id === null ? (
        <div className="inbox-empty">
          {listing.items.length > 0 && (
            <EmptyState icon="inbox" title={t("choose_title")}>
              {t("choose_text")}
            </EmptyState>
          )}
        </div>
      ) : (
        <>
          <Thread id={id} isPanelOpen={hasPanel} onPanel={() => showPanel(!isPanelOpen)} />
          {hasPanel && <PanelOf id={id} onClose={() => showPanel(false)} />}
        </>
      )}
    </div>
  );
}

function PanelOf({ id, onClose }: { id: string; onClose: () => void }): ReactNode {
  const conversation = useCall(["conversation", id], "GET /api/v1/conversations/{conversation_id}", {
    path: { conversation_id: id },
  });
  return conversation.data ? <ContactPanel contactId={conversation.data.contact_id} onClose={onClose} /> : null;
}
