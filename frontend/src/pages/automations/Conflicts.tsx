import type { ReactNode } from "react";
import { Link } from "wouter";
import type { ConflictAnswer } from "../../api/schema";
import { useWords } from "../../lib/language";
import { Icon } from "../../ui/Icon";
import { automations } from "../../words/automations";

/** Which others answer the same: no mistake, but rarely meant. */
export function Conflicts({ conflicts }: { conflicts: readonly ConflictAnswer[] }): ReactNode {
  const t = useWords(automations);
  if (conflicts.length === 0) return null;
  return (
    <section className="conflicts" aria-label={t("conflicts")}>
      <Icon name="alert" />
      <div>
        <h2>{t("conflicts")}</h2>
        <ul>
          {conflicts.map((each) => (
            <li key={each.automation_id}>
              <Link href={`/automations/${each.automation_id}`}>{each.name}</Link> <span>{each.reason}</span>
            </li>
          ))}
        </ul>
        <p>{t("conflicts_text")}</p>
      </div>
    </section>
  );
}
