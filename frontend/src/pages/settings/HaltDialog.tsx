import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import type { ChannelAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { settings as words } from "../../words/settings";

export function HaltDialog(props: {
  channelId: number;
  onDone: (answer: ChannelAnswer) => unknown;
  onClose: () => void;
}): ReactNode {
  const t = useWords(words);
  const tc = useWords(common);
  const [reason, setReason] = useState("");
  const halt = useMutation({
    mutationFn: () =>
      call("POST /api/v1/channels/{channel_id}/halt", {
        path: { channel_id: props.channelId },
        body: { reason: reason.trim() || null },
      }),
    onSuccess: props.onDone,
    onError: toastError,
  });
  return (
    <Dialog title={t("halt_title")} onClose={props.onClose}>
      <form
        noValidate
        className="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (!halt.isPending) halt.mutate();
        }}
      >
        <p className="soft">{t("halt_text")}</p>
        <TextField
          label={t("halt_reason")}
          autoComplete="off"
          maxLength={200}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
        <div className="form-buttons">
          <Button onClick={props.onClose}>{tc("cancel")}</Button>
          <Button kind="danger" type="submit" icon="pause" isBusy={halt.isPending}>
            {t("halt")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
