import { useCallback, useEffect, useState } from "react";
import { useLocation, useSearch } from "wouter";
import { useRested } from "./useNow";

const TYPING_MILLISECONDS = 200;

/** Filters live in the address, so that going back, reloading and sharing a link keep them. */
export function useParams(): [URLSearchParams, (changes: Record<string, string | null>) => void] {
  const search = useSearch();
  const [location, go] = useLocation();
  const params = new URLSearchParams(search);
  const change = useCallback(
    (changes: Record<string, string | null>) => {
      const next = new URLSearchParams(search);
      for (const [name, value] of Object.entries(changes)) {
        if (value === null || value === "") next.delete(name);
        else next.set(name, value);
      }
      go(next.size === 0 ? location : `${location}?${next.toString()}`, { replace: true });
    },
    [search, location, go],
  );
  return [params, change];
}

/** What is typed into a search field, and `q`, what is asked for once it has rested; the address keeps that. */
export function useSearchText([params, change]: ReturnType<typeof useParams>): {
  text: string;
  q: string;
  setText: (next: string) => void;
} {
  const [text, setText] = useState(params.get("q") ?? "");
  const q = useRested(text.trim(), TYPING_MILLISECONDS);
  useEffect(() => {
    if (q !== (params.get("q") ?? "")) change({ q });
  });
  return { text, q, setText };
}
