import { useCallback } from "react";
import { useLocation, useSearch } from "wouter";

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
