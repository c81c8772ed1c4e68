import { Fragment, type ReactNode } from "react";
import { useFormats } from "../../lib/format";
import { useWords } from "../../lib/language";
import { Card } from "../../ui/Page";
import { Failure, Skeleton } from "../../ui/States";
import { analytics } from "../../words/analytics";
import { type Asked, useBusiest, WEEKDAYS } from "./asked";
import { levelOf } from "./range";

const HOURS = Array.from({ length: 24 }, (_, hour) => hour);

/** When people write: a day a row, an hour a column, the darker the more. */
export function Busiest({ asked }: { asked: Asked }): ReactNode {
  const t = useWords(analytics);
  const formats = useFormats();
  const busiest = useBusiest(asked);
  if (busiest.isError) return <Failure error={busiest.error} onRetry={() => void busiest.refetch()} />;
  const rows = busiest.data ?? [];
  const most = Math.max(0, ...rows.flat());
  return (
    <Card title={t("busiest")}>
      {busiest.isPending ? (
        <Skeleton height="10rem" />
      ) : (
        <table className="heat" aria-label={t("busiest")}>
          <thead>
            <tr>
              <td />
              {HOURS.map((hour) => (
                <th key={hour} scope="col">
                  <span className={hour % 3 === 0 ? undefined : "unseen"}>{hour}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {WEEKDAYS.map((day) => {
              const name = formats.weekdayName(day % 7);
              return (
                <tr key={day}>
                  <th scope="row">{name}</th>
                  {HOURS.map((hour) => {
                    const value = rows[day - 1]?.[hour] ?? 0;
                    return (
                      <td key={hour}>
                        <span
                          className={`heat-cell heat-${levelOf(value, most)}`}
                          title={t("busiest_cell", { day: name, hour: String(hour).padStart(2, "0"), n: value })}
                        >
                          <span className="unseen">{value}</span>
                        </span>
                      </td>
                    );
                  })}
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      <p className="heat-legend field-hint">
        <span>{t("busiest_text")}</span>
        <span className="heat-scale">
          {t("fewer")}
          {[0, 1, 2, 3, 4, 5].map((level) => (
            <Fragment key={level}>
              <i className={`heat-cell heat-${level}`} />
            </Fragment>
          ))}
          {t("more")}
        </span>
      </p>
    </Card>
  );
}
