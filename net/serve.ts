/**
 * The accept loop of every server and proxy: connection limit, timeouts by one coarse sweep, graceful stop. An error of
 * one connection never reaches another.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { type CoarseClock, Phase } from "./activity.ts";
import type { Connection, Listener, NetAddress } from "./connection.ts";
import { HalfwayError, TimeoutError } from "./errors.ts";
import { asNetworkError } from "./network_errors.ts";
import { Peer } from "./peer.ts";

/** Serves one peer; returns when the conversation is over. What it throws ends that one connection. */
export type PeerHandler = (peer: Peer) => Promise<void>;

/** Limits on what peers may do. Times are in milliseconds, 0 for no limit. */
export interface ServeLimits {
  /** Connections at a time. @default {1024} */
  readonly maxConnections?: number;
  /** Longest silence between messages. @default {300000} */
  readonly idleTimeoutMs?: number;
  /** Longest time for a whole message, from its first byte. @default {10000} */
  readonly frameTimeoutMs?: number;
  /** Longest time in which a peer takes nothing of what is written to it. @default {30000} */
  readonly writeTimeoutMs?: number;
}

/** What `serve` tells the node about its connections. */
export interface ServeHooks {
  /** A connection was opened; `open` counts those that are open now. */
  onOpen?(peer: Peer, open: number): void;
  /** A connection has ended, with the error that ended it, if any. */
  onClose?(peer: Peer, open: number, error: HalfwayError | null): void;
  /** A connection was turned away because the limit is reached. */
  onRefuse?(peer: Peer, open: number): void;
  /** The system could not give the next connection; it is tried again after `delayMs`. */
  onAcceptError?(error: unknown, delayMs: number): void;
  /** What is said to a peer before it is closed because of `error`: `null` for nothing. */
  lastWords?(error: HalfwayError, peer: Peer): Uint8Array | null;
}

/** Settings of {@linkcode serve}. */
export interface ServeOptions extends ServeLimits, ServeHooks {}

/** How a {@linkcode Service} is drained. */
export interface DrainOptions {
  /** Called when it takes too long: what the connections wait for has to end too. */
  onCut?(): void;
  /**
   * For how long a peer may begin one more message, in milliseconds, to be told with its answer that it was the last. An
   * idle connection that is closed may have a message on its way already; worth waiting for where another process
   * listens on the same address. @default {0}
   */
  readonly patienceMs?: number;
}

/** What a peer that was turned away is told with. */
export class TooManyConnectionsError extends HalfwayError {
  /** Makes the error; `limit` is the number that is reached. */
  constructor(limit: number) {
    super("REMOTE", `All ${limit} connections are in use; try again later`);
  }
}

/** Connections that are being turned away at a time: beyond them a peer is closed without a word. */
const MAX_REFUSALS = 64;
const LINGER_MS = 2_000;
/** Turns of the event loop that a drain gives to connections that wait to be accepted. */
const MAX_PENDING_TURNS = 50;
const FIRST_ACCEPT_DELAY_MS = 10;
const LAST_ACCEPT_DELAY_MS = 1_000;

/** Serves connections until it is stopped. Made by {@linkcode serve}. */
export class Service {
  /** Resolves when the service has stopped and every connection is closed. */
  readonly finished: Promise<void>;

  readonly #listener: Listener;
  readonly #handler: PeerHandler;
  readonly #options: ServeOptions;
  readonly #limits: Required<ServeLimits>;
  readonly #peers = new Set<Peer>();
  readonly #refused = new Set<Peer>();
  readonly #clock: CoarseClock = { nowMs: performance.now() };
  readonly #sweep: ReturnType<typeof setInterval>;
  readonly #accepting: Promise<void>;
  #stopping = false;
  #accepted = 0;
  #acceptEnded = false;
  #patient = false;
  /** Until when peers that drain may begin one more message, by the coarse clock. */
  #patientUntilMs = 0;
  #acceptPause: (() => void) | null = null;
  #quiet: () => void = () => {};

  /** Begins to accept. */
  constructor(listener: Listener, handler: PeerHandler, options: ServeOptions) {
    this.#listener = listener;
    this.#handler = handler;
    this.#options = options;
    this.#limits = {
      maxConnections: options.maxConnections ?? 1024,
      idleTimeoutMs: options.idleTimeoutMs ?? 300_000,
      frameTimeoutMs: options.frameTimeoutMs ?? 10_000,
      writeTimeoutMs: options.writeTimeoutMs ?? 30_000,
    };
    this.#sweep = setInterval(() => this.#sweepOnce(), sweepEveryMs(this.#limits));
    this.finished = new Promise<void>((resolve) => this.#quiet = resolve)
      .then(() => clearInterval(this.#sweep));
    this.#accepting = this.#acceptLoop().then(() => {
      this.#acceptEnded = true;
      this.#checkQuiet();
    });
  }

  /** The address that is listened on. */
  get addr(): NetAddress {
    return this.#listener.addr;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#peers.size;
  }

  /**
   * Stops gracefully: no new connection, messages under way are finished and answered, then each connection is closed.
   * What is not done in time is cut off.
   *
   * @param timeoutMs How long that may take, in milliseconds.
   * @param options How it is done, where another process takes over.
   */
  async drain(timeoutMs = 10_000, options: DrainOptions = {}): Promise<void> {
    const { onCut, patienceMs = 0 } = options;
    const timer = setTimeout(() => {
      this.close();
      onCut?.();
    }, timeoutMs);
    if (patienceMs > 0) {
      this.#patient = true;
      await this.#acceptPending();
      this.#stop();
      // Those who are told to come again must not come to this listener, which a runtime may close a moment later.
      await this.#accepting;
    } else this.#stop();
    this.#patientUntilMs = performance.now() + patienceMs;
    for (const peer of this.#peers) {
      peer.draining = true;
      if (patienceMs > 0) peer.patient = true;
      else if (peer.idle) peer.close();
    }
    await this.finished;
    clearTimeout(timer);
  }

  /** Takes the connections that wait in the kernel: they are reset when the listener is closed. */
  async #acceptPending(): Promise<void> {
    for (let turn = 0, before = -1; turn < MAX_PENDING_TURNS && this.#accepted !== before; turn++) {
      before = this.#accepted;
      // Sockets are looked at between a timer and what `setImmediate` sets, and not always between two timers.
      await new Promise((resolve) => setTimeout(() => setImmediate(resolve)));
    }
  }

  /** Stops at once: closes the listener and every connection. */
  close(): void {
    this.#patient = false;
    this.#stop();
    for (const peer of [...this.#peers, ...this.#refused]) peer.close();
  }

  /** Stops at once and waits until all is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.finished;
  }

  #stop(): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#listener.close();
    this.#acceptPause?.();
    this.#checkQuiet();
  }

  #checkQuiet(): void {
    const isQuiet = this.#peers.size === 0 && this.#refused.size === 0;
    if (this.#stopping && this.#acceptEnded && isQuiet) this.#quiet();
  }

  async #acceptLoop(): Promise<void> {
    let delayMs = FIRST_ACCEPT_DELAY_MS;
    while (!this.#stopping) {
      let connection: Connection;
      try {
        connection = await this.#listener.accept();
        this.#accepted++;
        delayMs = FIRST_ACCEPT_DELAY_MS;
      } catch (error) {
        if (this.#stopping) return;
        // Most likely too many open files: those that are served go on, and some will close.
        this.#options.onAcceptError?.(error, delayMs);
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, delayMs);
          this.#acceptPause = () => {
            clearTimeout(timer);
            resolve();
          };
        });
        delayMs = Math.min(delayMs * 2, LAST_ACCEPT_DELAY_MS);
        continue;
      }
      if (this.#stopping && !this.#patient) connection.close();
      else this.#admit(connection);
    }
  }

  #admit(connection: Connection): void {
    const peer = new Peer(connection, this.#clock);
    const { maxConnections } = this.#limits;
    if (this.#peers.size >= maxConnections) {
      this.#options.onRefuse?.(peer, this.#peers.size);
      this.#turnAway(peer, maxConnections);
      return;
    }
    this.#peers.add(peer);
    try {
      connection.setNoDelay(true);
    } catch {
      // It was closed again before it was served; the first read says so.
    }
    this.#options.onOpen?.(peer, this.#peers.size);
    this.#serve(peer);
  }

  async #turnAway(peer: Peer, limit: number): Promise<void> {
    if (this.#refused.size >= MAX_REFUSALS) {
      peer.close();
      return;
    }
    this.#refused.add(peer);
    await peer.linger(this.#options.lastWords?.(new TooManyConnectionsError(limit), peer) ?? null);
    this.#refused.delete(peer);
    this.#checkQuiet();
  }

  async #serve(peer: Peer): Promise<void> {
    let failure: HalfwayError | null = null;
    try {
      await this.#handler(peer);
      // The peer knows of no drain: what it still sends must not reset the connection and take the last replies along.
      if (peer.draining && !peer.closed) await peer.linger(null);
    } catch (error) {
      failure = peer.failure ?? asNetworkError(error, peer.address);
      if (!peer.closed && failure.code !== "CLOSED") {
        await peer.linger(this.#lastWords(failure, peer));
      }
    } finally {
      peer.close();
      this.#peers.delete(peer);
      // What the node ended in a drain or a stop is no failure of the connection.
      if (this.#stopping && failure?.code === "CLOSED") failure = null;
      this.#options.onClose?.(peer, this.#peers.size, failure);
      this.#checkQuiet();
    }
  }

  #sweepOnce(): void {
    const now = this.#clock.nowMs = performance.now();
    const { idleTimeoutMs, frameTimeoutMs, writeTimeoutMs } = this.#limits;
    for (const peer of this.#peers) {
      const { phase, sinceMs } = peer.activity;
      const forMs = now - sinceMs;
      if (phase === Phase.IDLE) {
        if (peer.draining) {
          if (now >= this.#patientUntilMs) peer.close();
        } else if (idleTimeoutMs > 0 && forMs > idleTimeoutMs) {
          this.#expire(peer, `Nothing was sent for ${idleTimeoutMs} ms`);
        }
      } else if (phase === Phase.BODY) {
        if (idleTimeoutMs > 0 && forMs > idleTimeoutMs) {
          this.#expire(peer, `Nothing of a body was sent for ${idleTimeoutMs} ms`);
        }
      } else if (phase === Phase.FRAME) {
        if (frameTimeoutMs > 0 && forMs > frameTimeoutMs) {
          this.#expire(peer, `Message was not whole within ${frameTimeoutMs} ms`);
        }
      } else if (phase === Phase.WRITE) {
        if (writeTimeoutMs > 0 && forMs > writeTimeoutMs) {
          peer.fail(new TimeoutError(`Peer took no bytes for ${writeTimeoutMs} ms`));
        }
      } else if (phase === Phase.LINGER && forMs > LINGER_MS) {
        peer.close();
      }
    }
    for (const peer of this.#refused) {
      if (now - peer.activity.sinceMs > LINGER_MS) peer.close();
    }
  }

  #lastWords(error: HalfwayError, peer: Peer): Uint8Array | null {
    return peer.answering ? null : this.#options.lastWords?.(error, peer) ?? null;
  }

  /** Ends a peer that is waited for: it is told why, without waiting whether it listens. */
  #expire(peer: Peer, sentence: string): void {
    const error = new TimeoutError(sentence);
    const words = this.#lastWords(error, peer);
    if (words === null) {
      peer.fail(error);
      return;
    }
    peer.activity.enter(Phase.LINGER);
    peer.connection.write(words).catch(() => {}).then(() => peer.fail(error));
  }
}

/** Looks often enough to be within a quarter of the shortest limit, at most every 20 ms and at least every second. */
function sweepEveryMs(limits: Required<ServeLimits>): number {
  const times = [limits.idleTimeoutMs, limits.frameTimeoutMs, limits.writeTimeoutMs, LINGER_MS];
  return Math.min(1_000, Math.max(20, Math.min(...times.filter((ms) => ms > 0)) / 4));
}

/**
 * Accepts connections and has each served by `handler`, until the service is stopped.
 *
 * @param listener Where connections come from; the service closes it.
 * @param handler Serves one peer.
 * @param options Limits, and what to be told.
 * @returns The running service.
 */
export function serve(
  listener: Listener,
  handler: PeerHandler,
  options: ServeOptions = {},
): Service {
  return new Service(listener, handler, options);
}
