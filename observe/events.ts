/**
 * What can happen at a node, as typed events. Log lines, metrics and pages are made from them by listeners.
 *
 * @module
 */

/** What every event carries. */
export interface EventBase {
  /** The node that the event happened at, such as `table proxy`. */
  readonly node: string;
  /** When it happened, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** A connection was opened, closed or turned away, or failed. */
export interface ConnectionEvent extends EventBase {
  /** What happened. */
  readonly type:
    | "connection.opened"
    | "connection.closed"
    | "connection.refused"
    | "connection.failed";
  /** The peer, as `host:port`. */
  readonly peer: string;
  /** Connections that are open now. */
  readonly open: number;
  /** Why it was refused, closed or failed; absent for an ordinary end. */
  readonly reason?: string;
  /** The error that ended it. */
  readonly error?: unknown;
}

/** A whole message came in or went out. */
export interface MessageEvent extends EventBase {
  /** What happened. */
  readonly type: "message.received" | "message.sent";
  /** The peer, as `host:port`. */
  readonly peer: string;
  /** Size on the wire, in bytes. */
  readonly bytes: number;
  /** The message as people read it, without its line break. */
  readonly text: string;
}

/** Something happened to a cache entry. */
export interface CacheEvent extends EventBase {
  /** What happened. */
  readonly type:
    | "cache.hit"
    | "cache.miss"
    | "cache.store"
    | "cache.evict"
    | "cache.expire"
    | "cache.invalidate";
  /** The key, as people read it. */
  readonly key: string;
  /** Entries that are held now. */
  readonly entries: number;
  /** What else there is to say, such as the remaining lifetime. */
  readonly detail?: string;
}

/** The way to the server was made, lost, or failed. */
export interface UpstreamEvent extends EventBase {
  /** What happened. */
  readonly type: "upstream.connected" | "upstream.lost" | "upstream.failed" | "upstream.retry";
  /** The server, as `host:port`. */
  readonly upstream: string;
  /** Which attempt this was, from 1. */
  readonly attempt?: number;
  /** Why, in a sentence. */
  readonly reason?: string;
}

/** The content of a node changed: a server's table, a proxy's cache. */
export interface StateEvent extends EventBase {
  /** What happened. */
  readonly type: "state.changed";
  /** The new content, as people read it, one or more lines. */
  readonly text: string;
}

/** The node began or ended its work, or warns of something. */
export interface NodeEvent extends EventBase {
  /** What happened. */
  readonly type:
    | "node.listening"
    | "node.draining"
    | "node.stopped"
    | "node.warning"
    | "node.worker"
    | "node.note";
  /** What happened, in a sentence. */
  readonly text: string;
  /** The worker that it happened to, from 1, where several processes are one node. */
  readonly worker?: number;
  /** The worker's process. */
  readonly pid?: number;
}

/** Any event. */
export type Event =
  | ConnectionEvent
  | MessageEvent
  | CacheEvent
  | UpstreamEvent
  | StateEvent
  | NodeEvent;

/** The part of an event's type before its dot; listeners ask for topics. */
export type Topic = "connection" | "message" | "cache" | "upstream" | "state" | "node";
