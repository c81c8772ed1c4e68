/** This page's address with some of what stands behind the question mark changed; null takes a name away. */
export function hrefWith(params: URLSearchParams, changes: Record<string, string | null>): string {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) next.delete(name);
    else next.set(name, value);
  }
  return `${location.pathname}?${next.toString()}`;
}
