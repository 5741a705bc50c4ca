/**
 * What a proxy of the table system can be told, and what it tells of itself.
 *
 * @module
 */

import type { BackoffOptions } from "../net/backoff.ts";
import type { NetAddress } from "../net/connection.ts";
import type { ServeLimits } from "../net/serve.ts";
import type { Observer } from "../observe/observer.ts";
import type { UpstreamDialect } from "./upstream.ts";

/** Where the server is if nothing is said. */
export const DEFAULT_UPSTREAM: NetAddress = { hostname: "127.0.0.1", port: 6002 };

/** Settings of {@linkcode startTableProxy}. Times are in milliseconds. */
export interface TableProxyOptions extends ServeLimits {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {6001} */
  readonly port?: number;
  /** The server. @default {{ hostname: "127.0.0.1", port: 6002 }} */
  readonly upstream?: NetAddress;
  /** The dialect that the server speaks. @default {"standard"} */
  readonly upstreamDialect?: UpstreamDialect;
  /** Entries that are cached. @default {5} */
  readonly capacity?: number;
  /** Which entry makes room. @default {"lru"} */
  readonly eviction?: "lru" | "fifo";
  /** Number of entries of the server, to refuse indices beyond it without asking; the server judges if left out. */
  readonly size?: number;
  /** Whether to keep the cache when the server was away; it may have come back with other values. @default {false} */
  readonly keepOnReconnect?: boolean;
  /** Longest time for one attempt to connect. @default {2000} */
  readonly connectTimeoutMs?: number;
  /** Longest time from asking the server to its answer. @default {2000} */
  readonly replyTimeoutMs?: number;
  /** How long a request waits for a server that is away. @default {2000} */
  readonly retryTimeMs?: number;
  /** Waits between attempts to reach the server. */
  readonly backoff?: BackoffOptions;
  /** After how much silence an entry is read again, so that neither side takes the connection for dead. @default {60000} */
  readonly keepAliveMs?: number;
  /** The longest message, in bytes. @default {65536} */
  readonly maxFrameBytes?: number;
  /** How long a client that sends no terminator has to be quiet. @default {20} */
  readonly quietMs?: number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

/** What a proxy has counted since its start. */
export interface TableProxyStats {
  /** Indices that were answered from the cache. */
  readonly hits: number;
  /** Indices that were not. */
  readonly misses: number;
  /** Requests that went to the server. */
  readonly roundTrips: number;
}
