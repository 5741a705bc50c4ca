/**
 * Where a long body goes while it comes: a place beside the memory, from which it can be read at once.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import type { PieceReader, StoredBytes } from "./stored_bytes.ts";

/** A place for the bytes of one body, from its first one on. */
export interface Spill {
  /**
   * Adds bytes, which must not change until it resolves. One call at a time.
   *
   * @throws {Error} If they can't be kept. What was added before can still be read.
   */
  write(bytes: Uint8Array): Promise<void>;

  /**
   * Reads what has been added.
   *
   * @param position Offset of the first byte.
   * @param target Where they go.
   * @returns How many were read; 0 if there are none.
   */
  read(position: number, target: Uint8Array): Promise<number>;

  /** Nobody reads from here any more. What no store has taken over is gone then. Closing twice does nothing. */
  close(): void;
}

/** Bytes that lie in a {@linkcode Spill}, for a store to take over. */
export class SpilledBytes implements StoredBytes {
  readonly inMemory = null;
  readonly length: number;
  /** Where they lie. */
  readonly spill: Spill;

  /** All `length` bytes that have been added to `spill`. */
  constructor(spill: Spill, length: number) {
    this.spill = spill;
    this.length = length;
  }

  readNow(): boolean {
    return false;
  }

  open(first: number, length: number): Promise<PieceReader | null> {
    let at = first;
    const end = first + length;
    const buffer = new Uint8Array(Math.min(length, READ_BYTES));
    return Promise.resolve({
      next: async () => {
        if (at === end) return null;
        const n = await this.spill.read(at, buffer.subarray(0, end - at));
        if (n === 0) throw new HalfwayError("CLOSED", "The body is not there any more");
        at += n;
        return buffer.subarray(0, n);
      },
      close: () => {},
    });
  }
}

/** Bytes that are read back at a time. */
export const READ_BYTES = 64 * 1024;
