/**
 * Work in slices, one slice of each at a time, and between two slices whatever else the process has to do: so that the
 * one with the most work stalls nobody.
 *
 * @module
 */

import { clearImmediate, setImmediate } from "node:timers";
import { ClosedError } from "../net/errors.ts";
import { Fifo } from "../net/fifo.ts";

/** Work that is not finished. */
interface Work {
  /** Goes on for a slice; returns whether it is finished. */
  readonly slice: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Gives each work a slice in turn. */
export class Turns {
  readonly #queue = new Fifo<Work>();
  #immediate: ReturnType<typeof setImmediate> | null = null;
  #closed = false;

  /** Works that are not finished. */
  get pending(): number {
    return this.#queue.length;
  }

  /**
   * Calls `slice` again and again, in turn with others, until it returns `true`.
   *
   * @throws {ClosedError} If the turns are closed before.
   * @throws What `slice` throws.
   */
  run(slice: () => boolean): Promise<void> {
    if (this.#closed) return Promise.reject(stopped());
    return new Promise((resolve, reject) => {
      this.#queue.push({ slice, resolve, reject });
      this.#arm();
    });
  }

  /** Stops all work; what waits for it is rejected. */
  close(): void {
    this.#closed = true;
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    for (const work of this.#queue.takeAll()) work.reject(stopped());
  }

  #arm(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      this.#next();
    });
  }

  #next(): void {
    const work = this.#queue.shift();
    if (work === undefined) return;
    try {
      if (work.slice()) work.resolve();
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
