/**
 * What a proxy of the calculator system can be told, and what it tells of itself.
 *
 * @module
 */

import type { NetAddress } from "../net/connection.ts";
import type { ServeLimits } from "../net/serve.ts";
import type { Observer } from "../observe/observer.ts";

/** Where the server is if nothing is said. */
export const DEFAULT_UPSTREAM: NetAddress = { hostname: "127.0.0.1", port: 9999 };

/** Settings of {@linkcode startCalcProxy}. Times are in milliseconds. */
export interface CalcProxyOptions extends ServeLimits {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {9998} */
  readonly port?: number;
  /** The server. @default {{ hostname: "127.0.0.1", port: 9999 }} */
  readonly upstream?: NetAddress;
  /** Answers that are cached. @default {1000} */
  readonly capacity?: number;
  /** Bytes that are cached: answers, and the requests that are their keys. @default {67108864} */
  readonly cacheBytes?: number;
  /** How long an answer with an error is kept. @default {60000} */
  readonly errorTtlMs?: number;
  /** Whether a stale answer is given when the server can't be reached. @default {false} */
  readonly staleIfError?: boolean;
  /** How often to try again when the server refuses or breaks. @default {4} */
  readonly retries?: number;
  /** Time between two attempts. @default {500} */
  readonly retryDelayMs?: number;
  /** Connections to the server at a time; each carries one request, as the original's server wants it. @default {32} */
  readonly upstreamConnections?: number;
  /** How long a connection to the server is kept while nothing is asked on it. @default {30000} */
  readonly upstreamIdleMs?: number;
  /** Longest time for one attempt to connect. @default {2000} */
  readonly connectTimeoutMs?: number;
  /** Longest time from asking the server to its answer. @default {30000} */
  readonly replyTimeoutMs?: number;
  /**
   * How long a packet that is shorter than its header says has to be without a further byte before it is taken as it
   * is, if its data is whole. @default {1000}
   */
  readonly quietMs?: number;
  /** The clock of ages and time stamps, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

/** What a proxy has counted since its start. */
export interface CalcProxyStats {
  /** Requests that were answered from the cache. */
  readonly hits: number;
  /** Requests that were not. */
  readonly misses: number;
  /** Requests that were answered from the cache, stale, because the server could not be reached. */
  readonly stale: number;
  /** Requests that went to the server. */
  readonly roundTrips: number;
  /** Answers that are cached now. */
  readonly entries: number;
  /** The bytes that they take. */
  readonly bytes: number;
}
