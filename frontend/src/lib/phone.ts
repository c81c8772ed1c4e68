// A phone number as people read it. The server keeps digits with a plus; here they are only grouped.

// Calling codes of one and two digits; all others have three.
const SHORT_CODES = new Set(
  "1 7 20 27 30 31 32 33 34 36 39 40 41 43 44 45 46 47 48 49 51 52 53 54 55 56 57 58 60 61 62 63 64 65 66 81 82 84 86 90 91 92 93 94 95 98".split(
    " ",
  ),
);

// How a number of this many digits after the code is grouped, where that is not in fours from the end.
const GROUPS: Record<string, readonly number[]> = { "1 10": [3, 3, 4], "55 11": [2, 5, 4], "55 10": [2, 4, 4] };

export function readablePhone(phone: string): string {
  const digits = phone.replace(/\D/g, "");
  if (digits.length < 8) return phone;
  const size = [1, 2].find((length) => SHORT_CODES.has(digits.slice(0, length))) ?? 3;
  const code = digits.slice(0, size);
  const rest = digits.slice(size);
  return [`+${code}`, ...grouped(rest, GROUPS[`${code} ${rest.length}`] ?? fours(rest.length))].join(" ");
}

function grouped(digits: string, sizes: readonly number[]): string[] {
  let at = 0;
  return sizes.map((size) => digits.slice(at, (at += size)));
}

/** From the end four, four, and what is left; a single digit joins its neighbour. */
function fours(length: number): number[] {
  const first = length % 4;
  const sizes = Array.from({ length: Math.floor(length / 4) }, () => 4);
  if (first === 1) return [5, ...sizes.slice(1)];
  return first === 0 ? sizes : [first, ...sizes];
}

export function initials(name: string): string {
  const words = name
    .trim()
    .split(/\s+/)
    .filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? [words[0]!, words.at(-1)!] : words;
  return letters.map((word) => [...word.replace(/[^\p{L}\p{N}]/gu, "")][0]!.toLocaleUpperCase()).join("") || "?";
}
