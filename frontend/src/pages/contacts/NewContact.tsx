import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { useLocation } from "wouter";
import { call } from "../../api/call";
import { Problem, sentenceOf } from "../../api/problem";
import { useWords } from "../../lib/language";
import { newKey } from "../../lib/once";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Icon } from "../../ui/Icon";
import { toast } from "../../ui/Toast";
import { common } from "../../words/common";
import { contacts } from "../../words/contacts";
import { ContactForm, isAboutPhone } from "./ContactForm";
import { changesOf, EMPTY } from "./form";

export function NewContact({ onClose }: { onClose: () => void }): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const client = useQueryClient();
  const [, go] = useLocation();
  const [draft, setDraft] = useState(EMPTY);
  const [key, setKey] = useState(newKey);
  const create = useMutation({
    mutationFn: () => call("POST /api/v1/contacts", { body: changesOf(EMPTY, draft), once: key }),
    onSuccess: (contact) => {
      void client.invalidateQueries({ queryKey: ["contact"] });
      toast(t("created"));
      go(`/contacts/${contact.id}`);
    },
    // What is sent next is another request.
    onError: (error) => error instanceof Problem && error.status > 0 && setKey(newKey()),
  });
  const { error } = create;
  const isElsewhere =
    error !== null &&
    !(error instanceof Problem && (isAboutPhone(error) || error.fields.some((each) => each.field !== "body")));

  return (
    <Dialog title={t("new")} shape="wide" onClose={onClose}>
      <form
        noValidate
        id="new-contact"
        className="form"
        onSubmit={(event: FormEvent) => {
          event.preventDefault();
          if (!create.isPending) create.mutate();
        }}
      >
        <p className="soft">{t("somebody")}</p>
        <ContactForm isShort draft={draft} error={error} onChange={setDraft} />
        {isElsewhere && (
          <p className="form-error" role="alert">
            <Icon name="alert" />
            {error instanceof Problem && error.code === "validation_failed" ? t("somebody") : sentenceOf(error)}
          </p>
        )}
        <div className="form-buttons">
          <Button onClick={onClose}>{tc("cancel")}</Button>
          <Button kind="primary" type="submit" isBusy={create.isPending}>
            {t("create")}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
