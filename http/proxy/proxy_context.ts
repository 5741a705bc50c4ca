/**
 * What the parts of a proxy work with together.
 *
 * @module
 */

import type { AdmissionStrategy } from "../../cache/admission.ts";
import type { ForwardSide } from "./access/forward_side.ts";
import type { ExchangeContext } from "./exchange.ts";
import type { ForwardReason } from "../fields/cache_status.ts";
import type { Flights } from "./flight.ts";
import type { PolicyOptions } from "../policy/options.ts";
import type { Purger } from "./purger.ts";
import type { Route, Upstreams } from "./routing.ts";
import type { Session } from "./session.ts";
import type { ResponseStore } from "../store/response_store.ts";
import type { Variant } from "../store/variant.ts";

/** What all of them share. */
export interface ProxyContext extends ExchangeContext {
  /** Stored responses. */
  readonly store: ResponseStore;
  /** The policy. */
  readonly policy: PolicyOptions;
  /** Which responses may come into the store. */
  readonly admission: AdmissionStrategy<string> | null;
  /** Bytes of memory that responses take which are stored while they come. */
  readonly underWay: { bytes: number };
  /** The most of them. */
  readonly maxUnderWayBytes: number;
  /** The largest body that is stored, in bytes. */
  readonly maxObjectBytes: number;
  /** The origins of a reverse proxy; `null` for a forward proxy. */
  readonly upstreams: Upstreams | null;
  /** Who may go where through a forward proxy; `null` for a reverse proxy. */
  readonly forward: ForwardSide | null;
  /** After how long a silence a tunnel ends, in milliseconds; 0 for never. */
  readonly tunnelTimeoutMs: number;
  /** Whether to tell origins the client's address. */
  readonly forwarded: boolean;
  /** What a client must say to purge from elsewhere than this machine; `null` for nobody. */
  readonly purgeToken: string | null;
  /** Fetches under way. */
  readonly flights: Flights;
  /** Takes out what is void. */
  readonly purger: Purger;
}

/** A request for the cache, with what was found for it. */
export interface CachedRequest {
  readonly session: Session;
  readonly route: Route;
  /** The key, which is also the URI. */
  readonly key: string;
  /** What is stored under the key. */
  readonly variants: readonly Variant[];
  /** The one that fits, or `null`. */
  readonly selected: Variant | null;
  /** Why the origin is asked. */
  readonly reason: ForwardReason;
  /** Whether it has waited for another's fetch. */
  readonly collapsed: boolean;
}
