import type { ReactNode } from "react";
import { Link } from "wouter";
import { useListing } from "../../api/queries";
import type { HappeningAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Icon, type IconName } from "../../ui/Icon";
import { Failure, LoadMore, SkeletonRows } from "../../ui/States";
import { Time } from "../../ui/Time";
import { columns } from "../../words/columns";
import { contacts } from "../../words/contacts";
import { failures, reasonKey } from "../../words/failures";
import { plain } from "../inbox/markup";
import { fieldText } from "../settings/diff";
import { nameOf } from "./Consents";

/** Everything that happened with one contact, the newest first. */
export function Timeline({ contactId }: { contactId: number }): ReactNode {
  const t = useWords(contacts);
  const timeline = useListing(["contact", contactId, "timeline"], "GET /api/v1/contacts/{contact_id}/timeline", {
    path: { contact_id: contactId },
    query: { limit: 20 },
  });
  if (timeline.isPending) return <SkeletonRows rows={4} withAvatar={false} />;
  if (timeline.isError) return <Failure error={timeline.error} onRetry={() => void timeline.refetch()} />;
  if (timeline.items.length === 0) return <p className="faint">{t("timeline_none")}</p>;
  return (
    <>
      <ol className="timeline">
        {timeline.items.map((one) => (
          <Happening key={`${one.kind} ${one.id}`} one={one} />
        ))}
      </ol>
      <LoadMore {...timeline} />
    </>
  );
}

const ICONS: Record<HappeningAnswer["kind"], IconName> = {
  message: "inbox",
  automation: "automations",
  consent: "check",
  change: "edit",
};

function Happening({ one }: { one: HappeningAnswer }): ReactNode {
  const t = useWords(contacts);
  const tf = useWords(failures);
  const tc = useWords(columns);
  const said = (name: string) => {
    const value = one.details[name];
    return typeof value === "string" ? value : "";
  };
  let title: ReactNode;
  let detail: ReactNode = null;
  switch (one.kind) {
    case "message": {
      const isTheirs = said("direction") === "inbound";
      title = <Link href={`/inbox/${said("conversation_id")}`}>{t(isTheirs ? "happened_wrote" : "happened_got")}</Link>;
      detail = plain(said("text")) || said("message_type");
      break;
    }
    case "automation": {
      title = t("happened_automation", { name: said("name") });
      const reason = reasonKey(null, said("error_message"));
      detail = reason ? tf(reason) : said("error_message");
      break;
    }
    case "consent": {
      const what = nameOf(said("category"), t);
      title = t(said("state") === "in" ? "happened_consent_in" : "happened_consent_out", { what });
      detail = said("proof");
      break;
    }
    case "change": {
      title = t("happened_change", { name: said("actor_name") || t("somebody_else") });
      const after = one.details["after"];
      detail =
        typeof after === "object" && after !== null
          ? Object.keys(after)
              .map((key) => fieldText(key, tc))
              .join(", ")
          : "";
      break;
    }
  }
  return (
    <li>
      <span className="timeline-icon">
        <Icon name={ICONS[one.kind]} />
      </span>
      <span className="timeline-text">
        <span className="timeline-line">
          <b>{title}</b>
          <small className="faint figures">
            <Time at={one.at} />
          </small>
        </span>
        {detail !== "" && detail !== null && <span className="soft timeline-detail">{detail}</span>}
      </span>
    </li>
  );
}
