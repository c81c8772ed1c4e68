import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { call } from "../../api/call";
import { useCall } from "../../api/queries";
import type { WebhookBodyAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Failure, SkeletonRows } from "../../ui/States";
import { toast, toastError } from "../../ui/Toast";
import { operation } from "../../words/operation";
import { WebhookState } from "./Webhooks";

export function Webhook({ id, onClose }: { id: number; onClose: () => void }): ReactNode {
  const t = useWords(operation);
  const found = useCall(["webhook_event", id], "GET /api/v1/webhook-events/{event_id}", { path: { event_id: id } });
  return (
    <Dialog title={t("webhook", { n: String(id) })} shape="wide" onClose={onClose}>
      {found.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : found.isError ? (
        <Failure error={found.error} />
      ) : (
        <Known event={found.data} />
      )}
    </Dialog>
  );
}

function Known({ event }: { event: WebhookBodyAnswer }): ReactNode {
  const t = useWords(operation);
  const formats = useFormats();
  const client = useQueryClient();
  const mayReplay = useMay("webhook_events:replay");
  const replay = useMutation({
    mutationFn: () => call("POST /api/v1/webhook-events/{event_id}/replay", { path: { event_id: event.id } }),
    onSuccess: () => {
      toast(t("replayed"));
      return client.invalidateQueries({ queryKey: ["webhook_event"] });
    },
    onError: toastError,
  });
  const rows: [string, ReactNode][] = [
    [t("state"), <WebhookState key="state" state={event.state} />],
    [t("received"), formats.moment(new Date(event.received_at))],
    [t("applied"), event.processed_at && formats.moment(new Date(event.processed_at))],
    [t("size"), formats.bytes(event.size)],
    [t("items"), formats.number(event.items_done)],
    [t("attempts"), formats.number(event.attempts)],
    [t("trace"), <code key="trace">{event.trace}</code>],
  ];
  const problems = Object.entries(event.parked);
  return (
    <div className="form">
      <dl className="facts settings-facts">
        {rows
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="figures">{value}</dd>
            </div>
          ))}
      </dl>
      {event.error !== null && problems.length === 0 && <p className="form-error">{event.error}</p>}
      {problems.length > 0 && (
        <section>
          <h3>{t("problem")}</h3>
          <dl className="diff">
            {problems.map(([item, problem]) => (
              <div key={item}>
                <dt>{item === "*" ? t("body_whole") : t("item", { n: item })}</dt>
                <dd className="diff-before">{sayProblem(problem)}</dd>
              </div>
            ))}
          </dl>
        </section>
      )}
      {event.state === "parked" && mayReplay && (
        <div>
          <Button kind="primary" icon="repeat" isBusy={replay.isPending} onClick={() => replay.mutate()}>
            {t("replay")}
          </Button>
        </div>
      )}
      <section>
        <h3>{t("body")}</h3>
        <pre className="body" tabIndex={0} aria-label={t("body")}>
          {event.body_base64 ?? JSON.stringify(event.body, null, 2)}
        </pre>
      </section>
    </div>
  );
}

function sayProblem(problem: unknown): string {
  return typeof problem === "string" ? problem : JSON.stringify(problem);
}
