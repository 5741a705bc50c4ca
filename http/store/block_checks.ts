/**
 * Check sums of a body's blocks, so that bytes which were changed on a disk are found out each time they are read, and
 * not the whole body has to be read for that.
 *
 * CRC-32, as disks, archives and Ethernet have it: it finds every damage within 32 bits, and all but one in four thousand
 * million of any other. It costs a hundredth of the time of a cryptographic digest, which would guard against those who
 * can write to the folder, but they can write a digest as well.
 *
 * @module
 */

import { crc32 } from "node:zlib";

/** Bytes that one check sum stands for; the last block of a body is shorter. */
export const BLOCK_BYTES = 64 * 1024;

/** Adds up the check sums of a body while it comes. */
export class BlockChecks {
  readonly #sums: number[] = [];
  #sum = 0;
  #filled = 0;

  /** Adds the next bytes. */
  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      const piece = bytes.subarray(at, at + BLOCK_BYTES - this.#filled);
      this.#sum = crc32(piece, this.#sum);
      this.#filled += piece.length;
      at += piece.length;
      if (this.#filled === BLOCK_BYTES) this.#endBlock();
    }
  }

  /** The sums of all blocks; nothing may be added any more. */
  finish(): readonly number[] {
    if (this.#filled > 0) this.#endBlock();
    return this.#sums;
  }

  #endBlock(): void {
    this.#sums.push(this.#sum);
    this.#sum = 0;
    this.#filled = 0;
  }
}

/** The check sum of bytes that are no block of a body. */
export function checkSum(bytes: Uint8Array): number {
  return crc32(bytes);
}

/**
 * Whether blocks are as they were when they were summed up.
 *
 * @param bytes Whole blocks one after the other, the last one of a body as short as it is.
 * @param firstBlock Number of the first of them.
 * @param sums The sums of all blocks of the body.
 */
export function areRight(
  bytes: Uint8Array,
  firstBlock: number,
  sums: readonly number[],
): boolean {
  for (let at = 0, block = firstBlock; at < bytes.length; at += BLOCK_BYTES, block++) {
    if (crc32(bytes.subarray(at, at + BLOCK_BYTES)) !== sums[block]) return false;
  }
  return true;
}
