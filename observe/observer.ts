/**
 * Hands events to listeners. A topic without a listener costs its emitter one comparison with `null`.
 *
 * @module
 */

import type {
  CacheEvent,
  ConnectionEvent,
  Event,
  MessageEvent,
  NodeEvent,
  StateEvent,
  Topic,
  UpstreamEvent,
} from "./events.ts";

/** Is told of events. It is called while the node works, so it must be quick and must not throw. */
export type EventListener<E extends Event = Event> = (event: E) => void;

/** The event types of each topic. */
export interface TopicEvents {
  /** Events whose type begins with `connection.` */
  connection: ConnectionEvent;
  /** Events whose type begins with `message.` */
  message: MessageEvent;
  /** Events whose type begins with `cache.` */
  cache: CacheEvent;
  /** Events whose type begins with `upstream.` */
  upstream: UpstreamEvent;
  /** Events whose type begins with `state.` */
  state: StateEvent;
  /** Events whose type begins with `node.` */
  node: NodeEvent;
}

/**
 * One slot a topic: `null` while nobody listens, so that an emitter on the hot path writes
 * `if (observer.message !== null) observer.message({ … })` and makes no event object in vain.
 *
 * @example
 * ```ts
 * import { Observer } from "@halfway/proxy";
 *
 * const observer = new Observer();
 * const stop = observer.on("cache", (event) => console.log(event.type, event.key));
 * stop();
 * ```
 */
export class Observer {
  /** Told of connections, or `null`. */
  connection: EventListener<ConnectionEvent> | null = null;
  /** Told of messages, or `null`. */
  message: EventListener<MessageEvent> | null = null;
  /** Told of cache entries, or `null`. */
  cache: EventListener<CacheEvent> | null = null;
  /** Told of the way to the server, or `null`. */
  upstream: EventListener<UpstreamEvent> | null = null;
  /** Told of changed content, or `null`. */
  state: EventListener<StateEvent> | null = null;
  /** Told of the node's own life, or `null`. */
  node: EventListener<NodeEvent> | null = null;

  readonly #listeners: { [T in Topic]: EventListener<TopicEvents[T]>[] } = {
    connection: [],
    message: [],
    cache: [],
    upstream: [],
    state: [],
    node: [],
  };

  /**
   * Adds a listener for one topic.
   *
   * @param topic The part of the event types before the dot.
   * @param listener Called with each event of the topic, in order.
   * @returns Takes the listener away again.
   */
  on<T extends Topic>(topic: T, listener: EventListener<TopicEvents[T]>): () => void {
    this.#listeners[topic].push(listener);
    this.#refresh(topic);
    return () => {
      const list = this.#listeners[topic];
      const at = list.indexOf(listener);
      if (at >= 0) list.splice(at, 1);
      this.#refresh(topic);
    };
  }

  #refresh<T extends Topic>(topic: T): void {
    const list = this.#listeners[topic].slice();
    const slot = list.length === 0
      ? null
      : list.length === 1
      ? list[0]
      : (event: TopicEvents[T]) => {
        for (const listener of list) listener(event);
      };
    (this as unknown as Record<T, EventListener<TopicEvents[T]> | null>)[topic] = slot;
  }
}
