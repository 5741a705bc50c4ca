/**
 * A body on its way from an origin that several read, each at a pace of its own, and that may be stored at its end.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { READ_BYTES, type Spill, SpilledBytes } from "../store/spill.ts";
import { MemoryBytes, type StoredBytes } from "../store/stored_bytes.ts";

/** Bytes in memory that may wait for the slowest reader once the body is not kept any more. */
const BACKLOG_BYTES = 256 * 1024;

/** Bytes that may wait to be spilled: no more than are in memory anyway, for those who come along. */
const UNSPILLED_BYTES = BACKLOG_BYTES;

/** Pieces smaller than this are put together: an array for each byte would cost a hundred times what it holds. */
const BLOCK_BYTES = 4 * 1024;

/** Reads a shared body from its beginning. */
export interface SharedBodyReader {
  /** Whether nothing follows what has been taken. */
  readonly done: boolean;
  /** The next piece if it is there already, else `null`. */
  poll(): Uint8Array | null;
  /**
   * The next piece.
   *
   * @returns Bytes, or `null` at the end.
   * @throws What broke the body off.
   */
  next(): Promise<Uint8Array | null>;
  /** Reads no further. */
  leave(): void;
}

/** Bytes of a body. Those that are filled never change. */
interface Block {
  /** Offset in the body of the first byte. */
  readonly first: number;
  /** Room for bytes. */
  readonly bytes: Uint8Array;
  /** How many there are. */
  filled: number;
}

/** Where a reader is. */
interface Place {
  /** Offset in the body of the next byte. */
  at: number;
  /** The block it is in, counted from the beginning of the body. */
  block: number;
  /** Where bytes are read back to that are in memory no more. */
  buffer: Uint8Array | null;
}

/** Holds the bytes of a body for its readers. */
export class SharedBody {
  #blocks: Block[] = [];
  /** Blocks before the first one of `#blocks` that are let go. */
  #gone = 0;
  readonly #readers = new Map<SharedBodyReader, Place>();
  #waiting: (() => void)[] = [];
  #writer: (() => void) | null = null;
  #done = false;
  #error: unknown = null;
  #failed = false;
  #spill: Spill | null = null;
  /** Bytes from the first one on that lie in the spill. */
  #spilled = 0;
  #spilling: Promise<void> | null = null;
  #spillClosed = false;
  /** Bytes that have come so far. */
  length = 0;
  /** Whether all bytes are kept, so that it can be stored and read from the beginning. */
  kept = true;

  /** Whether it can be read from its first byte, to its end if there is one. */
  get readable(): boolean {
    return this.kept && !this.#failed && !this.#spillClosed;
  }

  /** Bytes that it holds in memory. */
  get heldBytes(): number {
    return this.#blocks.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /** Whether someone reads it. */
  get wanted(): boolean {
    return this.#readers.size > 0;
  }

  /** Begins to read from the first byte; only while {@linkcode SharedBody.readable}. */
  read(): SharedBodyReader {
    const isDone = (): boolean => this.#done && this.#isAtEnd(reader);
    const reader: SharedBodyReader = {
      get done(): boolean {
        return isDone();
      },
      poll: () => this.#poll(reader),
      next: () => this.#next(reader),
      leave: () => {
        this.#readers.delete(reader);
        this.#trim();
        this.#closeSpill();
      },
    };
    this.#readers.set(reader, { at: 0, block: 0, buffer: null });
    return reader;
  }

  /** Adds a piece; the bytes are copied. Wait for {@linkcode SharedBody.room} before the next one. */
  push(piece: Uint8Array): void {
    const last = this.#blocks.at(-1);
    if (last !== undefined && last.bytes.length - last.filled >= piece.length) {
      last.bytes.set(piece, last.filled);
      last.filled += piece.length;
    } else {
      const bytes = new Uint8Array(Math.max(piece.length, this.length === 0 ? 0 : BLOCK_BYTES));
      bytes.set(piece);
      this.#blocks.push({ first: this.length, bytes, filled: piece.length });
    }
    this.length += piece.length;
    this.#wake();
    this.#keepSpilling();
  }

  /** From now on what has come is kept in `spill`, and in memory for as long only as it is handy. */
  spillTo(spill: Spill): void {
    this.#spill = spill;
    this.#keepSpilling();
  }

  /** Whether there is no place yet for what the memory should not hold. */
  get inMemory(): boolean {
    return this.#spill === null;
  }

  /**
   * Resolves when there is room for another piece. While all is kept in memory there always is: its size is bounded by
   * others.
   */
  room(): Promise<void> | null {
    if (this.#hasRoom()) return null;
    return new Promise((resolve) => this.#writer = resolve);
  }

  /** Ends the body. */
  finish(): void {
    this.#done = true;
    this.#wake();
    this.#closeSpill();
  }

  /** Breaks the body off. */
  fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
    this.#wake();
    this.#release();
    this.#closeSpill();
  }

  /** Keeps the bytes only as long as readers need them, because the whole will not be stored. */
  forget(): void {
    this.kept = false;
    this.#trim();
  }

  /**
   * All bytes that have come, for a store; nothing may be added any more.
   *
   * @returns `null` if they are not kept.
   */
  async stow(): Promise<StoredBytes | null> {
    while (this.#spilling !== null) await this.#spilling;
    if (!this.kept) return null;
    return this.#spill === null
      ? new MemoryBytes(this.#toBytes())
      : new SpilledBytes(this.#spill, this.length);
  }

  #toBytes(): Uint8Array {
    if (this.#blocks.length === 1) {
      const [{ bytes, filled }] = this.#blocks;
      if (filled === bytes.length) return bytes;
    }
    const bytes = new Uint8Array(this.length);
    for (const block of this.#blocks) {
      bytes.set(block.bytes.subarray(0, block.filled), block.first);
    }
    return bytes;
  }

  #isAtEnd(reader: SharedBodyReader): boolean {
    const place = this.#readers.get(reader);
    return place === undefined || place.at === this.length;
  }

  #poll(reader: SharedBodyReader): Uint8Array | null {
    const place = this.#readers.get(reader);
    if (place === undefined || place.at === this.length || place.at < this.#inMemoryFrom) {
      return null;
    }
    if (place.block < this.#gone) place.block = this.#gone;
    let block = this.#blocks[place.block - this.#gone];
    if (place.at === block.first + block.filled) block = this.#blocks[++place.block - this.#gone];
    const piece = block.bytes.subarray(place.at - block.first, block.filled);
    place.at += piece.length;
    if (!this.kept) this.#trim();
    return piece;
  }

  async #next(reader: SharedBodyReader): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.#poll(reader);
      const place = this.#readers.get(reader);
      if (piece !== null || place === undefined) return piece;
      if (place.at < this.#inMemoryFrom) return await this.#readBack(place);
      if (this.#failed) throw this.#error;
      if (this.#done) {
        this.#readers.delete(reader);
        this.#closeSpill();
        return null;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Offset of the first byte that is still in memory. */
  get #inMemoryFrom(): number {
    return this.#blocks.length === 0 ? 0 : this.#blocks[0].first;
  }

  #hasRoom(): boolean {
    if (this.kept) return this.#spill === null || this.length - this.#spilled < UNSPILLED_BYTES;
    return this.#readers.size === 0 || this.length - this.#inMemoryFrom < BACKLOG_BYTES;
  }

  /** Lets go of blocks that every reader has left, or that can be read back. */
  #trim(): void {
    const count = this.kept ? this.#countSpilled() : this.#countLeft();
    if (count > 0) {
      this.#blocks.splice(0, count);
      this.#gone += count;
    }
    if (this.#hasRoom()) this.#release();
  }

  #countLeft(): number {
    let slowest = this.#gone + this.#blocks.length;
    for (const { block } of this.#readers.values()) slowest = Math.min(slowest, block);
    // The last block may still be added to; whoever is at its end looks there for what comes next.
    return Math.max(0, Math.min(slowest - this.#gone, this.#blocks.length - 1));
  }

  #countSpilled(): number {
    let count = 0;
    for (; count < this.#blocks.length - 1; count++) {
      const next = this.#blocks[count + 1].first;
      if (next > this.#spilled || this.length - next < BACKLOG_BYTES) break;
    }
    return count;
  }

  async #readBack(place: Place): Promise<Uint8Array> {
    const buffer = place.buffer ??= new Uint8Array(READ_BYTES);
    const room = Math.min(buffer.length, this.#inMemoryFrom - place.at);
    const n = await this.#spill!.read(place.at, buffer.subarray(0, room));
    if (n === 0) throw new HalfwayError("CLOSED", "The body is not there any more");
    place.at += n;
    return buffer.subarray(0, n);
  }

  #keepSpilling(): void {
    if (this.#spill === null || this.#spilling !== null || !this.kept) return;
    if (this.#spilled === this.length) return;
    this.#spilling = this.#spillAll(this.#spill);
  }

  async #spillAll(spill: Spill): Promise<void> {
    try {
      while (this.kept && this.#spilled < this.length) {
        const block = this.#blocks.find(({ first, filled }) => first + filled > this.#spilled)!;
        const bytes = block.bytes.subarray(this.#spilled - block.first, block.filled);
        await spill.write(bytes);
        this.#spilled += bytes.length;
        this.#trim();
      }
    } catch {
      // It will not be stored. Who reads goes on: what was spilled is there, and the rest is in memory.
      this.forget();
    } finally {
      this.#spilling = null;
      this.#release();
      this.#closeSpill();
    }
  }

  /** Closes the spill when nothing is added to it any more and nobody reads. */
  #closeSpill(): void {
    const over = this.#done || this.#failed;
    if (!over || this.#readers.size > 0 || this.#spilling !== null || this.#spill === null) return;
    this.#spillClosed = true;
    this.#spill.close();
  }

  #release(): void {
    const writer = this.#writer;
    this.#writer = null;
    writer?.();
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resolve of waiting) resolve();
  }
}
