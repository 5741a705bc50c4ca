/**
 * Makes upstream events out of what a node's way to its server tells.
 *
 * @module
 */

import type { Observer } from "./observer.ts";

/** Functions that the way to a server calls; each costs a branch while nobody listens. */
export interface UpstreamEventHooks {
  /** A connection was made. */
  onConnected(again: boolean): void;
  /** The last connection was lost. */
  onLost(reason: string): void;
  /** An attempt to connect failed. */
  onRetry(attempt: number, reason: string, delayMs: number): void;
}

/** The hooks of one node and its server. */
export function upstreamHooks(
  node: string,
  upstream: string,
  observer: Observer,
): UpstreamEventHooks {
  const base = () => ({ node, upstream, timeMs: Date.now() });
  return {
    onConnected(): void {
      observer.upstream?.({ type: "upstream.connected", ...base() });
    },
    onLost(reason): void {
      observer.upstream?.({ type: "upstream.lost", ...base(), reason });
    },
    onRetry(attempt, reason): void {
      // The first failure says it all; after that only the attempts go on.
      const type = attempt === 1 ? "upstream.failed" : "upstream.retry";
      observer.upstream?.({ type, ...base(), attempt, reason });
    },
  };
}
