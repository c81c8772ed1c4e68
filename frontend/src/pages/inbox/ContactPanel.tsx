import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { Avatar } from "../../ui/Avatar";
import { IconButton, LinkButton } from "../../ui/Button";
import { Failure, SkeletonRows } from "../../ui/States";
import { Tag } from "../../ui/Tag";
import { common } from "../../words/common";
import { contacts } from "../../words/contacts";
import { inbox } from "../../words/inbox";

export function ContactPanel({ contactId, onClose }: { contactId: number; onClose: () => void }): ReactNode {
  const t = useWords(inbox);
  const tn = useWords(contacts);
  const tc = useWords(common);
  const formats = useFormats();
  const contact = useCall(["contact", contactId], "GET /api/v1/contacts/{contact_id}", {
    path: { contact_id: contactId },
  });
  const known = contact.data;
  const facts: [string, ReactNode][] = known
    ? [
        [tn("phone"), known.phone && <span className="figures">{readablePhone(known.phone)}</span>],
        [tn("email"), known.email],
        [tn("birthday"), known.birthday && formats.birthday(known.birthday)],
        [t("panel_username"), known.username && `@${known.username}`],
        [t("panel_language"), known.language && formats.language(known.language)],
        [t("panel_since"), formats.date(new Date(known.created_at))],
        ...Object.entries(known.metadata).map(([name, value]): [string, ReactNode] => [
          name,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ]
    : [];

  return (
    <aside className="panel" aria-label={t("panel_title")}>
      <header className="panel-head">
        <h2>{t("panel_title")}</h2>
        <IconButton icon="close" label={t("panel_hide")} onClick={onClose} />
      </header>
      {contact.isError ? (
        <Failure error={contact.error} onRetry={() => void contact.refetch()} />
      ) : !known ? (
        <SkeletonRows rows={4} withAvatar={false} />
      ) : (
        <div className="panel-body">
          <div className="panel-who">
            <Avatar name={known.name ?? known.phone ?? "?"} id={known.id} size="lg" />
            <b>{known.name ?? (known.phone ? readablePhone(known.phone) : tc("no_name"))}</b>
            {known.tags.length > 0 && (
              <span className="tags">
                {known.tags.map((tag) => (
                  <Tag key={tag}>{tag}</Tag>
                ))}
              </span>
            )}
          </div>
          <LinkButton href={`/contacts/${known.id}`} small icon="person">
            {t("panel_full")}
          </LinkButton>
          <dl className="facts">
            {facts
              .filter(([, value]) => value !== null && value !== "" && value !== undefined)
              .map(([name, value]) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>{value}</dd>
                </div>
              ))}
          </dl>
          <section className="panel-notes">
            <h3 className="soft">{t("panel_notes")}</h3>
            <p className={known.notes ? undefined : "faint"}>{known.notes ?? t("panel_notes_none")}</p>
          </section>
        </div>
      )}
    </aside>
  );
}
