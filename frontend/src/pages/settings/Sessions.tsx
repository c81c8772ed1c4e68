import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { useCall } from "../../api/queries";
import { end } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useNow } from "../../lib/useNow";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Card } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { Tag } from "../../ui/Tag";
import { toastError } from "../../ui/Toast";
import { people } from "../../words/people";
import { browserOf } from "./browser";

export function Sessions(): ReactNode {
  const t = useWords(people);
  const formats = useFormats();
  const now = useNow(30);
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const sessions = useCall(["user", "sessions"], "GET /api/v1/auth/sessions", {});
  const endOne = useMutation({
    mutationFn: (id: string) => call("DELETE /api/v1/auth/sessions/{session_id}", { path: { session_id: id } }),
    onSettled: () => client.invalidateQueries({ queryKey: ["user", "sessions"] }),
    onError: toastError,
  });
  const everywhere = useMutation({
    mutationFn: () => call("POST /api/v1/auth/logout-everywhere"),
    onSuccess: () => end(),
    onError: toastError,
  });

  return (
    <Card
      title={t("sessions")}
      actions={
        <Button small onClick={() => setIsAsking(true)}>
          {t("everywhere")}
        </Button>
      }
    >
      {sessions.isPending ? (
        <SkeletonRows rows={2} withAvatar={false} />
      ) : sessions.isError ? (
        <Failure error={sessions.error} onRetry={() => void sessions.refetch()} />
      ) : (
        <ul>
          {sessions.data.items.map((each) => {
            const name = browserOf(each.user_agent) ?? t("session_unknown");
            return (
              <li key={each.id} className="settings-row">
                <div>
                  {name}
                  <small>{t("session_used", { when: formats.ago(new Date(each.last_used_at), now) })}</small>
                </div>
                {each.is_current ? (
                  <Tag tone="good">{t("session_here")}</Tag>
                ) : (
                  <Button
                    small
                    aria-label={t("session_end_named", { name })}
                    isBusy={endOne.isPending && endOne.variables === each.id}
                    onClick={() => endOne.mutate(each.id)}
                  >
                    {t("session_end")}
                  </Button>
                )}
              </li>
            );
          })}
        </ul>
      )}
      {isAsking && (
        <Confirm
          title={t("everywhere_title")}
          text={t("everywhere_text")}
          action={t("everywhere")}
          isBusy={everywhere.isPending}
          onConfirm={() => everywhere.mutate()}
          onClose={() => setIsAsking(false)}
        />
      )}
    </Card>
  );
}
