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
export type Listener<E extends Event = Event> = (event: E) => void;

/** The event types of each topic. */
export interface TopicEvents {
  connection: ConnectionEvent;
  message: MessageEvent;
  cache: CacheEvent;
  upstream: UpstreamEvent;
  state: StateEvent;
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
  connection: Listener<ConnectionEvent> | null = null;
  /** Told of messages, or `null`. */
  message: Listener<MessageEvent> | null = null;
  /** Told of cache entries, or `null`. */
  cache: Listener<CacheEvent> | null = null;
  /** Told of the way to the server, or `null`. */
  upstream: Listener<UpstreamEvent> | null = null;
  /** Told of changed content, or `null`. */
  state: Listener<StateEvent> | null = null;
  /** Told of the node's own life, or `null`. */
  node: Listener<NodeEvent> | null = null;

  readonly #listeners: { [T in Topic]: Listener<TopicEvents[T]>[] } = {
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
  on<T extends Topic>(topic: T, listener: Listener<TopicEvents[T]>): () => void {
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
    (this as unknown as Record<T, Listener<TopicEvents[T]> | null>)[topic] = slot;
  }
}
