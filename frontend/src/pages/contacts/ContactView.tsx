import "./contact.css";
import "./imports.css";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { call } from "../../api/call";
import { useCall, useListing } from "../../api/queries";
import type { ContactAnswer, ContactPatch } from "../../api/schema";
import { useMay } from "../../api/session";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { useUnsaved } from "../../lib/unsaved";
import { Avatar } from "../../ui/Avatar";
import { Button, LinkButton } from "../../ui/Button";
import { Confirm } from "../../ui/Dialog";
import { FormProblem } from "../../ui/FormProblem";
import { Icon } from "../../ui/Icon";
import { Card, useArrival, usePageTitle } from "../../ui/Page";
import { Failure, SkeletonRows } from "../../ui/States";
import { toast, toastError } from "../../ui/Toast";
import { common } from "../../words/common";
import { contacts } from "../../words/contacts";
import { ContactActions } from "./ContactActions";
import { ContactForm, isAboutPhone } from "./ContactForm";
import { Consents } from "./Consents";
import { ContactGroups } from "./ContactGroups";
import { changesOf, draftOf } from "./form";
import { Timeline } from "./Timeline";

export function ContactView({ id }: { id: number }): ReactNode {
  const t = useWords(contacts);
  const contact = useCall(["contact", id], "GET /api/v1/contacts/{contact_id}", { path: { contact_id: id } });
  usePageTitle(contact.data?.name ?? t("title"));
  if (contact.isError) {
    const back = { href: "/contacts", label: t("title") };
    return <Failure error={contact.error} onRetry={() => void contact.refetch()} back={back} />;
  }
  if (!contact.data) return <SkeletonRows rows={6} />;
  return <Known contact={contact.data} />;
}

function Known({ contact }: { contact: ContactAnswer }): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const formats = useFormats();
  const heading = useArrival();
  const client = useQueryClient();
  const [isAsking, setIsAsking] = useState(false);
  const mayWrite = useMay("contacts:write");
  const maySeeConversations = useMay("conversations:read");
  const maySeeGroups = useMay("groups:read");
  const maySeeTimeline = useMay("messages:read");
  const name = contact.name ?? (contact.phone ? readablePhone(contact.phone) : tc("no_name"));

  const change = useMutation({
    mutationFn: (body: ContactPatch) =>
      call("PATCH /api/v1/contacts/{contact_id}", { path: { contact_id: contact.id }, body }),
    onSuccess: (answer) => {
      client.setQueryData(["contact", contact.id], answer);
      void client.invalidateQueries({ queryKey: ["contact", "list"] });
      void client.invalidateQueries({ queryKey: ["conversation"] });
      toast(tc("saved"));
    },
  });
  const deactivate = useMutation({
    mutationFn: () => call("DELETE /api/v1/contacts/{contact_id}", { path: { contact_id: contact.id } }),
    onSuccess: () => {
      setIsAsking(false);
      return client.invalidateQueries({ queryKey: ["contact"] });
    },
    onError: toastError,
  });

  return (
    <div className="page">
      <header className="page-head contact-head">
        <LinkButton href="/contacts" kind="quiet" small icon="back">
          {t("title")}
        </LinkButton>
        <div className="page-title">
          <div className="contact-who">
            <Avatar name={name} id={contact.id} size="lg" />
            <div>
              <h1 ref={heading} tabIndex={-1}>
                {name}
              </h1>
              <p className="soft">{t("since", { date: formats.date(new Date(contact.created_at)) })}</p>
            </div>
          </div>
          <div className="page-actions">
            {maySeeConversations && <OpenConversation contactId={contact.id} />}
            {!contact.is_active && mayWrite && (
              <Button icon="repeat" isBusy={change.isPending} onClick={() => change.mutate({ is_active: true })}>
                {t("reactivate")}
              </Button>
            )}
            <ContactActions contact={contact} name={name} onDeactivate={() => setIsAsking(true)} />
          </div>
        </div>
      </header>
      {!contact.is_active && (
        <p className="banner banner-caution">
          <Icon name="info" />
          {t("is_inactive")}
        </p>
      )}
      <div className="page-body contact-body">
        <Details
          contact={contact}
          mayWrite={mayWrite}
          error={change.error}
          isBusy={change.isPending}
          onSave={change.mutateAsync}
        />
        <div className="contact-side">
          {maySeeGroups && (
            <Card title={t("groups")}>
              <ContactGroups contact={contact} />
            </Card>
          )}
          <Card title={t("consents")}>
            <Consents contactId={contact.id} />
          </Card>
          {maySeeTimeline && (
            <Card title={t("timeline")}>
              <Timeline contactId={contact.id} />
            </Card>
          )}
          {contact.identities.length > 0 && (
            <Card title={t("known_as")}>
              <dl className="facts">
                {contact.identities.map((identity) => (
                  <div key={`${identity.kind} ${identity.value}`}>
                    <dt>{t(`identity_${identity.kind}` as "identity_phone")}</dt>
                    <dd className="figures">{identity.value}</dd>
                  </div>
                ))}
              </dl>
            </Card>
          )}
        </div>
      </div>
      {isAsking && (
        <Confirm
          title={t("deactivate_title", { name })}
          text={t("deactivate_text")}
          action={t("deactivate")}
          isBusy={deactivate.isPending}
          onConfirm={() => deactivate.mutate()}
          onClose={() => setIsAsking(false)}
        />
      )}
    </div>
  );
}

function Details(props: {
  contact: ContactAnswer;
  mayWrite: boolean;
  error: unknown;
  isBusy: boolean;
  onSave: (changes: ContactPatch) => Promise<unknown>;
}): ReactNode {
  const t = useWords(contacts);
  const tc = useWords(common);
  const { contact, error } = props;
  const [before, setBefore] = useState(() => draftOf(contact));
  const [draft, setDraft] = useState(before);
  const changes = changesOf(before, draft);
  const isChanged = Object.keys(changes).length > 0;
  useUnsaved(isChanged);

  // What somebody else changed shows at once, unless one is in the middle of a change of one's own.
  useEffect(() => {
    if (isChanged) return;
    setBefore(draftOf(contact));
    setDraft(draftOf(contact));
  }, [contact.updated_at]);

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!isChanged || props.isBusy) return;
    try {
      await props.onSave(changes);
      setBefore(draft);
    } catch {
      // Shown beside the fields.
    }
  }

  return (
    <form noValidate onSubmit={(event) => void save(event)}>
      <Card title={t("details")}>
        {!props.mayWrite && <p className="soft">{tc("read_only")}</p>}
        <fieldset disabled={!props.mayWrite}>
          <ContactForm draft={draft} profileName={contact.profile_name} error={error} onChange={setDraft} />
        </fieldset>
      </Card>
      {!isAboutPhone(error) && <FormProblem error={error} />}
      {isChanged && (
        <div className="save-bar">
          <span>{t("unsaved")}</span>
          <Button onClick={() => setDraft(before)}>{t("discard")}</Button>
          <Button kind="primary" type="submit" isBusy={props.isBusy}>
            {tc(props.isBusy ? "saving" : "save")}
          </Button>
        </div>
      )}
    </form>
  );
}

function OpenConversation({ contactId }: { contactId: number }): ReactNode {
  const t = useWords(contacts);
  const found = useListing(["conversation", "of", contactId], "GET /api/v1/conversations", {
    query: { contact_id: contactId, limit: 1 },
  });
  const first = found.items[0];
  if (first) {
    return (
      <LinkButton href={`/inbox/${first.id}`} kind="primary" icon="inbox">
        {t("open_conversation")}
      </LinkButton>
    );
  }
  return found.isSuccess ? <span className="soft contact-silent">{t("no_conversation")}</span> : null;
}
