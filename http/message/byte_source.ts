/**
 * The bytes of a connection, buffered, for messages whose parts are read in different ways: a head, then a body.
 *
 * @module
 */

import type { Connection } from "../../net/connection.ts";

const INITIAL_BYTES = 4 * 1024;

/** A body is read in pieces of up to this size. */
const BODY_BYTES = 64 * 1024;

/** Reads ahead. The bytes that were read and not taken are `buffer[start, end)`. */
export class ByteSource {
  /** The receive buffer. */
  buffer: Uint8Array = new Uint8Array(INITIAL_BYTES);
  /** Offset of the first byte that is not taken. */
  start = 0;
  /** Offset after the last byte that has come. */
  end = 0;
  /** Whether the peer has closed its side. */
  ended = false;
  readonly #connection: Connection;
  /** A read that was begun ahead; see {@linkcode ByteSource.watch}. */
  #ahead: Promise<boolean> | null = null;

  /** Reads from `connection`, and does not close it. */
  constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Bytes that have come and are not taken. */
  get available(): number {
    return this.end - this.start;
  }

  /**
   * Reads once more. What is not taken is kept, and may be moved to the front of the buffer, or to a larger one.
   *
   * @param roomy Whether to read in large pieces, for a body.
   * @returns Whether bytes have come; `false` when the peer has closed.
   * @throws {Error} What the connection throws.
   */
  fill(roomy = false): Promise<boolean> {
    const ahead = this.#ahead;
    if (ahead !== null) {
      this.#ahead = null;
      return ahead;
    }
    return this.#fill(roomy);
  }

  /**
   * Begins the next read now, though nothing is expected yet, to see whether the peer closes meanwhile. The next
   * {@linkcode ByteSource.fill} takes it over.
   *
   * @returns What that fill will come to.
   */
  watch(): Promise<boolean> {
    return this.#ahead ??= this.#fill(false);
  }

  async #fill(roomy: boolean): Promise<boolean> {
    if (this.ended) return false;
    this.#makeRoom(roomy);
    const { buffer, end } = this;
    const n = await this.#connection.read(end === 0 ? buffer : buffer.subarray(end));
    if (n === null) {
      this.ended = true;
      return false;
    }
    this.end += n;
    return true;
  }

  #makeRoom(roomy: boolean): void {
    if (this.start === this.end) {
      this.start = this.end = 0;
      if (roomy && this.buffer.length < BODY_BYTES) this.buffer = new Uint8Array(BODY_BYTES);
      else if (!roomy && this.buffer.length >= BODY_BYTES) {
        this.buffer = new Uint8Array(INITIAL_BYTES);
      }
      return;
    }
    if (this.end < this.buffer.length) return;
    const kept = this.buffer.subarray(this.start, this.end);
    if (kept.length * 2 > this.buffer.length) {
      const larger = new Uint8Array(this.buffer.length * 2);
      larger.set(kept);
      this.buffer = larger;
    } else {
      this.buffer.copyWithin(0, this.start, this.end);
    }
    this.end = kept.length;
    this.start = 0;
  }
}
