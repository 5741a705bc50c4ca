/**
 * Turns the bytes of a connection into frames, as an async iterator of batches.
 *
 * One read of the socket gives ALL whole frames that have arrived. A server answers a batch with one write, and that is
 * where the speed comes from: no promise and no system call per message.
 *
 * @module
 */

import { type Activity, Phase } from "./activity.ts";
import type { Connection } from "./connection.ts";
import { type Decoder, NEED_MORE } from "./decoder.ts";
import { FrameTooLargeError, UnexpectedEndError } from "./errors.ts";

/** Bytes of the receive buffer at first: an idle connection should cost little. */
const INITIAL_BYTES = 2 * 1024;

/** A buffer that a peer has filled in one read grows, up to twice this size, for larger batches. */
const BATCH_BYTES = 64 * 1024;

/** The most frames in one batch: their objects are kept, and a peer could send very many very small ones. */
const MAX_BATCH_FRAMES = 1024;

/** Settings of a {@linkcode FrameReader}. */
export interface FrameReaderOptions {
  /** The largest frame, in bytes; the buffer never grows beyond about twice as much. @default {65536} */
  readonly maxFrameBytes?: number;
  /**
   * How long the peer has to be quiet before the decoder is asked to take what is there, in milliseconds; a function is
   * asked at each wait. Left out, only the end of the stream does that.
   */
  readonly quietMs?: number | (() => number);
  /** Told what is waited for, so that a sweep can end it. */
  readonly activity?: Activity;
}

/**
 * Reads frames in batches.
 *
 * The frames of a batch, and the bytes that they point to, are valid until the next batch is asked for.
 *
 * @example
 * ```ts ignore
 * for await (const frames of new FrameReader(connection, decoder)) {
 *   for (const frame of frames) answer(frame);
 * }
 * ```
 */
export class FrameReader<Frame> implements AsyncIterable<readonly Frame[]> {
  readonly #connection: Connection;
  readonly #decoder: Decoder<Frame>;
  readonly #maxFrameBytes: number;
  readonly #quietMs: number | (() => number) | undefined;
  readonly #activity: Activity | null;

  #buffer: Uint8Array;
  /** The bytes not yet decoded are `#buffer[#start, #end)`. */
  #start = 0;
  #end = 0;
  /** Up to here the decoder has looked at the present frame in vain. */
  #seen = 0;
  #ended = false;
  #lastRead = INITIAL_BYTES >> 1;
  /** The peer has just been quiet for as long as was asked for. */
  #quiet = false;
  /** It was quiet before, and that did not make a frame. */
  #patient = false;
  /** A read that was still under way when a quiet gap gave a batch; its bytes go to `#buffer` from `#end` on. */
  #pending: Promise<number | null> | null = null;

  /** Frame objects made so far; the first ones of them are the present batch. */
  readonly #pool: Frame[] = [];
  readonly #batch: Frame[] = [];

  /** Reads `connection` with `decoder`. The reader does not close the connection. */
  constructor(connection: Connection, decoder: Decoder<Frame>, options: FrameReaderOptions = {}) {
    const { maxFrameBytes = 64 * 1024, quietMs, activity = null } = options;
    this.#connection = connection;
    this.#decoder = decoder;
    this.#maxFrameBytes = maxFrameBytes;
    this.#quietMs = quietMs;
    this.#activity = activity;
    this.#buffer = new Uint8Array(Math.min(INITIAL_BYTES, maxFrameBytes));
  }

  /** Bytes that have arrived and belong to no whole frame yet. */
  get buffered(): number {
    return this.#end - this.#start;
  }

  /** The receive buffer, in which the frames of a batch lie. */
  get bytes(): Uint8Array {
    return this.#buffer;
  }

  /** The bytes that {@linkcode FrameReader.buffered} counts, to look at after an error. */
  get leftover(): Uint8Array {
    return this.#buffer.subarray(this.#start, this.#end);
  }

  /**
   * Waits for the next batch.
   *
   * @returns One or more frames, or `null` when the peer has closed its side after a whole frame.
   * @throws {FrameSyntaxError} If the bytes are no frame.
   * @throws {FrameTooLargeError} If a frame passes the limit.
   * @throws {UnexpectedEndError} If the peer closed in the middle of a frame.
   * @throws {Error} What the connection throws when it is reset or closed.
   */
  async next(): Promise<readonly Frame[] | null> {
    for (;;) {
      const batch = this.poll();
      if (batch !== null || this.ended) return batch;
      this.arrived(await this.wait());
    }
  }

  /**
   * The next batch out of what has arrived, without waiting. `next()` in three steps, for a loop on the hot path that
   * saves the promise in between: `poll()` until it gives `null`, then `arrived(await wait())`.
   *
   * @returns One or more frames, or `null` if more bytes are needed or the stream has ended.
   * @throws {FrameSyntaxError} As {@linkcode FrameReader.next}.
   */
  poll(): readonly Frame[] | null {
    if (this.#end > this.#start) {
      const flush = this.#quiet || this.#ended;
      this.#quiet = false;
      if (this.#decode(flush)) return this.#batch;
      if (this.#ended) {
        throw new UnexpectedEndError(
          `Peer closed in the middle of a message, after ${this.#end - this.#start} bytes of it`,
        );
      }
      // Nothing can be made of it yet: wait for bytes, and no longer for quiet.
      this.#patient = flush;
    }
    return null;
  }

  /** Whether the peer has closed its side and all that it sent is decoded. */
  get ended(): boolean {
    return this.#ended && this.#start === this.#end;
  }

  /** Reads once; the result goes to {@linkcode FrameReader.arrived}. */
  wait(): Promise<number | null> {
    return this.#quietMs !== undefined && this.#end > this.#start && !this.#patient
      ? this.#readOrQuiet(typeof this.#quietMs === "number" ? this.#quietMs : this.#quietMs())
      : this.#read();
  }

  /** Takes note of what {@linkcode FrameReader.wait} gave. */
  arrived(n: number | null): void {
    if (n === QUIET) {
      this.#quiet = true;
      return;
    }
    this.#pending = null;
    this.#patient = false;
    if (n === null) {
      this.#ended = true;
    } else {
      this.#end += n;
      this.#lastRead = n;
    }
  }

  /** The batches, until the peer closes its side. */
  async *[Symbol.asyncIterator](): AsyncIterator<readonly Frame[]> {
    for (let batch = await this.next(); batch !== null; batch = await this.next()) yield batch;
  }

  /** Decodes what is there into the batch. Returns whether there is a frame in it. */
  #decode(flush: boolean): boolean {
    const batch = this.#batch;
    const decoder = this.#decoder;
    const buffer = this.#buffer;
    const end = this.#end;
    let count = 0;
    let start = this.#start;
    let seen = Math.max(this.#seen, start);
    batch.length = 0;
    while (start < end && count < MAX_BATCH_FRAMES) {
      let frame = this.#pool[count];
      if (frame === undefined) this.#pool.push(frame = decoder.create());
      let next: number;
      try {
        next = decoder.decode(frame, buffer, start, end, flush, seen);
        if ((next === NEED_MORE ? end : next) - start > this.#maxFrameBytes) {
          throw new FrameTooLargeError(`Message is longer than ${this.#maxFrameBytes} bytes`);
        }
      } catch (error) {
        // The frames before the broken one are whole and get their answer first; the error comes with the next call.
        if (count === 0) throw error;
        break;
      }
      if (next === NEED_MORE) {
        seen = end;
        break;
      }
      batch.push(frame);
      count++;
      start = next;
      seen = next;
    }
    this.#start = start;
    this.#seen = seen;
    if (count > 0) {
      this.#activity?.enter(Phase.WORK);
      return true;
    }
    return false;
  }

  #read(): Promise<number | null> {
    if (this.#pending !== null) {
      this.#activity?.remain(this.#end > this.#start ? Phase.FRAME : Phase.IDLE);
      return this.#pending;
    }
    if (this.#start === this.#end) {
      this.#start = this.#end = this.#seen = 0;
      this.#resize();
      this.#activity?.enter(Phase.IDLE);
    } else {
      if (this.#end === this.#buffer.length) this.#makeRoom();
      this.#activity?.remain(Phase.FRAME);
    }
    const buffer = this.#buffer;
    return this.#connection.read(this.#end === 0 ? buffer : buffer.subarray(this.#end));
  }

  /** Fits the empty buffer to the peer: larger for one that sends much at once, small again when that is over. */
  #resize(): void {
    const length = this.#buffer.length;
    if (this.#lastRead === length && length < BATCH_BYTES) {
      this.#buffer = new Uint8Array(length * 4);
    } else if (this.#lastRead < length >> 4 && length > INITIAL_BYTES) {
      this.#buffer = new Uint8Array(INITIAL_BYTES);
    }
  }

  /**
   * Moves the present frame to the front of the buffer: into a larger one if it fills more than half of it, or if reads
   * may become larger, since the last one left no room.
   */
  #makeRoom(): void {
    const length = this.#end - this.#start;
    const old = this.#buffer;
    let size = old.length;
    if (size < BATCH_BYTES) size = Math.min(size * 4, BATCH_BYTES);
    else if (length > size >> 1) size = Math.min(size * 2, this.#maxFrameBytes + INITIAL_BYTES);
    if (size > old.length) {
      this.#buffer = new Uint8Array(size);
      this.#buffer.set(old.subarray(this.#start, this.#end));
    } else {
      old.copyWithin(0, this.#start, this.#end);
    }
    this.#seen -= this.#start;
    this.#start = 0;
    this.#end = length;
  }

  /** The next read, or {@linkcode QUIET} if nothing arrives for a while; the read then stays under way. */
  #readOrQuiet(quietMs: number): Promise<number | null> {
    const read = this.#read();
    this.#pending = read;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(QUIET), quietMs);
      read.then((n) => {
        clearTimeout(timer);
        resolve(n);
      }, (error) => {
        clearTimeout(timer);
        reject(error);
      });
    });
  }
}

/** Stands for "nothing arrived" where a read gives its number of bytes. */
const QUIET = -1;
