import { useSyncExternalStore } from "react";

export const PHONE = "(max-width: 719.98px)"; // as in the CSS

/** Whether the page is as a media query says, also once it no longer is. For what CSS alone cannot do. */
export function useMedia(query: string): boolean {
  return useSyncExternalStore(
    (listener) => {
      const media = matchMedia(query);
      media.addEventListener("change", listener);
      return () => media.removeEventListener("change", listener);
    },
    () => matchMedia(query).matches,
  );
}
