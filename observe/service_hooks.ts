/**
 * Makes connection events out of what an accept loop tells. Any node hands these hooks to the loop that serves it.
 *
 * @module
 */

import type { Observer } from "./observer.ts";

/** The part of a peer that an event names. */
interface NamedPeer {
  readonly address: string;
}

/** Functions that an accept loop calls; each costs a branch while nobody listens. */
export interface ConnectionHooks {
  /** A connection was opened. */
  onOpen(peer: NamedPeer, open: number): void;
  /** A connection has ended. */
  onClose(peer: NamedPeer, open: number, error: Error | null): void;
  /** A connection was turned away. */
  onRefuse(peer: NamedPeer, open: number): void;
  /** No connection could be accepted. */
  onAcceptError(error: unknown, delayMs: number): void;
}

/** The hooks of one node. */
export function serviceHooks(node: string, observer: Observer): ConnectionHooks {
  return {
    onOpen(peer, open): void {
      observer.connection?.({
        type: "connection.opened",
        node,
        timeMs: Date.now(),
        peer: peer.address,
        open,
      });
    },
    onClose(peer, open, error): void {
      observer.connection?.({
        type: error === null ? "connection.closed" : "connection.failed",
        node,
        timeMs: Date.now(),
        peer: peer.address,
        open,
        ...(error === null ? {} : { reason: error.message, error }),
      });
    },
    onRefuse(peer, open): void {
      observer.connection?.({
        type: "connection.refused",
        node,
        timeMs: Date.now(),
        peer: peer.address,
        open,
        reason: "the connection limit is reached",
      });
    },
    onAcceptError(error, delayMs): void {
      const reason = error instanceof Error ? error.message : String(error);
      observer.node?.({
        type: "node.warning",
        node,
        timeMs: Date.now(),
        text: `Cannot accept a connection (${reason}); trying again in ${delayMs} ms`,
      });
    },
  };
}
