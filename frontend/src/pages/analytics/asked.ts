// What the dashboard asks for. Every part asks for its own, so that one that fails takes no other with it.

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { call } from "../../api/call";
import { useCall } from "../../api/queries";
import type { MetricAnswer, TotalAnswer } from "../../api/schema";

/** A date range, and the business number, where one was chosen. */
export interface Asked {
  from: string;
  to: string;
  channel: string | null;
  compares: boolean;
}

export const WEEKDAYS = [1, 2, 3, 4, 5, 6, 7] as const; // Monday first

export const spanOf = ({ from, to }: Asked) => ({ from, to });
export const filterOf = ({ channel }: Asked) => (channel === null ? {} : { filter: [`channel:${channel}`] });
export const compareOf = ({ compares }: Asked) => ({ compare: compares ? ("previous" as const) : ("none" as const) });

export function useCatalogue(): { metrics: ReadonlyMap<string, MetricAnswer>; zone: string | undefined } {
  const catalogue = useCall(["analytics", "metrics"], "GET /api/v1/analytics/metrics", {});
  const metrics = useMemo(
    () => new Map(catalogue.data?.items.map((metric) => [metric.slug, metric])),
    [catalogue.data],
  );
  return { metrics, zone: catalogue.data?.time_zone };
}

/** Totals by group, each group's metrics side by side, in the order in which the API gives them: the largest first. */
export function byGroup(
  items: readonly TotalAnswer[],
): { value: string; label: string; of: Record<string, TotalAnswer> }[] {
  const groups = new Map<string, { value: string; label: string; of: Record<string, TotalAnswer> }>();
  for (const item of items) {
    if (item.group === null) continue;
    const group = groups.get(item.group.value) ?? { ...item.group, of: {} };
    group.of[item.metric] = item;
    groups.set(item.group.value, group);
  }
  return [...groups.values()];
}

/** Messages by day of the week and hour: a row for each day, from Monday. */
export function useBusiest(asked: Asked) {
  const span = spanOf(asked);
  return useQuery({
    queryKey: ["analytics", "busiest", span],
    queryFn: ({ signal }) =>
      Promise.all(
        WEEKDAYS.map(async (day) => {
          const summary = await call("GET /api/v1/analytics/summary", {
            query: { ...span, metric: ["busiest_hours"], group_by: "hour", filter: [`weekday:${day}`] },
            signal,
          });
          const hours = new Array<number>(24).fill(0);
          for (const { group, value } of summary.items) {
            const hour = Number(group?.value);
            if (group?.value && hour in hours) hours[hour] = value ?? 0;
          }
          return hours;
        }),
      ),
  });
}
