import type { ReactNode } from "react";
import { Failure, LoadMore, SkeletonRows } from "./States";

interface ListedProps<T> {
  listing: {
    items: readonly T[];
    isPending: boolean;
    isError: boolean;
    error: unknown;
    refetch: () => unknown;
    hasNextPage: boolean;
    isFetchingNextPage: boolean;
    fetchNextPage: () => unknown;
  };
  /** Of the skeleton that stands there while it comes. */
  rows?: number;
  withAvatars?: boolean;
  /** What stands there when there is nothing. */
  empty: ReactNode;
  children: (items: readonly T[]) => ReactNode;
}

/** A list in its four states, which reads on at its end. */
export function Listed<T>({ listing, rows, withAvatars = false, empty, children }: ListedProps<T>): ReactNode {
  if (listing.isPending) return <SkeletonRows rows={rows} withAvatar={withAvatars} />;
  if (listing.isError) return <Failure error={listing.error} onRetry={() => void listing.refetch()} />;
  if (listing.items.length === 0) return empty;
  return (
    <>
      {children(listing.items)}
      <LoadMore {...listing} />
    </>
  );
}
