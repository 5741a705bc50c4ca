/**
 * The way to a server: connections that are kept and reused, requests in order on each, retries with back-off, and a
 * clear error in bounded time when the server can't be reached.
 *
 * @module
 */

import { formatAddress } from "./address.ts";
import { backoffMs, type BackoffOptions } from "./backoff.ts";
import type { Connection, ConnectOptions, NetAddress } from "./connection.ts";
import type { Decoder } from "./decoder.ts";
import { ClosedError, ConnectError, HalfwayError, TimeoutError } from "./errors.ts";
import { Fifo } from "./fifo.ts";
import type { OutputBuffer } from "./output_buffer.ts";
import { connect as connectTcp } from "./runtime.ts";
import { type LineEnd, type Pending, UpstreamLine, type UpstreamRequest } from "./upstream_line.ts";

/** What an upstream tells its owner. */
export interface UpstreamHooks {
  /** A connection was made, before anything is sent on it. `again` if there was one before. */
  onConnected?(again: boolean): void;
  /** The last connection was lost. */
  onLost?(reason: string): void;
  /** An attempt to connect failed; the next one comes after `delayMs`. */
  onRetry?(attempt: number, reason: string, delayMs: number): void;
}

/** Settings of an {@linkcode Upstream}. Times are in milliseconds. */
export interface UpstreamOptions<Reply> extends UpstreamHooks {
  /** The server. */
  readonly address: NetAddress;
  /** Makes the decoder of one connection. */
  readonly createDecoder: () => Decoder<Reply>;
  /** Whether a frame is a reply; others, such as blank lines, are passed over. Every frame if left out. */
  readonly isReply?: (frame: Reply) => boolean;
  /** Connections at a time. With one, the server sees requests in the order they were made. @default {1} */
  readonly maxConnections?: number;
  /** Requests under way on one connection: 1 where the protocol does not allow more. @default {1024} */
  readonly maxInFlight?: number;
  /** Requests that may wait for a connection; a further one fails at once. @default {65536} */
  readonly maxQueued?: number;
  /** The largest reply, in bytes. */
  readonly maxFrameBytes?: number;
  /** How long a server without terminators has to be quiet. */
  readonly quietMs?: number;
  /** Longest time for one attempt to connect. @default {2000} */
  readonly connectTimeoutMs?: number;
  /** Longest time from sending a request to its reply. @default {2000} */
  readonly replyTimeoutMs?: number;
  /** How long a request may wait for a connection, attempts and waits in all. @default {2000} */
  readonly retryTimeMs?: number;
  /** Waits between attempts. */
  readonly backoff?: BackoffOptions;
  /** How long a connection is kept while nothing is asked on it; as long as the server keeps it if left out. */
  readonly idleTimeoutMs?: number;
  /** Whether to stay connected while nothing is asked. @default {false} */
  readonly keepConnected?: boolean;
  /** Makes connections. @default {connect} */
  readonly connect?: (options: ConnectOptions) => Promise<Connection>;
}

/** How often waits are looked at. */
const SWEEP_MS = 25;

/**
 * Connections given up but not over. Past this the oldest is closed, and what was sent on it never settles: nobody knows
 * what a server that is stuck will still read out of it.
 */
const MAX_ABANDONED = 64;

/** A server and the connections to it. */
export class Upstream<Reply> {
  readonly #options: UpstreamOptions<Reply>;
  readonly #name: string;
  readonly #maxInFlight: number;
  readonly #lines = new Set<UpstreamLine<Reply>>();
  readonly #abandoned = new Set<UpstreamLine<Reply>>();
  readonly #queue = new Fifo<Pending<Reply>>();
  #connecting = 0;
  #failures = 0;
  #lastReason = "";
  #lastError: unknown;
  #connectedBefore = false;
  #retryTimer: ReturnType<typeof setTimeout> | null = null;
  #sweepTimer: ReturnType<typeof setTimeout> | null = null;
  #idleTimer: ReturnType<typeof setTimeout> | null = null;
  #closed = false;

  /** Counts the connections made so far: what was learned before a change may be of the past. */
  generation = 0;

  /** Makes no connection yet, unless it is to stay connected. */
  constructor(options: UpstreamOptions<Reply>) {
    this.#options = options;
    this.#name = formatAddress(options.address);
    this.#maxInFlight = options.maxInFlight ?? 1024;
    if (options.keepConnected) this.#connect();
  }

  /** Whether a connection is open. */
  get connected(): boolean {
    return this.#lines.size > 0;
  }

  /** Requests that have no answer yet. */
  get pending(): number {
    let sum = this.#queue.length;
    for (const line of this.#lines) sum += line.load;
    return sum;
  }

  /** Sends a request as soon as there is a connection for it. */
  request(request: UpstreamRequest<Reply>): void {
    if (this.#closed) {
      request.onFailure(new ClosedError(`The way to ${this.#name} is closed`), false);
      return;
    }
    const pending = { request, askedAtMs: performance.now(), sentAtMs: 0 };
    const line = this.#queue.length === 0 ? this.#freeLine() : null;
    if (line !== null) {
      line.send(pending);
    } else if (this.#queue.length >= (this.#options.maxQueued ?? 65_536)) {
      const text = `${this.#name} cannot keep up: ${this.#queue.length} requests wait already`;
      request.onFailure(new ConnectError(text), false);
      return;
    } else {
      this.#queue.push(pending);
      this.#pump();
    }
    this.#armSweep();
  }

  /**
   * Sends a request and waits for its reply.
   *
   * @param write Puts its bytes into the buffer; called again for a repetition.
   * @param take Makes what is returned out of the reply, which is valid during the call only.
   * @param repeatable Whether it may be sent again when it is not known if the server had it.
   * @throws {HalfwayError} Why there is no reply.
   */
  exchange<T>(
    write: (out: OutputBuffer) => void,
    take: (reply: Reply) => T,
    repeatable: boolean,
  ): Promise<T> {
    return new Promise((resolve, reject) =>
      this.request({
        write,
        repeatable,
        onReply: (reply) => {
          try {
            resolve(take(reply));
          } catch (error) {
            reject(error);
          }
        },
        onFailure: reject,
      })
    );
  }

  /** Closes every connection; what has no answer fails. */
  close(): void {
    this.#closed = true;
    if (this.#retryTimer !== null) clearTimeout(this.#retryTimer);
    if (this.#sweepTimer !== null) clearTimeout(this.#sweepTimer);
    if (this.#idleTimer !== null) clearTimeout(this.#idleTimer);
    const error = new ClosedError(`The way to ${this.#name} is closed`);
    for (const line of [...this.#lines, ...this.#abandoned]) line.close(error);
    for (const { request } of this.#queue.takeAll()) request.onFailure(error, false);
  }

  /** The line with the fewest requests, if it may take one more. */
  #freeLine(): UpstreamLine<Reply> | null {
    let best: UpstreamLine<Reply> | null = null;
    let least = this.#maxInFlight;
    for (const line of this.#lines) {
      if (line.load < least) {
        best = line;
        least = line.load;
      }
    }
    return best;
  }

  /** Hands waiting requests to lines, and asks for another line if some still wait. */
  #pump(): void {
    while (this.#queue.length > 0) {
      const line = this.#freeLine();
      if (line === null) break;
      line.send(this.#queue.shift()!);
    }
    if (this.#queue.length > 0) this.#connect();
  }

  #connect(): void {
    if (this.#closed || this.#retryTimer !== null) return;
    if (this.#lines.size + this.#connecting >= (this.#options.maxConnections ?? 1)) return;
    this.#connecting++;
    this.#dial();
  }

  async #dial(): Promise<void> {
    const { address, connectTimeoutMs = 2_000, connect = connectTcp } = this.#options;
    let connection: Connection;
    try {
      connection = await connect({ ...address, timeoutMs: connectTimeoutMs });
    } catch (error) {
      this.#connecting--;
      if (!this.#closed) this.#scheduleRetry(error);
      return;
    }
    this.#connecting--;
    if (this.#closed) {
      connection.close();
      return;
    }
    this.generation++;
    const line: UpstreamLine<Reply> = new UpstreamLine(
      connection,
      this.#options.createDecoder(),
      {
        maxFrameBytes: this.#options.maxFrameBytes,
        quietMs: this.#options.quietMs,
        peer: this.#name,
        isReply: this.#options.isReply,
      },
      (end) => this.#onLineEnd(line, end),
      () => {
        this.#failures = 0;
        this.#pump();
      },
    );
    this.#lines.add(line);
    this.#armIdle();
    this.#options.onConnected?.(this.#connectedBefore);
    this.#connectedBefore = true;
    this.#pump();
  }

  #scheduleRetry(error: unknown): void {
    this.#failures++;
    this.#lastReason = error instanceof Error ? error.message : String(error);
    this.#lastError = error;
    const delayMs = backoffMs(this.#failures, this.#options.backoff);
    this.#options.onRetry?.(this.#failures, this.#lastReason, delayMs);
    this.#failOverdue(performance.now());
    if (this.#queue.length === 0 && !this.#options.keepConnected) return;
    // Another connection may have failed before, and set a time already.
    if (this.#retryTimer !== null) return;
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null;
      if (this.#queue.length > 0 || this.#options.keepConnected) this.#connect();
    }, delayMs);
  }

  #onLineEnd(line: UpstreamLine<Reply>, end: LineEnd<Reply>): void {
    const isRetired = !this.#lines.delete(line);
    const { error, pending, byPeer, doubted } = end;
    const reason = error?.message ?? `${this.#name} closed the connection`;
    const again: Pending<Reply>[] = [];
    const unsettled = doubted?.onSettled === undefined ? [] : [doubted];
    const oldestMs = performance.now() - (this.#options.retryTimeMs ?? 2_000);
    for (const one of pending) {
      const mayHaveArrived = one.sentAtMs !== 0;
      // The one that the server was too slow for, or answered with nonsense, is not asked again.
      const mayRepeat = one.request.repeatable && one.askedAtMs > oldestMs &&
        (byPeer || one !== pending[0]);
      if (!this.#closed && (!mayHaveArrived || mayRepeat)) {
        again.push(one);
      } else {
        one.request.onFailure(error ?? new ClosedError(reason), mayHaveArrived);
        if (mayHaveArrived && one.request.onSettled !== undefined) unsettled.push(one.request);
      }
    }
    this.#queue.unshift(again);
    if (byPeer) {
      for (const request of unsettled) request.onSettled?.();
    } else {
      this.#settleWhenOver(line, unsettled);
    }
    if (this.#closed || isRetired) return;
    if (this.#lines.size === 0) this.#options.onLost?.(reason);
    // At once if it did answer; a server that closes every new connection is met with the usual waits.
    if (!line.answered) this.#scheduleRetry(error ?? new ClosedError(reason));
    else if (this.#options.keepConnected) this.#connect();
    this.#pump();
    this.#armSweep();
  }

  async #settleWhenOver(
    line: UpstreamLine<Reply>,
    unsettled: UpstreamRequest<Reply>[],
  ): Promise<void> {
    if (unsettled.length === 0) {
      line.close(new ClosedError("Given up"));
      return;
    }
    this.#abandoned.add(line);
    if (this.#abandoned.size > MAX_ABANDONED) {
      const [oldest] = this.#abandoned;
      this.#abandoned.delete(oldest);
      oldest.close(new ClosedError("Given up"));
    }
    await line.over;
    if (!this.#abandoned.delete(line)) return;
    for (const request of unsettled) request.onSettled?.();
  }

  #armIdle(): void {
    const { idleTimeoutMs } = this.#options;
    if (idleTimeoutMs === undefined || this.#lines.size === 0) return;
    this.#idleTimer ??= setTimeout(() => this.#closeIdle(idleTimeoutMs), idleTimeoutMs / 2);
  }

  /** Gives back the connections that nothing was asked on for a while. */
  #closeIdle(idleTimeoutMs: number): void {
    this.#idleTimer = null;
    const latestMs = performance.now() - idleTimeoutMs;
    for (const line of [...this.#lines]) {
      if (line.load > 0 || line.idleSinceMs > latestMs) continue;
      this.#lines.delete(line);
      line.close(new ClosedError(`The connection to ${this.#name} was no longer needed`));
    }
    this.#armIdle();
  }

  #armSweep(): void {
    this.#sweepTimer ??= setTimeout(() => this.#sweep(), SWEEP_MS);
  }

  /** Fails what has waited too long, for a connection or for a reply. */
  #sweep(): void {
    this.#sweepTimer = null;
    if (this.#closed) return;
    const now = performance.now();
    const { replyTimeoutMs = 2_000 } = this.#options;
    for (const line of [...this.#lines]) {
      if (now - line.waitingSinceMs > replyTimeoutMs) {
        line.abandon(new TimeoutError(`${this.#name} did not answer within ${replyTimeoutMs} ms`));
      }
    }
    this.#failOverdue(now);
    if (this.pending > 0) this.#armSweep();
  }

  /** Fails what has waited too long for a connection, or for its turn on one. */
  #failOverdue(now: number): void {
    const { replyTimeoutMs = 2_000, retryTimeMs = 2_000, connectTimeoutMs = 2_000 } = this.#options;
    let patienceMs = retryTimeMs;
    // An attempt under way ends by itself; with a connection the wait is for those before.
    if (this.#connecting > 0) patienceMs += connectTimeoutMs;
    else if (this.#lines.size > 0) patienceMs = Math.max(retryTimeMs, replyTimeoutMs);
    for (
      let next = this.#queue.peek();
      next !== undefined && now - next.askedAtMs >= patienceMs;
      next = this.#queue.peek()
    ) {
      this.#queue.shift();
      next.request.onFailure(this.#unreachable(patienceMs), false);
    }
  }

  #unreachable(patienceMs: number): HalfwayError {
    const { retryTimeMs = 2_000 } = this.#options;
    if (this.#lines.size > 0) {
      return new TimeoutError(`${this.#name} did not answer those before within ${patienceMs} ms`);
    }
    const reason = this.#lastReason || `Cannot connect to ${this.#name}`;
    return new ConnectError(
      retryTimeMs === 0 ? reason : `${reason}, after ${retryTimeMs} ms of attempts`,
      { cause: this.#lastError },
    );
  }
}
