/**
 * Range and Content-Range (RFC 9110 §14.1, §14.2, §14.4). Positions count bytes from 0.
 *
 * @module
 */

/** A range as it was asked for: from `first` to `last`, from `first` on, or the last `suffix` bytes. */
export type RangeSpec =
  | { readonly first: number; readonly last: number | null }
  | { readonly suffix: number };

/** A Content-Range. */
export interface ContentRange {
  /** First byte that is there. */
  readonly first: number;
  /** Last byte that is there. */
  readonly last: number;
  /** Length of the whole, or `null` for `*`. */
  readonly total: number | null;
}

function position(digits: string): number | null {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : null;
}

/**
 * Reads Range.
 *
 * @returns The ranges in their order, or `null` if the unit isn't bytes or the value isn't valid; the field is then
 * not looked at, and the whole is sent.
 */
export function parseRange(value: string): RangeSpec[] | null {
  const parts = /^bytes=([0-9,\- \t]+)$/i.exec(value);
  if (parts === null) return null;
  const ranges: RangeSpec[] = [];
  for (const part of parts[1].split(",")) {
    const member = part.trim();
    if (member === "") continue;
    const numbers = /^([0-9]*)-([0-9]*)$/.exec(member);
    if (numbers === null || member === "-") return null;
    const first = position(numbers[1]);
    const last = position(numbers[2]);
    if (first === null || last === null) return null;
    if (numbers[1] === "") ranges.push({ suffix: last });
    else if (numbers[2] === "") ranges.push({ first, last: null });
    else if (last < first) return null;
    else ranges.push({ first, last });
  }
  return ranges.length > 0 ? ranges : null;
}

/**
 * Reads Content-Range.
 *
 * @returns `null` if it isn't valid, isn't in bytes, or says that no range could be satisfied.
 */
export function parseContentRange(value: string | null): ContentRange | null {
  if (value === null) return null;
  const parts = /^bytes ([0-9]+)-([0-9]+)\/([0-9]+|\*)$/i.exec(value);
  if (parts === null) return null;
  const first = position(parts[1]);
  const last = position(parts[2]);
  const total = parts[3] === "*" ? null : position(parts[3]);
  if (first === null || last === null || last < first) return null;
  if (parts[3] !== "*" && (total === null || last >= total)) return null;
  return { first, last, total };
}

/** Writes Content-Range for a range that is there. */
export function formatContentRange(range: ContentRange): string {
  return `bytes ${range.first}-${range.last}/${range.total ?? "*"}`;
}

/** Writes the Content-Range of a 416. */
export function formatUnsatisfied(total: number): string {
  return `bytes */${total}`;
}
