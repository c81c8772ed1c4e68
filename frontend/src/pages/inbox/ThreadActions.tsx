// What one does with a conversation as a whole: whose it is, and whether it is dealt with. Both show at once.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { call } from "../../api/call";
import { useListing } from "../../api/queries";
import type { ConversationAnswer } from "../../api/schema";
import { useMay, useUser } from "../../api/session";
import { useWords } from "../../lib/language";
import { useShortcuts } from "../../lib/shortcuts";
import { Avatar } from "../../ui/Avatar";
import { Button } from "../../ui/Button";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { inbox } from "../../words/inbox";

export function ThreadActions({ conversation }: { conversation: ConversationAnswer }): ReactNode {
  const t = useWords(inbox);
  const tc = useWords(common);
  const state = useChange(conversation, (isOpen: boolean) => ({
    expected: { state: isOpen ? "open" : "closed" },
    ask: () =>
      call(`POST /api/v1/conversations/{conversation_id}/${isOpen ? "reopen" : "close"}`, {
        path: { conversation_id: conversation.id },
      }),
  }));
  const isClosed = conversation.state === "closed";

  function turn() {
    state.mutate(isClosed);
    if (!isClosed) toast(t("conversation_closed"), { label: tc("undo"), run: () => state.mutate(true) });
  }
  useShortcuts({ e: turn });

  return (
    <>
      <Assignee conversation={conversation} />
      <Button small icon={isClosed ? "repeat" : "check"} title="e" onClick={turn}>
        {t(isClosed ? "reopen_conversation" : "close_conversation")}
      </Button>
    </>
  );
}

function Assignee({ conversation }: { conversation: ConversationAnswer }): ReactNode {
  const t = useWords(inbox);
  const me = useUser();
  const users = useListing(
    ["user", "list"],
    "GET /api/v1/users",
    { query: { is_active: true, limit: 200 } },
    { enabled: useMay("users:read") },
  );
  const assign = useChange(conversation, (userId: number | null) => ({
    expected: { assignee_id: userId },
    ask: () =>
      call("POST /api/v1/conversations/{conversation_id}/assign", {
        path: { conversation_id: conversation.id },
        body: { user_id: userId },
      }),
  }));
  const others = users.items.filter(({ id }) => id !== me.id);
  const holder = conversation.assignee_id;
  const user = holder === me.id ? me : users.items.find(({ id }) => id === holder);
  const name =
    holder === null ? t("unassigned") : holder === me.id ? t("to_me") : (user?.full_name ?? user?.username ?? "");

  return (
    <Menu
      label={`${t("assignee")}: ${name}`}
      triggerClass="button button-secondary button-small thread-assignee"
      trigger={
        <>
          {user ? <Avatar name={user.full_name ?? user.username} id={user.id} size="sm" /> : <Icon name="person" />}
          <span className="cut">{name}</span>
        </>
      }
      items={[
        { kind: "title", label: t("assignee") },
        { kind: "choice", label: t("to_me"), isChosen: holder === me.id, onPick: () => assign.mutate(me.id) },
        ...others.map((each) => ({
          kind: "choice" as const,
          label: each.full_name ?? each.username,
          isChosen: each.id === holder,
          onPick: () => assign.mutate(each.id),
        })),
        { kind: "line" },
        { kind: "choice", label: t("unassigned"), isChosen: holder === null, onPick: () => assign.mutate(null) },
      ]}
    />
  );
}

/** Shows what is expected at once; the server's word replaces it, and a refusal takes it back. */
function useChange<T>(
  { id }: ConversationAnswer,
  plan: (wanted: T) => { expected: Partial<ConversationAnswer>; ask: () => Promise<ConversationAnswer> },
) {
  const client = useQueryClient();
  const key = ["conversation", id];
  return useMutation({
    mutationFn: (wanted: T) => plan(wanted).ask(),
    onMutate: (wanted) => {
      const before = client.getQueryData<ConversationAnswer>(key);
      if (before) client.setQueryData(key, { ...before, ...plan(wanted).expected });
      return before;
    },
    onSuccess: (answer) => {
      client.setQueryData(key, answer);
      void client.invalidateQueries({ queryKey: ["conversation", "list"] });
    },
    onError: (error, _, before) => {
      if (before) client.setQueryData(key, before);
      toastError(error);
    },
  });
}
