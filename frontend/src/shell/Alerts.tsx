// The bell: what needs a person, and the list behind it.

import { type ReactNode, useState } from "react";
import { useListing } from "../api/queries";
import { useMay } from "../api/session";
import { useWords } from "../lib/language";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Icon } from "../ui/Icon";
import { EmptyState, Failure, LoadMore, SkeletonRows } from "../ui/States";
import { Count, Tag } from "../ui/Tag";
import { Time } from "../ui/Time";
import { shell } from "../words/shell";
import { useResolve } from "./useResolve";

export function Alerts(): ReactNode {
  const t = useWords(shell);
  const [isOpen, setIsOpen] = useState(false);
  const open = useListing(["alert", "open"], "GET /api/v1/alerts", { query: { state: "open" } });
  const count = open.items.length;
  return (
    <>
      <button type="button" className="nav-item" onClick={() => setIsOpen(true)} title={t("alerts")}>
        <Icon name="bell" />
        <span>{t("alerts")}</span>
        <Count value={count} label={t("alerts_open", { n: count })} />
      </button>
      {isOpen && (
        <Dialog title={t("alerts")} shape="side" onClose={() => setIsOpen(false)}>
          {open.isPending ? (
            <SkeletonRows rows={3} withAvatar={false} />
          ) : open.isError ? (
            <Failure error={open.error} onRetry={() => void open.refetch()} />
          ) : count === 0 ? (
            <EmptyState icon="bell" title={t("alerts_none")}>
              {t("alerts_none_text")}
            </EmptyState>
          ) : (
            <ul className="alerts">
              {open.items.map((alert) => (
                <OneAlert key={alert.id} alert={alert} />
              ))}
            </ul>
          )}
          <LoadMore {...open} />
        </Dialog>
      )}
    </>
  );
}

function OneAlert({ alert }: { alert: import("../api/schema").AlertAnswer }): ReactNode {
  const t = useWords(shell);
  const mayResolve = useMay("alerts:resolve");
  const resolve = useResolve(alert.id);
  return (
    <li className="alert">
      <div className="alert-head">
        <Tag tone={alert.severity === "critical" || alert.severity === "error" ? "bad" : "caution"} icon="alert">
          <Time at={alert.last_at} />
        </Tag>
        <span className="faint figures">{t("alert_times", { n: alert.count })}</span>
      </div>
      <h3>{alert.title}</h3>
      {alert.detail && <p className="soft">{alert.detail}</p>}
      {mayResolve && (
        <Button small isBusy={resolve.isPending} onClick={() => resolve.mutate()}>
          {t("alert_resolve")}
        </Button>
      )}
    </li>
  );
}
