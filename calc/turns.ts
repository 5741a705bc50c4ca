/**
 * Work in slices, one slice of each at a time, and between two slices whatever else the process has to do: so that the
 * one with the most work stalls nobody.
 *
 * @module
 */

import { ClosedError } from "../net/errors.ts";
import { Fifo } from "../net/fifo.ts";

/** The shortest slice, in milliseconds: what others wait for at most while they have something to do. */
export const SLICE_MS = 1;

/** The longest slice, in milliseconds, reached while nobody else has anything to do. */
const MAX_SLICE_MS = 8;

/** Work that is not finished. */
interface Work {
  readonly slice: (sliceMs: number) => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gives each work a slice in turn. */
export class Turns {
  readonly #queue = new Fifo<Work>();
  #timer: ReturnType<typeof setTimeout> | null = null;
  #sliceMs = SLICE_MS;
  #closed = false;

  /** Works that are not finished. */
  get pending(): number {
    return this.#queue.length;
  }

  /** Tells that the process had something else to do: slices become short again. */
  interrupt(): void {
    this.#sliceMs = SLICE_MS;
  }

  /**
   * Calls `slice` again and again, in turn with others, until it returns `true`.
   *
   * @param slice Works for about as many milliseconds as it is given; returns whether it is finished.
   * @throws {ClosedError} If the turns are closed before.
   * @throws What `slice` throws.
   */
  run(slice: (sliceMs: number) => boolean): Promise<void> {
    if (this.#closed) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#queue.push({ slice, resolve, reject });
      this.#arm();
    });
  }

  /** Stops all work; what waits for it is rejected. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    for (const work of this.#queue.takeAll()) work.reject(stopped());
  }

  #arm(): void {
    // Not `setImmediate`: on Deno, immediates and messages run many in a row before a socket gets its turn.
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#next();
    }, 0);
  }

  #next(): void {
    const work = this.#queue.shift();
    if (work === undefined) return;
    const sliceMs = this.#sliceMs;
    this.#sliceMs = Math.min(2 * sliceMs, MAX_SLICE_MS);
    try {
      if (work.slice(sliceMs)) work.resolve();
      else this.#queue.push(work);
    } catch (error) {
      work.reject(error);
    }
    if (this.#queue.length > 0) this.#arm();
  }
}

function stopped(): ClosedError {
  return new ClosedError("The node is closed");
}
