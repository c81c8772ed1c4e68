import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useEffect, useState } from "react";
import { useLocation } from "wouter";
import { call } from "../../api/call";
import { Problem } from "../../api/problem";
import { useCall } from "../../api/queries";
import type { AutomationPatch, SavedAutomationAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { allowLeaving, useUnsaved } from "../../lib/unsaved";
import { useParams } from "../../lib/useParams";
import { Button, LinkButton } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { Segmented } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { Menu } from "../../ui/Menu";
import { useArrival, usePageTitle } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { toast, toastError } from "../../ui/Toast";
import { automations } from "../../words/automations";
import { common } from "../../words/common";
import { useKinds, useSwitch } from "./asked";
import { AutomationForm } from "./AutomationForm";
import { Conflicts } from "./Conflicts";
import { changesOf, draftOf, isAdvanced } from "./draft";
import type { Kinds } from "./kinds";
import { Logs } from "./Logs";
import { OnSwitch } from "./OnSwitch";
import { RunByHand } from "./RunByHand";
import { Runs } from "./Runs";

const VIEWS = ["setup", "activity", "runs"] as const;
type View = (typeof VIEWS)[number];

export function AutomationView({ id }: { id: number }): ReactNode {
  const t = useWords(automations);
  const { kinds, error, retry } = useKinds();
  const automation = useCall(["automation", id], "GET /api/v1/automations/{automation_id}", {
    path: { automation_id: id },
  });
  usePageTitle(automation.data?.name ?? t("title"));
  const back = { href: "/automations", label: t("title") };
  if (automation.isError) {
    return <Failure error={automation.error} onRetry={() => void automation.refetch()} back={back} />;
  }
  if (error) return <Failure error={error} onRetry={retry} back={back} />;
  if (!automation.data || !kinds) return <SkeletonRows withAvatar={false} />;
  return <Known automation={automation.data} kinds={kinds} />;
}

function Known({ automation, kinds }: { automation: SavedAutomationAnswer; kinds: Kinds }): ReactNode {
  const t = useWords(automations);
  const heading = useArrival();
  const [params, change] = useParams();
  const [isRunning, setIsRunning] = useState(false);
  const mayFindContacts = useMay("contacts:read");
  const mayRun = useMay("automations:run") && mayFindContacts;
  const mayWrite = useMay("automations:write");
  const view = VIEWS.find((each) => each === params.get("show")) ?? "setup";
  return (
    <div className="page">
      <header className="page-head">
        <div className="automation-back">
          <LinkButton href="/automations" kind="quiet" small icon="back">
            {t("title")}
          </LinkButton>
        </div>
        <div className="page-title">
          <h1 ref={heading} tabIndex={-1} className="automation-heading">
            {automation.name}
          </h1>
          <div className="page-actions automation-actions">
            <OnSwitch automation={automation} />
            {mayRun && (
              <Button
                icon="play"
                disabled={!automation.is_active}
                title={automation.is_active ? undefined : t("is_off")}
                onClick={() => setIsRunning(true)}
              >
                {t("run")}
              </Button>
            )}
            {mayWrite && <MoreActions automation={automation} kinds={kinds} />}
          </div>
        </div>
        <div className="page-tools">
          <Segmented<View>
            label={t("show")}
            value={view}
            options={VIEWS.map((value) => ({ value, label: t(value) }))}
            onChange={(next) => change({ show: next === "setup" ? null : next, status: null, run: null })}
          />
        </div>
      </header>
      {/* What is being changed stays while one looks at what it did. */}
      <div className="page-body automation-setup" hidden={view !== "setup"}>
        <Conflicts conflicts={automation.conflicts} />
        <Setup automation={automation} kinds={kinds} mayWrite={mayWrite} />
      </div>
      {view === "activity" && <Logs automationId={automation.id} />}
      {view === "runs" && <Runs automationId={automation.id} />}
      {isRunning && <RunByHand automation={automation} onClose={() => setIsRunning(false)} />}
    </div>
  );
}

interface SetupProps {
  automation: SavedAutomationAnswer;
  kinds: Kinds;
  mayWrite: boolean;
}

function Setup({ automation, kinds, mayWrite }: SetupProps): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const client = useQueryClient();
  const [before, setBefore] = useState(() => draftOf(automation, kinds));
  const [draft, setDraft] = useState(before);
  const [resets, setResets] = useState(0);
  const changes = changesOf(before, draft, kinds);
  const isChanged = Object.keys(changes).length > 0;
  const save = useMutation({
    mutationFn: () =>
      call("PATCH /api/v1/automations/{automation_id}", {
        path: { automation_id: automation.id },
        body: changes as AutomationPatch,
      }),
    onSuccess: (answer) => {
      setBefore(draft);
      client.setQueryData(["automation", automation.id], answer);
      void client.invalidateQueries({ queryKey: ["automation", "list"] });
      toast(tc("saved"));
    },
  });
  useUnsaved(isChanged);

  function begin() {
    const fresh = draftOf(automation, kinds);
    setBefore(fresh);
    setDraft(fresh);
    setResets(resets + 1); // rows that are being typed live in the fields themselves
    save.reset();
  }
  // What somebody else changed shows at once, unless one is in the middle of a change of one's own.
  useEffect(() => {
    if (!isChanged && Object.keys(changesOf(before, draftOf(automation, kinds), kinds)).length > 0) begin();
  }, [automation]);

  return (
    <form
      noValidate
      className="automation-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (isChanged && !save.isPending) save.mutate();
      }}
    >
      {!mayWrite && <p className="soft">{tc("read_only")}</p>}
      <fieldset className="automation-fields" disabled={!mayWrite}>
        <AutomationForm
          key={resets}
          kinds={kinds}
          draft={draft}
          error={save.error}
          id={automation.id}
          onChange={setDraft}
        />
      </fieldset>
      {isChanged && (
        <div className="save-bar">
          <span>{t("unsaved")}</span>
          <Button onClick={begin}>{t("discard")}</Button>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {tc(save.isPending ? "saving" : "save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function MoreActions({ automation, kinds }: { automation: SavedAutomationAnswer; kinds: Kinds }): ReactNode {
  const t = useWords(automations);
  const tc = useWords(common);
  const client = useQueryClient();
  const [, go] = useLocation();
  const turn = useSwitch();
  const [asking, setAsking] = useState<"delete" | "keep" | null>(null);
  const path = { automation_id: automation.id };
  const remove = useMutation({
    mutationFn: () => call("DELETE /api/v1/automations/{automation_id}", { path }),
    onSuccess: () => {
      toast(t("deleted"));
      allowLeaving();
      go("/automations");
      client.removeQueries({ queryKey: ["automation", automation.id] });
      void client.invalidateQueries({ queryKey: ["automation", "list"] });
    },
    onError: (error) => {
      const hasRun = error instanceof Problem && error.code === "automation_has_history";
      setAsking(hasRun && automation.is_active ? "keep" : null);
      if (!hasRun || !automation.is_active) toastError(error);
    },
  });
  const publish = useMutation({
    mutationFn: () => call("POST /api/v1/automations/{automation_id}/publish", { path }),
    onSuccess: (answer) => {
      client.setQueryData(["automation", automation.id], answer);
      toast(t("published"));
    },
    onError: toastError,
  });
  return (
    <>
      <Menu
        label={t("actions")}
        triggerClass="button button-secondary"
        trigger={<Icon name="more" />}
        items={[
          ...(isAdvanced(draftOf(automation, kinds))
            ? [{ label: t("publish"), icon: "check", onPick: () => publish.mutate() } as const]
            : []),
          { label: t("duplicate"), icon: "plus", onPick: () => go(`/automations/new?copy=${automation.id}`) },
          { label: tc("delete"), icon: "trash", isDanger: true, onPick: () => setAsking("delete") },
        ]}
      />
      {asking === "delete" && (
        <Confirm
          title={t("delete_title", { name: automation.name })}
          text={t("delete_text")}
          action={tc("delete")}
          isBusy={remove.isPending}
          onConfirm={() => remove.mutate()}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "keep" && (
        <Confirm
          title={t("keep_title", { name: automation.name })}
          text={t("keep_text")}
          action={t("switch_off")}
          onConfirm={() => {
            turn.mutate({ id: automation.id, isActive: false });
            setAsking(null);
          }}
          onClose={() => setAsking(null)}
        />
      )}
    </>
  );
}
