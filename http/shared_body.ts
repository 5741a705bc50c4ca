/**
 * A body on its way from an origin that several read, each at a pace of its own, and that may be stored at its end.
 *
 * @module
 */

/** Bytes that may wait for the slowest reader once the body is not kept any more. */
const BACKLOG_BYTES = 256 * 1024;

/** Reads a shared body from its beginning. */
export interface SharedBodyReader {
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

/** Holds the pieces of a body for its readers. */
export class SharedBody {
  readonly #pieces: (Uint8Array | null)[] = [];
  /** For each reader the index of its next piece. */
  readonly #readers = new Map<SharedBodyReader, number>();
  #waiting: (() => void)[] = [];
  #writer: (() => void) | null = null;
  #backlog = 0;
  #done = false;
  #error: unknown = null;
  #failed = false;
  /** Bytes that have come so far. */
  length = 0;
  /** Whether all pieces are kept, so that it can be stored and read from the beginning. */
  kept = true;

  /** Whether someone reads it. */
  get wanted(): boolean {
    return this.#readers.size > 0;
  }

  /** Begins to read from the first byte; only while {@linkcode SharedBody.kept}. */
  read(): SharedBodyReader {
    const reader: SharedBodyReader = {
      next: () => this.#next(reader),
      leave: () => {
        this.#readers.delete(reader);
        this.#trim();
      },
    };
    this.#readers.set(reader, 0);
    return reader;
  }

  /** Adds a piece; the bytes are copied. Wait for {@linkcode SharedBody.room} before the next one. */
  push(piece: Uint8Array): void {
    this.#pieces.push(piece.slice());
    this.length += piece.length;
    this.#backlog += piece.length;
    this.#wake();
  }

  /** Resolves when there is room for another piece. While all is kept there always is: its size is bounded by others. */
  room(): Promise<void> | null {
    if (this.kept || this.#backlog < BACKLOG_BYTES || this.#readers.size === 0) return null;
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

  /** Keeps the pieces only as long as readers need them, because the whole has turned out too large to store. */
  forget(): void {
    this.kept = false;
    this.#trim();
  }

  /** All bytes, in one piece; only while kept. */
  toBytes(): Uint8Array {
    if (this.#pieces.length === 1) return this.#pieces[0]!;
    const bytes = new Uint8Array(this.length);
    let at = 0;
    for (const piece of this.#pieces) {
      bytes.set(piece!, at);
      at += piece!.length;
    }
    return bytes;
  }

  async #next(reader: SharedBodyReader): Promise<Uint8Array | null> {
    for (;;) {
      const at = this.#readers.get(reader);
      if (at === undefined) return null;
      if (at < this.#pieces.length) {
        const piece = this.#pieces[at]!;
        this.#readers.set(reader, at + 1);
        if (!this.kept) this.#trim();
        return piece;
      }
      if (this.#failed) throw this.#error;
      if (this.#done) {
        this.#readers.delete(reader);
        return null;
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Lets go of pieces that every reader has had. */
  #trim(): void {
    if (this.kept) return;
    const slowest = Math.min(this.#pieces.length, ...this.#readers.values());
    for (let i = slowest - 1; i >= 0 && this.#pieces[i] !== null; i--) {
      this.#backlog -= this.#pieces[i]!.length;
      this.#pieces[i] = null;
    }
    if (this.#backlog < BACKLOG_BYTES || this.#readers.size === 0) this.#release();
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
