/**
 * Connections to origins: kept while they may carry another exchange, and reused.
 *
 * @module
 */

import { formatAddress } from "../../net/address.ts";
import type { Connection, ConnectOptions, NetAddress } from "../../net/connection.ts";
import { connect as connectTcp } from "../../net/runtime.ts";
import { ByteSource } from "../message/byte_source.ts";
import { ResponseHead } from "../message/response_head.ts";

/** Settings of an {@linkcode OriginPool}. */
export interface OriginPoolOptions {
  /** Longest time for one attempt to connect, in milliseconds. @default {5000} */
  readonly connectTimeoutMs?: number;
  /** How long an unused connection is kept, in milliseconds. @default {15000} */
  readonly keepIdleMs?: number;
  /** Unused connections to one origin that are kept. @default {64} */
  readonly maxIdle?: number;
  /** Makes connections. @default {connect} */
  readonly connect?: (options: ConnectOptions) => Promise<Connection>;
}

/** A connection to an origin, for one exchange at a time. */
export class OriginConnection {
  /** The socket. */
  readonly connection: Connection;
  /** What comes from the origin. */
  readonly source: ByteSource;
  /** The head of the present response, a new one for each exchange: it is looked at while the next one may run. */
  head: ResponseHead = new ResponseHead();
  /** The origin, as `host:port`. */
  readonly origin: string;
  /** Whether it has carried an exchange before: the origin may have closed it since. */
  reused = false;
  /** Since when it is unused, by a monotonic clock. */
  unusedSinceMs = 0;
  /** Until when it is kept unused, by the same clock. */
  idleUntilMs = 0;
  #closed = false;

  /** Wraps a new connection. */
  constructor(connection: Connection, origin: string) {
    this.connection = connection;
    this.source = new ByteSource(connection);
    this.origin = origin;
  }

  /** Closes it. Closing twice does nothing. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.close();
  }
}

/** Keeps connections to origins. */
export class OriginPool {
  readonly #options: OriginPoolOptions;
  readonly #idle = new Map<string, OriginConnection[]>();
  readonly #open = new Set<OriginConnection>();
  #timer: ReturnType<typeof setInterval> | null = null;
  #closed = false;

  /** Holds nothing yet. */
  constructor(options: OriginPoolOptions = {}) {
    this.#options = options;
  }

  /**
   * An unused connection to an origin, or `null`.
   *
   * @param address The origin.
   * @param maxUnusedMs For how long it may have been unused: the origin may be about to close one that has been for
   * long, and a request that can't be sent again must not run into that.
   */
  take(address: NetAddress, maxUnusedMs = Infinity): OriginConnection | null {
    const idle = this.#idle.get(formatAddress(address));
    // The one that was used last is the least likely to have been closed.
    const last = idle?.[idle.length - 1];
    if (last === undefined || performance.now() - last.unusedSinceMs > maxUnusedMs) return null;
    idle!.pop();
    return last;
  }

  /**
   * Makes a new connection to an origin.
   *
   * @throws {ConnectError} If it can't be made.
   * @throws {TimeoutError} If it is not made in time.
   */
  async open(address: NetAddress): Promise<OriginConnection> {
    const { connect = connectTcp, connectTimeoutMs = 5_000 } = this.#options;
    const connection = await connect({ ...address, timeoutMs: connectTimeoutMs });
    const origin = new OriginConnection(connection, formatAddress(address));
    if (this.#closed) origin.close();
    this.#open.add(origin);
    return origin;
  }

  /** Gives a connection back that may carry another exchange. */
  put(origin: OriginConnection): void {
    const { maxIdle = 64, keepIdleMs = 15_000 } = this.#options;
    const idle = this.#idle.get(origin.origin) ?? [];
    // Bytes that nobody asked for would be taken for the next answer.
    if (this.#closed || origin.source.available > 0 || idle.length >= maxIdle) {
      this.drop(origin);
      return;
    }
    origin.reused = true;
    origin.unusedSinceMs = performance.now();
    origin.idleUntilMs = origin.unusedSinceMs + keepIdleMs;
    idle.push(origin);
    this.#idle.set(origin.origin, idle);
    // Whatever comes while nothing is asked, an end above all, means that it can't be used again.
    const gone = (): void => this.#forget(origin);
    origin.source.watch().then(gone, gone);
    this.#timer ??= setInterval(() => this.#sweep(), 1_000);
  }

  /** Closes a connection that can't be used on. */
  drop(origin: OriginConnection): void {
    this.#open.delete(origin);
    origin.close();
  }

  /** Closes every connection, those in use too. */
  close(): void {
    this.#closed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    for (const origin of this.#open) origin.close();
    this.#open.clear();
    this.#idle.clear();
  }

  /** Lets go of a connection if it is unused. */
  #forget(origin: OriginConnection): void {
    const idle = this.#idle.get(origin.origin);
    const at = idle?.indexOf(origin) ?? -1;
    if (at < 0) return;
    idle!.splice(at, 1);
    this.drop(origin);
  }

  #sweep(): void {
    const now = performance.now();
    for (const [name, idle] of this.#idle) {
      const kept = idle.filter((origin) => {
        if (origin.idleUntilMs > now) return true;
        this.drop(origin);
        return false;
      });
      if (kept.length > 0) this.#idle.set(name, kept);
      else this.#idle.delete(name);
    }
    if (this.#idle.size === 0 && this.#timer !== null) {
      clearInterval(this.#timer);
      this.#timer = null;
    }
  }
}
