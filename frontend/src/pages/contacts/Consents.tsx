// What somebody agreed to hear from us about. A ledger: saying it anew adds a line, and none is ever changed.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { call } from "../../api/call";
import { useCall } from "../../api/queries";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Segmented } from "../../ui/Field";
import { Failure, SkeletonRows } from "../../ui/States";
import { Time } from "../../ui/Time";
import { toastError } from "../../ui/Toast";
import { contacts } from "../../words/contacts";

type State = "in" | "out";

export function Consents({ contactId }: { contactId: number }): ReactNode {
  const t = useWords(contacts);
  const client = useQueryClient();
  const mayWrite = useMay("contacts:write");
  const key = ["contact", contactId, "consents"] as const;
  const ledger = useCall(key, "GET /api/v1/contacts/{contact_id}/consents", { path: { contact_id: contactId } });
  const say = useMutation({
    mutationFn: ({ category, state }: { category: string; state: State }) =>
      call("POST /api/v1/contacts/{contact_id}/consents", {
        path: { contact_id: contactId },
        body: { category, state },
        once: newKey(),
      }),
    onSuccess: (answer) => {
      client.setQueryData(key, answer);
      void client.invalidateQueries({ queryKey: ["contact", contactId, "timeline"] });
    },
    onError: toastError,
  });
  if (ledger.isPending) return <SkeletonRows rows={2} withAvatar={false} />;
  if (ledger.isError) return <Failure error={ledger.error} onRetry={() => void ledger.refetch()} />;

  const categories = [...new Set(["all", "marketing", ...Object.keys(ledger.data.in_force)])];
  return (
    <div className="consents">
      <ul>
        {categories.map((category) => {
          const state = ledger.data.in_force[category];
          const last = ledger.data.items.find((each) => each.category === category);
          const source = last && `consent_by_${last.source}` in contacts ? last.source : "other";
          const name = nameOf(category, t);
          return (
            <li key={category}>
              <span>
                {name}
                <small className="soft">
                  {last ? (
                    <>
                      <Time at={last.at} /> · {t(`consent_by_${source}` as "consent_by_other")}
                    </>
                  ) : (
                    t("consent_unsaid")
                  )}
                </small>
              </span>
              <Segmented<State | "unsaid">
                label={name}
                value={state ?? "unsaid"}
                options={[
                  { value: "in", label: t("consent_in") },
                  { value: "out", label: t("consent_out") },
                ]}
                disabled={!mayWrite}
                onChange={(next) => next !== "unsaid" && say.mutate({ category, state: next })}
              />
            </li>
          );
        })}
      </ul>
      <p className="field-hint">{t("consent_hint")}</p>
    </div>
  );
}

export function nameOf(category: string, t: (key: "consent_all" | "consent_marketing") => string): string {
  return category === "all" || category === "marketing" ? t(`consent_${category}`) : category;
}
