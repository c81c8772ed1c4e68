import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { call } from "../../api/call";
import { Problem } from "../../api/problem";
import { useCall } from "../../api/queries";
import { useMay } from "../../api/session";
import type { AutomationAnswer, NewAutomation as Body } from "../../api/schema";
import { useLanguage, useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { allowLeaving, useUnsaved } from "../../lib/unsaved";
import { useParams } from "../../lib/useParams";
import { Button, LinkButton } from "../../ui/Button";
import { Page } from "../../ui/Page";
import { Failure, Refused, SkeletonRows } from "../../ui/States";
import { toast } from "../../ui/Toast";
import { automations } from "../../words/automations";
import { common } from "../../words/common";
import { useKinds } from "./asked";
import { AutomationForm } from "./AutomationForm";
import { bodyOf, type Draft, draftOf, EMPTY } from "./draft";
import type { Kinds } from "./kinds";
import { starter } from "./starters";

export function NewAutomation(): ReactNode {
  const t = useWords(automations);
  const back = { href: "/automations", label: t("title") };
  return useMay("automations:write") ? <Allowed back={back} /> : <Refused back={back} />;
}

function Allowed({ back }: { back: { href: string; label: string } }): ReactNode {
  const t = useWords(automations);
  const [params] = useParams();
  const language = useLanguage();
  const { kinds, error, retry } = useKinds();
  const copied = Number(params.get("copy")) || null;
  const original = useCall(
    ["automation", copied ?? 0],
    "GET /api/v1/automations/{automation_id}",
    { path: { automation_id: copied ?? 0 } },
    { enabled: copied !== null },
  );
  const failure = error ?? original.error;
  if (failure) {
    return <Failure error={failure} onRetry={retry} back={back} />;
  }
  if (!kinds || (copied !== null && !original.data)) return <SkeletonRows withAvatar={false} />;
  const first = original.data
    ? copyOf(original.data, kinds, t("copy_of", { name: original.data.name }))
    : { ...EMPTY, ...starter(params.get("from"), language) };
  return <Form kinds={kinds} first={first} />;
}

/** Off, so that the two do not both answer before somebody has changed one. */
function copyOf(original: AutomationAnswer, kinds: Kinds, name: string): Draft {
  return { ...draftOf(original, kinds), name: name.slice(0, 200), is_active: false };
}

function Form({ kinds, first }: { kinds: Kinds; first: Draft }): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const client = useQueryClient();
  const [, go] = useLocation();
  const [before] = useState(first);
  const [draft, setDraft] = useState(first);
  const [key, setKey] = useState(newKey);
  const create = useMutation({
    mutationFn: () => call("POST /api/v1/automations", { body: bodyOf(draft, kinds) as Body, once: key }),
    onSuccess: (automation) => {
      client.setQueryData(["automation", automation.id], automation);
      void client.invalidateQueries({ queryKey: ["automation", "list"] });
      toast(t("created"));
      allowLeaving();
      go(`/automations/${automation.id}`);
    },
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setKey(newKey()),
  });
  useUnsaved(draft !== before);
  return (
    <Page title={t("new")} width="reading">
      <form
        noValidate
        className="automation-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!create.isPending) create.mutate();
        }}
      >
        <AutomationForm kinds={kinds} draft={draft} error={create.error} onChange={setDraft} />
        <div className="form-buttons">
          <LinkButton href="/automations">{tc("cancel")}</LinkButton>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {tc(create.isPending ? "saving" : "save")}
          </Button>
        </div>
      </form>
    </Page>
  );
}
