/**
 * Age (RFC 9111 §5.1).
 *
 * @module
 */

import { parseDeltaSeconds } from "./delta_seconds.ts";

/**
 * What an Age that isn't one number comes to.
 *
 * `ignore` follows RFC 9111 §5.1: the first member of a list counts, and nonsense is as good as no Age.
 *
 * `distrust` is careful: nonsense, and an Age that was put there twice, mean that nobody knows how old the response is,
 * and it counts as stale. Two lines are the same as one line with a comma and a space, which is what they look like
 * once someone has joined them. Only a list that was written without the space is read by its first member.
 */
export type InvalidAge = "ignore" | "distrust";

/**
 * Reads Age.
 *
 * @param values Each line's value.
 * @returns Seconds, at most 2^31; 0 without an Age; `Infinity` if the response counts as stale because of it.
 */
export function parseAge(values: readonly string[], invalid: InvalidAge): number {
  if (values.length === 0) return 0;
  if (invalid === "distrust" && (values.length > 1 || /,[ \t]/.test(values[0]))) return Infinity;
  const first = values[0].split(",", 1)[0].trim();
  return parseDeltaSeconds(first) ?? (invalid === "distrust" ? Infinity : 0);
}
