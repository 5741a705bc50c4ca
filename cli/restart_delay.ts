/**
 * How long to wait before a worker that has ended is replaced.
 *
 * @module
 */

import { backoffMs } from "../net/backoff.ts";

/** A worker that has lived so long is none that dies at its start. */
const STEADY_MS = 10_000;
const FIRST_DELAY_MS = 100;
const LAST_DELAY_MS = 10_000;

/** The delays of one worker's successors: none at first, then longer and longer while they die young. */
export class RestartDelay {
  readonly #random: () => number;
  #young = 0;

  /** Takes random numbers from 0 to below 1. */
  constructor(random: () => number = Math.random) {
    this.#random = random;
  }

  /**
   * Notes that a worker has ended.
   *
   * @param livedMs How long it ran.
   * @returns How long to wait, in milliseconds.
   */
  after(livedMs: number): number {
    if (livedMs >= STEADY_MS) this.#young = 0;
    const delay = { firstMs: FIRST_DELAY_MS, maxMs: LAST_DELAY_MS, random: this.#random };
    return this.#young++ === 0 ? 0 : Math.round(backoffMs(this.#young - 1, delay));
  }
}
