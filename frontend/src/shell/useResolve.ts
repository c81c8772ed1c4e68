import { useMutation, useQueryClient } from "@tanstack/react-query";
import { call } from "../api/call";
import { toastError } from "../ui/Toast";

/** Marks an alert as dealt with. */
export function useResolve(alertId: number) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: () => call("POST /api/v1/alerts/{alert_id}/resolve", { path: { alert_id: alertId } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["alert"] }),
    onError: toastError,
  });
}
