/**
 * One connection that a node serves: the socket, what it is doing, and the bytes on their way out.
 *
 * @module
 */

import { Activity, type CoarseClock, Phase } from "./activity.ts";
import { formatAddress } from "./address.ts";
import type { Connection } from "./connection.ts";
import type { Decoder } from "./decoder.ts";
import type { HalfwayError } from "./errors.ts";
import { FrameReader, type FrameReaderOptions } from "./frame_reader.ts";
import { OutputBuffer } from "./output_buffer.ts";

/** Where thrown-away bytes go. */
const DRAIN_BYTES = 16 * 1024;

/** A peer that is served. */
export class Peer {
  /** The socket. */
  readonly connection: Connection;
  /** What is waited for, and since when. */
  readonly activity: Activity;
  /** What {@linkcode Peer.flush} sends. A protocol may put a richer buffer in its place, before anything is sent. */
  out: OutputBuffer = new OutputBuffer();
  /** Set when the node wants to stop: what is under way is finished, and no further message is begun. */
  draining = false;
  /** Set with `draining` where the peer may begin one more message, if it knows by the answer that it is the last. */
  patient = false;
  /** Set while an answer has begun and is not whole: last words would be taken for a part of it. */
  answering = false;
  /** Called once when this end is closed, for what waits elsewhere on behalf of this peer. */
  onClose: (() => void) | null = null;

  #address = "";
  #reader: FrameReader<unknown> | null = null;
  #failure: HalfwayError | null = null;
  #closed = false;

  /** Wraps `connection`; made by `serve`. */
  constructor(connection: Connection, clock: CoarseClock) {
    this.connection = connection;
    this.activity = new Activity(clock);
  }

  /** The other end, as `host:port`. */
  get address(): string {
    return this.#address ||= formatAddress(this.connection.remoteAddr);
  }

  /** Why the node itself ended this connection, or `null`. */
  get failure(): HalfwayError | null {
    return this.#failure;
  }

  /** Whether this end is closed. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Reads messages with `decoder`; once for each peer. */
  frames<Frame>(
    decoder: Decoder<Frame>,
    options: Omit<FrameReaderOptions, "activity"> = {},
  ): FrameReader<Frame> {
    const reader = new FrameReader(this.connection, decoder, {
      ...options,
      activity: this.activity,
    });
    this.#reader = reader as FrameReader<unknown>;
    return reader;
  }

  /** Whether nothing of a message has arrived and none is worked on. */
  get idle(): boolean {
    return this.activity.phase === Phase.IDLE;
  }

  /** The bytes of the message that has begun to arrive; empty if there are none. */
  get leftover(): Uint8Array {
    return this.#reader?.leftover ?? new Uint8Array(0);
  }

  /** Sends what is in {@linkcode Peer.out}, and empties it. */
  async flush(): Promise<void> {
    if (this.out.length > 0) await this.flushed(await this.send());
  }

  /**
   * Begins to send what is in {@linkcode Peer.out}, which must not be empty. `flush()` in two steps, for a loop on the
   * hot path that saves the promise in between: the result goes to {@linkcode Peer.flushed}.
   */
  send(): Promise<number> {
    this.activity.enter(Phase.WRITE);
    return this.connection.write(this.out.written());
  }

  /** Ends a {@linkcode Peer.send}: `null` if all was taken, otherwise the rest is on its way. */
  flushed(sent: number): Promise<void> | null {
    if (sent < this.out.length) return this.#sendRest(sent);
    this.out.clear();
    this.activity.enter(Phase.WORK);
    return null;
  }

  async #sendRest(sent: number): Promise<void> {
    const { out } = this;
    while (sent < out.length) {
      // Some of it was taken: the time to take the rest begins anew.
      this.activity.enter(Phase.WRITE);
      sent += await this.connection.write(out.bytes.subarray(sent, out.length));
    }
    out.clear();
    this.activity.enter(Phase.WORK);
  }

  /**
   * Says the last words and closes so that the peer can read them: a socket that is closed with unread bytes in it is
   * reset, and takes what was written along. So the rest that arrives is thrown away until the peer closes too, or the
   * sweep finds that it takes too long.
   */
  async linger(lastWords: Uint8Array | null): Promise<void> {
    try {
      if (lastWords !== null && lastWords.length > 0) {
        this.out.clear();
        this.out.putBytes(lastWords);
        await this.flush();
      }
      this.activity.enter(Phase.LINGER);
      await this.connection.closeWrite();
      const sink = new Uint8Array(DRAIN_BYTES);
      while (await this.connection.read(sink) !== null);
    } catch {
      // The peer is gone already, which is all that was waited for.
    } finally {
      this.close();
    }
  }

  /** Sends bytes as they are, beside {@linkcode Peer.out}, which must be empty. */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      this.activity.enter(Phase.WRITE);
      sent += await this.connection.write(sent === 0 ? bytes : bytes.subarray(sent));
    }
    this.activity.enter(Phase.WORK);
  }

  /** Ends the connection from this side because of `failure`; a read or write under way fails. */
  fail(failure: HalfwayError): void {
    this.#failure ??= failure;
    this.close();
  }

  /** Closes the connection at once. Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.close();
    this.onClose?.();
  }
}
