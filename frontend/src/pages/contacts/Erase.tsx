import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useLocation } from "wouter";
import { call } from "../../api/call";
import { sentenceOf } from "../../api/problem";
import { useWords } from "../../lib/language";
import { allowLeaving } from "../../lib/unsaved";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { TextField } from "../../ui/Field";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toast";
import { common } from "../../words/common";
import { moving } from "../../words/moving";

/** Forgets somebody for good; it says what goes, and is not done by a slip of the hand. */
export function Erase({ id, name, onClose }: { id: number; name: string; onClose: () => void }) {
  const t = useWords(moving);
  const tc = useWords(common);
  const client = useQueryClient();
  const [, go] = useLocation();
  const [typed, setTyped] = useState("");
  const [isMistyped, setIsMistyped] = useState(false);
  const erase = useMutation({
    mutationFn: () => call("POST /api/v1/contacts/{contact_id}/erase", { path: { contact_id: id } }),
    onSuccess: () => {
      toast(t("erased", { name }));
      allowLeaving();
      go("/contacts");
      client.removeQueries({ queryKey: ["contact", id] });
      for (const noun of ["contact", "conversation", "message", "group"]) {
        void client.invalidateQueries({ queryKey: [noun] });
      }
    },
  });

  function submit(event: FormEvent) {
    event.preventDefault();
    const isMeant = typed.trim().toLocaleLowerCase() === name.toLocaleLowerCase();
    setIsMistyped(!isMeant);
    if (isMeant && !erase.isPending) erase.mutate();
  }

  return (
    <Dialog title={t("erase_title", { name })} onClose={onClose}>
      <form noValidate className="form" onSubmit={submit}>
        <p>{t("erase_text")}</p>
        <ul className="erase-list">
          <li>{t("erase_contact")}</li>
          <li>{t("erase_messages")}</li>
          <li>{t("erase_consents")}</li>
        </ul>
        <p className="soft">{t("erase_stays")}</p>
        <TextField
          label={t("erase_type", { name })}
          value={typed}
          autoComplete="off"
          error={isMistyped ? t("erase_mismatch") : undefined}
          onChange={(event) => {
            setTyped(event.target.value);
            setIsMistyped(false);
          }}
        />
        {erase.isError && (
          <p className="form-error" role="alert">
            <Icon name="alert" />
            {sentenceOf(erase.error)}
          </p>
        )}
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="danger" type="submit" icon="trash" isBusy={erase.isPending}>
            {t("erase")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
