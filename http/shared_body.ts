/**
 * A body on its way from an origin that several read, each at a pace of its own, and that may be stored at its end.
 *
 * @module
 */

/** Bytes that may wait for the slowest reader once the body is not kept any more. */
const BACKLOG_BYTES = 256 * 1024;

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
  /** Bytes that have come so far. */
  length = 0;
  /** Whether all bytes are kept, so that it can be stored and read from the beginning. */
  kept = true;

  /** Whether it was broken off. */
  get failed(): boolean {
    return this.#failed;
  }

  /** Whether someone reads it. */
  get wanted(): boolean {
    return this.#readers.size > 0;
  }

  /** Begins to read from the first byte; only while {@linkcode SharedBody.kept}. */
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
      },
    };
    this.#readers.set(reader, { at: 0, block: 0 });
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
  }

  /** Resolves when there is room for another piece. While all is kept there always is: its size is bounded by others. */
  room(): Promise<void> | null {
    if (this.#hasRoom()) return null;
    return new Promise((resolve) => this.#writer = resolve);
  }

  /** Ends the body. */
  finish(): void {
    this.#done = true;
    this.#wake();
  }

  /** Breaks the body off. */
  fail(error: unknown): void {
    this.#failed = true;
    this.#error = error;
    this.#wake();
    this.#release();
  }

  /** Keeps the bytes only as long as readers need them, because the whole will not be stored. */
  forget(): void {
    this.kept = false;
    this.#trim();
  }

  /** All bytes, in one piece; only while kept. */
  toBytes(): Uint8Array {
    const [first] = this.#blocks;
    if (this.#blocks.length === 1 && first.filled === first.bytes.length) return first.bytes;
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
    if (place === undefined || place.at === this.length) return null;
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
      if (piece !== null || !this.#readers.has(reader)) return piece;
      if (this.#failed) throw this.#error;
      if (this.#done) {
        this.#readers.delete(reader);
        return null;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  #hasRoom(): boolean {
    if (this.kept || this.#readers.size === 0) return true;
    let slowest = this.length;
    for (const { at } of this.#readers.values()) slowest = Math.min(slowest, at);
    return this.length - slowest < BACKLOG_BYTES;
  }

  /** Lets go of blocks that every reader has left. */
  #trim(): void {
    if (this.kept) return;
    let slowest = this.#gone + this.#blocks.length;
    for (const { block } of this.#readers.values()) slowest = Math.min(slowest, block);
    // The last block may still be added to; whoever is at its end looks there for what comes next.
    const count = Math.min(slowest - this.#gone, this.#blocks.length - 1);
    if (count > 0) {
      this.#blocks.splice(0, count);
      this.#gone += count;
    }
    if (this.#hasRoom()) this.#release();
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
