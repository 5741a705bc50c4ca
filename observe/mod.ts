/**
 * What happens at a node, for those who want to watch.
 *
 * @module
 */

export type {
  CacheEvent,
  ConnectionEvent,
  Event,
  EventBase,
  MessageEvent,
  NodeEvent,
  StateEvent,
  Topic,
  UpstreamEvent,
} from "./events.ts";
export { type EventListener, Observer, type TopicEvents } from "./observer.ts";
