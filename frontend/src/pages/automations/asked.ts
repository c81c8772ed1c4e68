// What several parts of this area ask the API for.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { call } from "../../api/call";
import { type Listing, useCall, useListing } from "../../api/queries";
import type { AutomationAnswer } from "../../api/schema";
import { toastError } from "../../ui/Toast";
import { type Json, type Kinds, readKinds } from "./kinds";

const MOST_A_PAGE = 200;
const LIST = ["automation", "list"] as const;

/** All of them: there are dozens, and what is searched and sorted here is found at once. */
export function useAutomations(): Listing<AutomationAnswer> {
  const listing = useListing(LIST, "GET /api/v1/automations", { query: { limit: MOST_A_PAGE } });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = listing;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  return listing;
}

export function useKinds(): { kinds: Kinds | undefined; error: unknown; retry: () => void } {
  const schema = useCall(["automation", "schema"], "GET /api/v1/automations/schema", {});
  const kinds = useMemo(() => schema.data && readKinds(schema.data as Json), [schema.data]);
  return { kinds, error: schema.error, retry: () => void schema.refetch() };
}

interface Pages {
  pages: { items: AutomationAnswer[] }[];
}

/** The switch turns at once, and back with a word where the server refuses. */
export function useSwitch() {
  const client = useQueryClient();
  const show = (id: number, isActive: boolean) => {
    const turned = <T extends AutomationAnswer>(one: T): T => (one.id === id ? { ...one, is_active: isActive } : one);
    client.setQueryData<Pages>(
      LIST,
      (old) => old && { ...old, pages: old.pages.map((page) => ({ ...page, items: page.items.map(turned) })) },
    );
    client.setQueryData<AutomationAnswer>(["automation", id], (old) => old && turned(old));
  };
  return useMutation({
    mutationFn: ({ id, isActive }: { id: number; isActive: boolean }) =>
      call("PATCH /api/v1/automations/{automation_id}", {
        path: { automation_id: id },
        body: { is_active: isActive },
      }),
    onMutate: async ({ id, isActive }) => {
      await client.cancelQueries({ queryKey: ["automation"] });
      show(id, isActive);
    },
    onError: (error, { id, isActive }) => {
      show(id, !isActive);
      toastError(error);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["automation"] }),
  });
}
