/**
 * One connection to a server, with its requests under way: written in batches, answered in order.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { Decoder } from "./decoder.ts";
import { ClosedError, FrameSyntaxError, type HalfwayError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import { FrameReader, type FrameReaderOptions } from "./frame_reader.ts";
import { asNetworkError } from "./network_errors.ts";
import { OutputBuffer } from "./output_buffer.ts";

/** A request to a server, and what to do when it is over. Exactly one of `onReply` and `onFailure` is called, once. */
export interface UpstreamRequest<Reply> {
  /** Puts the bytes of the request into `out`; called again if it has to be sent again. */
  write(out: OutputBuffer): void;
  /** Whether it may be sent again when it is not known if the server had it. */
  readonly repeatable: boolean;
  /**
   * The server has answered. Called in the order of the answers.
   *
   * If it throws, the answer makes no sense: the connection is given up, and `onSettled` is called when it is over.
   *
   * @param reply The answer, valid during the call.
   * @param bytes The receive buffer that it lies in.
   */
  onReply(reply: Reply, bytes: Uint8Array): void;
  /**
   * There will be no answer.
   *
   * @param error Why.
   * @param mayHaveArrived Whether the server may have had a byte of it, and so may have done what it asks, or may still
   * do it: until `onSettled`, if there is one.
   */
  onFailure(error: HalfwayError, mayHaveArrived: boolean): void;
  /** After `onFailure` with `mayHaveArrived`: the connection is over, nothing of the request is still to happen. */
  onSettled?(): void;
}

/** A request on its way. */
export interface Pending<Reply> {
  readonly request: UpstreamRequest<Reply>;
  /** When it was asked for, in milliseconds of a monotonic clock. */
  readonly askedAtMs: number;
  /** When its bytes were handed to the socket; 0 before. */
  sentAtMs: number;
}

/** Why a line is over. */
export interface LineEnd<Reply> {
  /** What ended it; `null` when the server closed while nothing was under way. */
  readonly error: HalfwayError | null;
  /** The requests that have no answer, in order. */
  readonly pending: Pending<Reply>[];
  /** Whether the server itself closed or reset the connection, so that nothing is left for it to read. */
  readonly byPeer: boolean;
  /** The request whose answer made no sense, if that is why: the server may have done it, or may still do it. */
  readonly doubted: UpstreamRequest<Reply> | null;
}

/** Settings of an {@linkcode UpstreamLine}. */
export interface UpstreamLineOptions<Reply> extends FrameReaderOptions {
  /** The server, for sentences. */
  readonly peer: string;
  /** Whether a frame is a reply; every frame if left out. */
  readonly isReply?: (frame: Reply) => boolean;
}

/** One connection to a server. */
export class UpstreamLine<Reply> {
  /** Resolves once both sides are closed. */
  readonly over: Promise<void>;
  readonly #connection: Connection;
  readonly #reader: FrameReader<Reply>;
  readonly #peer: string;
  readonly #isReply: ((frame: Reply) => boolean) | null;
  readonly #onEnd: (end: LineEnd<Reply>) => void;
  readonly #onIdle: () => void;
  readonly #inFlight = new Fifo<Pending<Reply>>();
  /** Requests not yet handed to the socket; they are the last ones of those in flight. */
  readonly #unsent = new Fifo<Pending<Reply>>();
  #filling = new OutputBuffer();
  #sending = new OutputBuffer();
  #writing = false;
  #ended = false;
  #doubted: UpstreamRequest<Reply> | null = null;
  #shutAlready = false;

  /** Takes a new connection and reads from it at once. */
  constructor(
    connection: Connection,
    decoder: Decoder<Reply>,
    options: UpstreamLineOptions<Reply>,
    onEnd: (end: LineEnd<Reply>) => void,
    onIdle: () => void,
  ) {
    this.#connection = connection;
    this.#peer = options.peer;
    this.#isReply = options.isReply ?? null;
    this.#onEnd = onEnd;
    this.#onIdle = onIdle;
    this.#reader = new FrameReader(connection, decoder, options);
    this.over = this.#readLoop();
  }

  /** Whether the server has answered anything on this connection that made sense. */
  answered = false;

  /** When the last answer came, or the connection was made, in milliseconds of a monotonic clock. */
  idleSinceMs: number = performance.now();

  /** Requests without an answer. */
  get load(): number {
    return this.#inFlight.length;
  }

  /** When the oldest request without an answer was sent; `Infinity` if there is none. */
  get waitingSinceMs(): number {
    const oldest = this.#inFlight.peek();
    return oldest === undefined || oldest.sentAtMs === 0 ? Infinity : oldest.sentAtMs;
  }

  /** Sends a request behind those under way. What is sent in one turn of the event loop leaves in one write. */
  send(pending: Pending<Reply>): void {
    pending.sentAtMs = 0;
    this.#inFlight.push(pending);
    this.#unsent.push(pending);
    pending.request.write(this.#filling);
    if (!this.#writing) {
      this.#writing = true;
      queueMicrotask(() => this.#writeLoop());
    }
  }

  /**
   * Gives the connection up because of `error`. Our side is closed, and what the server still sends is thrown away until
   * it closes too: only then is it sure that it does nothing more of what it was asked.
   */
  abandon(error: HalfwayError): void {
    if (this.#end(error, false)) this.#connection.closeWrite().catch(() => {});
  }

  /** Closes the connection at once. */
  close(error: HalfwayError): void {
    this.#end(error, false);
    this.#shut();
  }

  #shut(): void {
    if (this.#shutAlready) return;
    this.#shutAlready = true;
    this.#connection.close();
  }

  async #writeLoop(): Promise<void> {
    try {
      while (this.#filling.length > 0 && !this.#ended) {
        const out = this.#filling;
        this.#filling = this.#sending;
        this.#sending = out;
        const now = performance.now();
        for (let next = this.#unsent.shift(); next !== undefined; next = this.#unsent.shift()) {
          next.sentAtMs = now;
        }
        let sent = await this.#connection.write(out.written());
        while (sent < out.length) {
          sent += await this.#connection.write(out.bytes.subarray(sent, out.length));
        }
        out.clear();
      }
    } catch (error) {
      this.#end(asNetworkError(error, this.#peer), true);
      this.#shut();
    } finally {
      this.#writing = false;
    }
  }

  async #readLoop(): Promise<void> {
    const reader = this.#reader;
    try {
      for (;;) {
        const batch = reader.poll();
        if (batch === null) {
          if (reader.ended) break;
          reader.arrived(await reader.wait());
          if (this.#ended) break;
          continue;
        }
        for (let i = 0; i < batch.length && !this.#ended; i++) this.#take(batch[i]);
        if (this.#ended) break;
        this.idleSinceMs = performance.now();
        this.#onIdle();
      }
      if (!this.#ended) {
        const busy = this.#inFlight.length > 0;
        this.#end(busy ? new ClosedError(`${this.#peer} closed without an answer`) : null, true);
      }
    } catch (thrown) {
      const error = asNetworkError(thrown, this.#peer);
      if (error.code === "FRAME_SYNTAX" || error.code === "FRAME_TOO_LARGE") this.abandon(error);
      else this.#end(error, true);
    }
    await this.#readToEnd();
    this.#shut();
  }

  #take(reply: Reply): void {
    if (this.#isReply !== null && !this.#isReply(reply)) return;
    const pending = this.#inFlight.shift();
    if (pending === undefined) {
      throw new FrameSyntaxError(`${this.#peer} sent a reply that nothing was asked for`);
    }
    try {
      pending.request.onReply(reply, this.#reader.bytes);
    } catch (error) {
      this.#doubted = pending.request;
      throw error;
    }
    this.answered = true;
  }

  /** After an end from this side: waits for the server's. */
  async #readToEnd(): Promise<void> {
    const sink = new Uint8Array(4096);
    try {
      while (await this.#connection.read(sink) !== null);
    } catch {
      // Reset or closed: it is over all the same.
    }
  }

  #end(error: HalfwayError | null, byPeer: boolean): boolean {
    if (this.#ended) return false;
    this.#ended = true;
    const doubted = this.#doubted;
    this.#onEnd({ error, pending: this.#inFlight.takeAll(), byPeer, doubted });
    return true;
  }
}
