import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem } from "../../api/problem";
import { useCall } from "../../api/queries";
import type { SettingsAnswer } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { useUnsaved } from "../../lib/unsaved";
import { PauseDialog } from "../../shell/Pause";
import { Button } from "../../ui/Button";
import { TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { Card, Page } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { TagInput } from "../../ui/Tag";
import { TimeZoneField } from "../../ui/TimeZoneField";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { settings as words } from "../../words/settings";
import { shell } from "../../words/shell";
import { changesOf } from "./changes";

type Draft = Pick<SettingsAnswer, "name" | "time_zone" | "opt_out_words" | "opt_in_words">;

export default function Workspace(): ReactNode {
  const t = useWords(words);
  const workspace = useCall(["settings"], "GET /api/v1/settings", {});
  return (
    <Page title={t("section_workspace")} width="reading">
      {workspace.isPending ? (
        <SkeletonRows withAvatar={false} />
      ) : workspace.isError ? (
        <Failure error={workspace.error} onRetry={() => void workspace.refetch()} />
      ) : (
        <>
          <Switch workspace={workspace.data} />
          <WorkspaceForm workspace={workspace.data} />
        </>
      )}
    </Page>
  );
}

/** The one that stops everything. */
function Switch({ workspace }: { workspace: SettingsAnswer }): ReactNode {
  const t = useWords(words);
  const ts = useWords(shell);
  const formats = useFormats();
  const client = useQueryClient();
  const mayPause = useMay("system:pause");
  const [isAsking, setIsAsking] = useState(false);
  const resume = useMutation({
    mutationFn: () => call("POST /api/v1/system/resume"),
    onSuccess: (answer) => {
      client.setQueryData(["settings"], answer);
      toast(ts("resumed"));
    },
    onError: toastError,
  });
  const { is_paused: isPaused, paused_at: at, pause_reason: reason } = workspace;
  return (
    <Card>
      <div className="settings-row settings-switch">
        <div>
          <h2>{t(isPaused ? "pause_on" : "pause_off")}</h2>
          <small>
            {isPaused && at !== null
              ? t("pause_since", { when: formats.moment(new Date(at)), reason: reason ?? t("pause_no_reason") })
              : t("pause_off_text")}
          </small>
        </div>
        {mayPause &&
          (isPaused ? (
            <Button kind="primary" icon="play" isBusy={resume.isPending} onClick={() => resume.mutate()}>
              {ts("resume")}
            </Button>
          ) : (
            <Button icon="pause" onClick={() => setIsAsking(true)}>
              {t("pause")}
            </Button>
          ))}
      </div>
      {isAsking && <PauseDialog onClose={() => setIsAsking(false)} />}
    </Card>
  );
}

function WorkspaceForm({ workspace }: { workspace: SettingsAnswer }): ReactNode {
  const t = useWords(words);
  const tc = useWords(common);
  const client = useQueryClient();
  const [before, setBefore] = useState<Draft>(() => draftOf(workspace));
  const [draft, setDraft] = useState(before);
  const changes = changesOf(before, draft);
  const isChanged = Object.keys(changes).length > 0;
  useUnsaved(isChanged);
  const set = (some: Partial<Draft>) => setDraft({ ...draft, ...some });

  // What somebody else changed shows at once, unless one is in the middle of a change of one's own.
  useEffect(() => {
    if (isChanged) return;
    setBefore(draftOf(workspace));
    setDraft(draftOf(workspace));
  }, [workspace.updated_at]);

  const save = useMutation({
    mutationFn: () => call("PATCH /api/v1/settings", { body: changes }),
    onSuccess: (answer) => {
      setBefore(draftOf(answer));
      setDraft(draftOf(answer));
      client.setQueryData(["settings"], answer);
      toast(tc("saved"));
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isChanged && !save.isPending) save.mutate();
  }

  return (
    <form noValidate onSubmit={submit} className="settings-form">
      <Card title={t("names")}>
        <div className="form-row">
          <TextField
            label={t("workspace_name")}
            required
            maxLength={200}
            autoComplete="off"
            value={draft.name}
            error={fieldProblem(save.error, "name")}
            onChange={(event) => set({ name: event.target.value })}
          />
          <TimeZoneField
            label={t("time_zone")}
            hint={t("time_zone_hint")}
            required
            value={draft.time_zone}
            error={fieldProblem(save.error, "time_zone")}
            onChange={(event) => set({ time_zone: event.target.value })}
          />
        </div>
      </Card>
      <Card title={t("words")}>
        <div className="form">
          <p className="soft">{t("words_text")}</p>
          <TagInput
            label={t("opt_out_words")}
            hint={t("words_hint")}
            value={draft.opt_out_words}
            error={fieldProblem(save.error, "opt_out_words")}
            onChange={(next) => set({ opt_out_words: next })}
          />
          <TagInput
            label={t("opt_in_words")}
            hint={t("words_hint")}
            value={draft.opt_in_words}
            error={fieldProblem(save.error, "opt_in_words")}
            onChange={(next) => set({ opt_in_words: next })}
          />
        </div>
      </Card>
      <FormProblem error={save.error} />
      {isChanged && (
        <div className="save-bar">
          <span>{t("unsaved")}</span>
          <Button onClick={() => setDraft(before)}>{t("discard")}</Button>
          <Button kind="primary" type="submit" isBusy={save.isPending}>
            {tc(save.isPending ? "saving" : "save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function draftOf(workspace: SettingsAnswer): Draft {
  const { name, time_zone, opt_out_words, opt_in_words } = workspace;
  return { name, time_zone, opt_out_words, opt_in_words };
}
