// What the pages hold of the server. Keys begin with the noun that a change notice names, so that one notice refreshes
// whatever shows that noun: ["contact", 7], ["conversation", "list", filters].

import {
  type InfiniteData,
  QueryClient,
  type UseInfiniteQueryResult,
  type UseQueryResult,
  keepPreviousData,
  useInfiniteQuery,
  useQuery,
} from "@tanstack/react-query";
import { useMemo } from "react";
import { type Answer, type Call, type Input, call } from "./call";
import { Problem } from "./problem";

/** What keys begin with. Change notices tell of most; see api/events.ts. */
export type Noun =
  | "alert"
  | "api_key"
  | "audit_entry"
  | "analytics"
  | "automation"
  | "automation_log"
  | "channel"
  | "contact"
  | "conversation"
  | "field"
  | "group"
  | "import"
  | "message"
  | "settings"
  | "system"
  | "user"
  | "webhook_event";
export type Key = readonly [Noun, ...unknown[]];

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 20_000, // change notices say earlier what is stale
        gcTime: 10 * 60_000,
        retry: (count, error) => mayPass(error) && count < 3,
        retryDelay: (count) => Math.min(8_000, 500 * 2 ** count),
      },
      mutations: { retry: false },
    },
  });
}

// What a call takes depends on its name, which TypeScript cannot follow through a generic: here it is only passed on.
const askWith = call as <K extends Call>(name: K, input: unknown) => Promise<Answer<K>>;

/** Whether asking again may help. */
function mayPass(error: unknown): boolean {
  return error instanceof Problem && (error.status === 0 || error.status === 503 || error.status === 502);
}

export function useCall<K extends Call>(
  key: Key,
  name: K,
  input: Input<K>,
  options: { enabled?: boolean; everySeconds?: number; keep?: boolean } = {},
): UseQueryResult<Answer<K>> {
  return useQuery<Answer<K>>({
    queryKey: key,
    queryFn: ({ signal }) => askWith(name, { ...input, signal }),
    enabled: options.enabled ?? true,
    refetchInterval: options.everySeconds === undefined ? false : options.everySeconds * 1000,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
}

interface Page<T> {
  items: T[];
  next: string | null;
}
type ItemOf<K extends Call> = Answer<K> extends Page<infer T> ? T : never;

export type Listing<T> = UseInfiniteQueryResult<InfiniteData<Page<T>>> & { items: T[] };

/** A keyset list, page by page: `items` is what has been read so far, `fetchNextPage` reads on. */
export function useListing<K extends Call>(
  key: Key,
  name: K,
  input: Input<K>,
  options: { enabled?: boolean; everySeconds?: number; keep?: boolean } = {},
): Listing<ItemOf<K>> {
  type Item = ItemOf<K>;
  const asked = input as { query?: object };
  const result = useInfiniteQuery<Page<Item>, Error, InfiniteData<Page<Item>>, Key, string | null>({
    queryKey: key,
    queryFn: async ({ pageParam, signal }) =>
      (await askWith(name, { ...asked, query: { ...asked.query, cursor: pageParam }, signal })) as Page<Item>,
    initialPageParam: null,
    getNextPageParam: (page) => page.next,
    enabled: options.enabled ?? true,
    refetchInterval: options.everySeconds === undefined ? false : options.everySeconds * 1000,
    ...(options.keep ? { placeholderData: keepPreviousData } : {}),
  });
  const items = useMemo(() => result.data?.pages.flatMap((page) => page.items) ?? [], [result.data]);
  return { ...result, items };
}
