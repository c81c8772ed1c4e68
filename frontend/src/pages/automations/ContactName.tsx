import type { ReactNode } from "react";
import { useCall } from "../../api/queries";
import { useMay } from "../../api/session";
import { useWords } from "../../lib/language";
import { readablePhone } from "../../lib/phone";
import { Skeleton } from "../../ui/States";
import { common } from "../../words/common";

/** The ledger knows people by number; each is asked for once and then remembered. */
export function ContactName({ id }: { id: number }): ReactNode {
  const tc = useWords(common);
  const enabled = useMay("contacts:read");
  const contact = useCall(
    ["contact", id],
    "GET /api/v1/contacts/{contact_id}",
    { path: { contact_id: id } },
    { enabled },
  );
  if (contact.isLoading) return <Skeleton width="7rem" />;
  const { name = null, phone = null } = contact.data ?? {};
  return <span className="cut">{name ?? (phone ? readablePhone(phone) : tc("no_name"))}</span>;
}
