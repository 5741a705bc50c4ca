/**
 * The HTTP proxy, as a running node.
 *
 * @module
 */

import { AdmitAfter } from "../../cache/admission.ts";
import { formatAddress } from "../../net/address.ts";
import type { Listener, NetAddress } from "../../net/connection.ts";
import type { HalfwayError } from "../../net/errors.ts";
import type { Peer } from "../../net/peer.ts";
import { listen } from "../../net/runtime.ts";
import { serve, type ServeLimits, type Service } from "../../net/serve.ts";
import { ServedNode } from "../../net/served_node.ts";
import { Observer } from "../../observe/observer.ts";
import { serviceHooks } from "../../observe/service_hooks.ts";
import { checkedConnect } from "./access/checked_connect.ts";
import { checkNoForwardOptions, type ForwardOptions, ForwardSide } from "./access/forward_side.ts";
import { Deadlines } from "./deadlines.ts";
import { HttpLimitError, HttpSyntaxError } from "../message/errors.ts";
import { Flights } from "./flight.ts";
import { DEFAULT_HEAD_LIMITS } from "../message/limits.ts";
import { OriginPool } from "./origin_pool.ts";
import { type HttpPreset, presetSettings } from "./presets.ts";
import { ProxyHandler } from "./proxy_handler.ts";
import { Purger } from "./purger.ts";
import type { PastPurge, PurgeChannel } from "../store/purges.ts";
import { Upstreams } from "./routing.ts";
import { Session } from "./session.ts";
import { REASONS } from "../message/status.ts";
import { cacheBytesOf, MEMORY_BYTES, openStore } from "./open_store.ts";
import type { ResponseStore } from "../store/response_store.ts";
import { NODE } from "./tell.ts";
import { ByteWriter } from "../message/writer.ts";

/** Settings of {@linkcode startHttpProxy}. Times are in milliseconds, sizes in bytes. */
export interface HttpProxyOptions extends ServeLimits, ForwardOptions {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {20000} */
  readonly port?: number;
  /** The servers to stand in front of, in turn; a forward proxy if left out. */
  readonly upstream?: readonly NetAddress[];
  /** Settings under one name, of which those that are given here too are left out. */
  readonly preset?: HttpPreset;
  /** Folder for stored responses, which outlast the proxy there; kept in memory if left out. */
  readonly cacheDir?: string;
  /** A Redis that several proxies share: `redis://host:port`. The memory of each stays the first level. */
  readonly sharedStore?: string;
  /** What was purged when nobody could take it out of `cacheDir`: not served from there if it was stored before. */
  readonly pastPurges?: readonly PastPurge[];
  /** Bytes that the cache may hold. @default {268435456}, in a folder 10737418240 */
  readonly cacheBytes?: number;
  /** Keys that the cache may hold. @default {Infinity} */
  readonly cacheEntries?: number;
  /** The largest body that is stored. @default {16777216} */
  readonly maxObjectBytes?: number;
  /** From which request on, within ten minutes, a response is stored. @default {1} */
  readonly admitAfter?: number;
  /** Whether `CDN-Cache-Control` counts. @default {true} in front of servers, `false` as a forward proxy */
  readonly targeted?: boolean;
  /** The part of the time since Last-Modified for which a response without a lifetime is fresh. @default {0.1} */
  readonly heuristicFraction?: number;
  /** Whether to serve stale when the origin can't be reached, though nobody allowed it. @default {false} */
  readonly staleWhenDisconnected?: boolean;
  /** Whether to tell origins the client's address in X-Forwarded-For. @default {false} */
  readonly forwarded?: boolean;
  /** What a PURGE must carry in `Purge-Token`; without one it must come from this machine. */
  readonly purgeToken?: string;
  /** Longest time for one attempt to connect. @default {5000} */
  readonly connectTimeoutMs?: number;
  /** Longest time from a request to its answer, and between pieces of a body. @default {60000} */
  readonly firstByteTimeoutMs?: number;
  /** Longest silence in a tunnel, 0 for no limit. @default {600000} */
  readonly tunnelTimeoutMs?: number;
  /** Longest request line. @default {8192} */
  readonly maxRequestLineBytes?: number;
  /** All fields of a head together. @default {32768} */
  readonly maxHeaderBytes?: number;
  /** Fields of a head. @default {100} */
  readonly maxHeaders?: number;
  /** Whether other processes may listen on the same address, and each take a part of the connections. @default {false} */
  readonly reusePort?: boolean;
  /** Reaches the other caches that answer for the same clients, so that nothing is void in one and served by another. */
  readonly purges?: PurgeChannel;
  /** The clock, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

/** What a proxy holds. */
export interface HttpCacheStats {
  /** Keys. */
  readonly entries: number;
  /** Bytes of keys, heads and bodies. */
  readonly bytes: number;
}

/** How long requests for one URL are remembered that count for `admitAfter`, in milliseconds. */
const ADMIT_WINDOW_MS = 600_000;

/** A running proxy. */
export class HttpProxy extends ServedNode {
  readonly #store: ResponseStore;

  private constructor(service: Service, store: ResponseStore, release: () => void) {
    super(service, release);
    this.#store = store;
  }

  /** Starts a proxy; see {@linkcode startHttpProxy}. */
  static async start(given: HttpProxyOptions): Promise<HttpProxy> {
    const preset = presetSettings(given.preset);
    const { cacheDir = preset.cacheDir, cacheEntries = preset.cacheEntries } = given;
    const options = { ...given, cacheDir, cacheEntries };
    const { hostname, port = 20_000, now = Date.now } = options;
    const admitAfter = options.admitAfter ?? preset.admitAfter ?? 1;
    const observer = options.observer ?? new Observer();
    const reverse = options.upstream !== undefined && options.upstream.length > 0;
    const forward = reverse ? null : new ForwardSide(options, hostname ?? "127.0.0.1");
    if (reverse) checkNoForwardOptions(options);
    const store = await openStore(options, observer, now);
    let listener: Listener;
    try {
      listener = await listen({ hostname, port, reusePort: options.reusePort });
    } catch (error) {
      await store.close();
      throw error;
    }
    const flights = new Flights(store);
    const purger = new Purger(store, flights, options.purges ?? null);
    const pool = new OriginPool({
      connectTimeoutMs: options.connectTimeoutMs,
      // What stands behind us is the operator's own word, and is not judged.
      connect: forward === null ? undefined : checkedConnect(forward.rules, options.resolve),
    });
    const handler = new ProxyHandler({
      store,
      pool,
      now,
      observer,
      deadlines: new Deadlines(),
      firstByteTimeoutMs: options.firstByteTimeoutMs ?? 60_000,
      policy: {
        ...preset.policy,
        targeted: options.targeted ?? reverse,
        heuristicFraction: options.heuristicFraction ?? preset.policy.heuristicFraction,
        staleWhenDisconnected: options.staleWhenDisconnected ?? false,
      },
      admission: admitAfter > 1
        ? new AdmitAfter({ requests: admitAfter, windowMs: ADMIT_WINDOW_MS })
        : null,
      maxObjectBytes: options.maxObjectBytes ?? 16 * 1024 * 1024,
      underWay: { bytes: 0 },
      maxUnderWayBytes: Math.min(cacheBytesOf(options), MEMORY_BYTES),
      upstreams: reverse ? new Upstreams(options.upstream!) : null,
      forward,
      tunnelTimeoutMs: options.tunnelTimeoutMs ?? 600_000,
      forwarded: options.forwarded ?? false,
      purgeToken: options.purgeToken ?? null,
      flights,
      purger,
    });
    const limits = {
      maxStartLineBytes: options.maxRequestLineBytes ?? DEFAULT_HEAD_LIMITS.maxStartLineBytes,
      maxFieldBytes: options.maxHeaderBytes ?? DEFAULT_HEAD_LIMITS.maxFieldBytes,
      maxFields: options.maxHeaders ?? DEFAULT_HEAD_LIMITS.maxFields,
    };
    observer.node?.({
      type: "node.listening",
      node: NODE,
      timeMs: Date.now(),
      text: `Listening on ${formatAddress(listener.addr)}${
        reverse ? `, in front of ${options.upstream!.map(formatAddress).join(", ")}` : ""
      }`,
    });
    const service = serve(listener, (peer) => new Session(peer, limits, observer).run(handler), {
      idleTimeoutMs: 60_000,
      ...options,
      ...serviceHooks(NODE, observer),
      lastWords,
    });
    // What has come to its end before that is still stored.
    service.finished.then(() => store.close());
    return new HttpProxy(service, store, () => pool.close());
  }

  /** Resolves when the proxy has stopped, every connection is closed, and what is stored is on its disk. */
  override get finished(): Promise<void> {
    return super.finished.then(() => this.#store.close());
  }

  /** What the cache holds. */
  get cache(): HttpCacheStats {
    return { entries: this.#store.size, bytes: this.#store.bytes };
  }
}

/** What a client is told before its connection is closed because of `error`. */
function lastWords(error: HalfwayError, peer: Peer): Uint8Array | null {
  let status: number;
  if (error instanceof HttpSyntaxError || error instanceof HttpLimitError) status = error.status;
  else if (error.code === "REMOTE") status = 503;
  else if (error.code === "TIMEOUT" && !peer.idle) status = 408;
  else return null;
  const out = new ByteWriter(256);
  const body = `${status} ${REASONS[status] ?? ""}: ${error.message}\n`;
  out.statusLine(status);
  out.field("Content-Type", "text/plain; charset=utf-8");
  out.field("Content-Length", new TextEncoder().encode(body).length);
  out.field("Connection", "close");
  out.endLine();
  out.putText(body);
  return out.written().slice();
}

/**
 * Starts a caching HTTP proxy: in front of the servers that `upstream` names, or a forward proxy for its clients.
 *
 * @throws {BindError} If the address can't be had.
 * @throws {RangeError} If a rule can't be read, or stands beside `upstream`.
 *
 * @example
 * ```ts
 * import { startHttpProxy } from "@halfway/proxy";
 *
 * await using proxy = await startHttpProxy({ port: 0, upstream: [{ hostname: "127.0.0.1", port: 19999 }] });
 * console.log(proxy.cache.entries); // 0
 * ```
 */
export function startHttpProxy(options: HttpProxyOptions = {}): Promise<HttpProxy> {
  return HttpProxy.start(options);
}
