/**
 * How long to wait before the next attempt.
 *
 * @module
 */

/** Waits that double, up to a bound, each cut at random so that many who wait do not come back at once. */
export interface BackoffOptions {
  /** The first wait, in milliseconds. @default {50} */
  readonly firstMs?: number;
  /** The longest wait, in milliseconds. @default {500} */
  readonly maxMs?: number;
  /** The part of a wait that is left to chance, 0 to 1. @default {0.5} */
  readonly jitter?: number;
  /** Random numbers from 0 to below 1. @default {Math.random} */
  readonly random?: () => number;
}

/**
 * The wait before an attempt.
 *
 * @param attempt How many attempts have failed, from 1.
 * @returns Milliseconds.
 */
export function backoffMs(attempt: number, options: BackoffOptions = {}): number {
  const { firstMs = 50, maxMs = 500, jitter = 0.5, random = Math.random } = options;
  const full = Math.min(maxMs, firstMs * 2 ** Math.min(attempt - 1, 30));
  return full * (1 - jitter * random());
}
