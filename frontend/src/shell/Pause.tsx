// The switch that stops everything, and the banner that says so to everybody.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { call } from "../api/call";
import { useCall } from "../api/queries";
import type { SettingsAnswer } from "../api/schema";
import { useMay } from "../api/session";
import { useWords } from "../lib/language";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { TextField } from "../ui/Field";
import { Icon } from "../ui/Icon";
import { toast, toastError } from "../ui/Toast";
import { common } from "../words/common";
import { shell } from "../words/shell";

export function useIsPaused(): boolean {
  return useSettings()?.is_paused ?? false;
}

function useSettings(): SettingsAnswer | undefined {
  const enabled = useMay("settings:read");
  return useCall(["settings"], "GET /api/v1/settings", {}, { enabled }).data;
}

export function PausedBanner(): ReactNode {
  const t = useWords(shell);
  const client = useQueryClient();
  const mayPause = useMay("system:pause");
  const data = useSettings();
  const resume = useMutation({
    mutationFn: () => call("POST /api/v1/system/resume"),
    onSuccess: (answer) => {
      client.setQueryData(["settings"], answer);
      toast(t("resumed"));
    },
    onError: toastError,
  });
  if (!data?.is_paused) return null;
  return (
    <div className="banner banner-bad" role="status">
      <Icon name="pause" />
      <span className="banner-text">
        <b>{t("paused")}.</b> {data.pause_reason ?? t("paused_text")}
      </span>
      {mayPause && (
        <Button small icon="play" isBusy={resume.isPending} onClick={() => resume.mutate()}>
          {t("resume")}
        </Button>
      )}
    </div>
  );
}

export function PauseDialog({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(shell);
  const tc = useWords(common);
  const client = useQueryClient();
  const [reason, setReason] = useState("");
  const pause = useMutation({
    mutationFn: () => call("POST /api/v1/system/pause", { body: { reason: reason.trim() || null } }),
    onSuccess: (answer) => {
      client.setQueryData(["settings"], answer);
      onClose();
    },
    onError: toastError,
  });
  return (
    <Dialog title={t("pause_title")} onClose={onClose}>
      <form
        noValidate
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          if (!pause.isPending) pause.mutate();
        }}
      >
        <p className="soft">{t("pause_text")}</p>
        <TextField
          label={t("pause_reason")}
          value={reason}
          maxLength={200}
          autoComplete="off"
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="danger" type="submit" icon="pause" isBusy={pause.isPending}>
            {t("pause_all")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
