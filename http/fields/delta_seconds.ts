/**
 * Numbers of seconds (RFC 9111 §1.2.2).
 *
 * @module
 */

/** What larger numbers are taken for: 2^31, some 68 years. */
export const MAX_DELTA_SECONDS = 2147483648;

/**
 * Reads decimal digits.
 *
 * @returns Seconds, at most {@linkcode MAX_DELTA_SECONDS}; `null` for anything else, a sign or a fraction included.
 */
export function parseDeltaSeconds(text: string): number | null {
  if (!/^[0-9]+$/.test(text)) return null;
  return Math.min(Number(text), MAX_DELTA_SECONDS);
}
