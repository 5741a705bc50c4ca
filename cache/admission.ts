/**
 * Whether a value is worth keeping at all: a strategy, asked before a new entry is stored.
 *
 * @module
 */

/** Decides whether a key that is not in the cache may come in. */
export interface AdmissionStrategy<K> {
  /**
   * Whether to store a value for `key` now.
   *
   * @param key The key that is asked for.
   * @param nowMs The time, in milliseconds of the cache's clock.
   */
  admits(key: K, nowMs: number): boolean;
}

/** Every key may come in. */
export class AdmitAlways implements AdmissionStrategy<unknown> {
  /** Always `true`. */
  admits(): boolean {
    return true;
  }
}

/** Settings of {@linkcode AdmitAfter}. */
export interface AdmitAfterOptions {
  /** From which request on a key is admitted: 1 for the first, 2 for the second … */
  readonly requests: number;
  /** How long a request is remembered, in milliseconds. */
  readonly windowMs: number;
  /** How many keys are remembered at a time; the longest unseen ones are forgotten. @default {10000} */
  readonly maxKeys?: number;
}

/** Keys come in from their N-th request within a window: what is asked for once does not push out what is asked for often. */
export class AdmitAfter<K> implements AdmissionStrategy<K> {
  readonly #requests: number;
  readonly #windowMs: number;
  readonly #maxKeys: number;
  /** The times of the last requests, for keys in order of their last request. */
  readonly #seen = new Map<K, number[]>();

  /**
   * Remembers nothing yet.
   *
   * @throws {RangeError} If a number is not positive.
   */
  constructor(options: AdmitAfterOptions) {
    const { requests, windowMs, maxKeys = 10_000 } = options;
    if (!(requests >= 1) || !(windowMs > 0) || !(maxKeys >= 1)) {
      throw new RangeError("Expected positive numbers for requests, windowMs and maxKeys");
    }
    this.#requests = requests;
    this.#windowMs = windowMs;
    this.#maxKeys = maxKeys;
  }

  /** Counts this request, and says whether it is the N-th within the window. */
  admits(key: K, nowMs: number): boolean {
    if (this.#requests <= 1) return true;
    const times = (this.#seen.get(key) ?? []).filter((time) => nowMs - time < this.#windowMs);
    times.push(nowMs);
    this.#seen.delete(key);
    if (times.length >= this.#requests) return true;
    this.#seen.set(key, times);
    if (this.#seen.size > this.#maxKeys) {
      for (const oldest of this.#seen.keys()) {
        this.#seen.delete(oldest);
        break;
      }
    }
    return false;
  }

  /** How many keys are remembered now. */
  get size(): number {
    return this.#seen.size;
  }
}
