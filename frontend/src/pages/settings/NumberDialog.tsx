// One business number: how it fares, what it is called, what it sends with, and whether it sends at all.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { call } from "../../api/call";
import { fieldProblem } from "../../api/problem";
import { useCall } from "../../api/queries";
import type { ChannelAnswer, ChannelPatch } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Button } from "../../ui/Button";
import { Confirm, Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { FormProblem } from "../../ui/FormProblem";
import { Icon } from "../../ui/Icon";
import { Failure, SkeletonRows } from "../../ui/States";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { settings as words } from "../../words/settings";
import { HaltDialog } from "./HaltDialog";
import { ChannelState, nameOf, numberOf, Quality } from "./Numbers";

export function NumberDialog({ id, onClose }: { id: number; onClose: () => void }): ReactNode {
  const t = useWords(words);
  const channel = useCall(["channel", id], "GET /api/v1/channels/{channel_id}", { path: { channel_id: id } });
  const mayManage = useMay("channels:manage");
  return (
    <Dialog title={channel.data ? nameOf(channel.data) : t("number")} shape="side" onClose={onClose}>
      {channel.isPending ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : channel.isError ? (
        <Failure error={channel.error} />
      ) : (
        <div className="side-parts">
          <Facts channel={channel.data} />
          {mayManage && <State channel={channel.data} />}
          {mayManage && channel.data.state !== "unclaimed" && <ChannelForm channel={channel.data} />}
        </div>
      )}
    </Dialog>
  );
}

function Facts({ channel }: { channel: ChannelAnswer }): ReactNode {
  const t = useWords(words);
  const formats = useFormats();
  const rows: [string, ReactNode][] = [
    [t("number_state"), <ChannelState key="state" state={channel.state} />],
    [t("quality"), <Quality key="quality" quality={channel.quality} />],
    [t("number"), numberOf(channel)],
    [t("tier"), channel.tier],
    [t("phone_number_id"), channel.phone_number_id],
    [t("waba_id"), channel.waba_id],
    [t("speed"), formats.number(channel.messages_per_second)],
    [t("since"), formats.date(new Date(channel.created_at))],
  ];
  return (
    <>
      {channel.halt_reason !== null && (
        <p className="note">
          <Icon name="info" />
          {channel.halt_reason}
        </p>
      )}
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
    </>
  );
}

/** Claim, halt, resume: whichever its state allows. */
function State({ channel }: { channel: ChannelAnswer }): ReactNode {
  const t = useWords(words);
  const client = useQueryClient();
  const [asked, setAsked] = useState<"claim" | "halt" | null>(null);
  const path = { channel_id: channel.id };
  const done = (sentence: string) => (answer: ChannelAnswer) => {
    setAsked(null);
    client.setQueryData(["channel", channel.id], answer);
    toast(sentence);
    return client.invalidateQueries({ queryKey: ["channel", "list"] });
  };
  const claim = useMutation({
    mutationFn: () => call("POST /api/v1/channels/{channel_id}/claim", { path, body: {} }),
    onSuccess: done(t("claimed")),
    onError: toastError,
  });
  const resume = useMutation({
    mutationFn: () => call("POST /api/v1/channels/{channel_id}/resume", { path }),
    onSuccess: done(t("resumed")),
    onError: toastError,
  });
  return (
    <div>
      {channel.state === "unclaimed" ? (
        <Button kind="primary" icon="check" onClick={() => setAsked("claim")}>
          {t("claim")}
        </Button>
      ) : channel.state === "halted" ? (
        <Button kind="primary" icon="play" isBusy={resume.isPending} onClick={() => resume.mutate()}>
          {t("resume")}
        </Button>
      ) : (
        <Button icon="pause" onClick={() => setAsked("halt")}>
          {t("halt")}
        </Button>
      )}
      {asked === "claim" && (
        <Confirm
          title={t("claim_title")}
          text={t("claim_text")}
          action={t("claim")}
          kind="primary"
          isBusy={claim.isPending}
          onConfirm={() => claim.mutate()}
          onClose={() => setAsked(null)}
        />
      )}
      {asked === "halt" && (
        <HaltDialog channelId={channel.id} onDone={done(t("halted"))} onClose={() => setAsked(null)} />
      )}
    </div>
  );
}

function ChannelForm({ channel }: { channel: ChannelAnswer }): ReactNode {
  const t = useWords(words);
  const tc = useWords(common);
  const client = useQueryClient();
  const [name, setName] = useState(channel.name ?? "");
  const [speed, setSpeed] = useState(String(channel.messages_per_second));
  const [token, setToken] = useState("");
  const changes: ChannelPatch = {
    ...(name.trim() === (channel.name ?? "") ? {} : { name: name.trim() || null }),
    ...(Number(speed) === channel.messages_per_second ? {} : { messages_per_second: Number(speed) }),
    ...(token === "" ? {} : { token }),
  };
  const isChanged = Object.keys(changes).length > 0;
  const save = useMutation({
    mutationFn: (body: ChannelPatch) =>
      call("PATCH /api/v1/channels/{channel_id}", { path: { channel_id: channel.id }, body }),
    onSuccess: (answer) => {
      setToken("");
      client.setQueryData(["channel", channel.id], answer);
      toast(tc("saved"));
      return client.invalidateQueries({ queryKey: ["channel", "list"] });
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    if (isChanged && !save.isPending) save.mutate(changes);
  }

  return (
    <form noValidate className="form" onSubmit={submit}>
      <TextField
        label={t("number_name")}
        hint={t("number_name_hint")}
        autoComplete="off"
        maxLength={200}
        value={name}
        error={fieldProblem(save.error, "name")}
        onChange={(event) => setName(event.target.value)}
      />
      <TextField
        label={t("speed")}
        hint={t("speed_hint")}
        inputMode="numeric"
        maxLength={4}
        required
        value={speed}
        error={fieldProblem(save.error, "messages_per_second")}
        onChange={(event) => setSpeed(event.target.value.replace(/\D/g, ""))}
      />
      <TextField
        label={t("token")}
        hint={t(channel.has_token ? "token_hint_own" : "token_hint_shared")}
        type="password"
        autoComplete="off"
        maxLength={2000}
        value={token}
        error={fieldProblem(save.error, "token")}
        onChange={(event) => setToken(event.target.value)}
      />
      {channel.has_token && (
        <div>
          <Button small isBusy={save.isPending} onClick={() => save.mutate({ token: null })}>
            {t("token_drop")}
          </Button>
        </div>
      )}
      <FormProblem error={save.error} />
      <div className="form-buttons">
        <Button kind="primary" type="submit" disabled={!isChanged} isBusy={save.isPending}>
          {tc("save")}
        </Button>
      </div>
    </form>
  );
}
