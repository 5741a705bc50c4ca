/**
 * Turns events into log records of LogTape. What becomes of the records is up to the program that configures LogTape.
 *
 * @module
 */

import { getLogger, type Logger } from "@logtape/logtape";
import type { Event, Topic } from "./events.ts";
import { eventLevel, eventSentence, isAtLeast, isTopicLogged, type LogLevel } from "./log_text.ts";
import type { Observer } from "./observer.ts";

/** The category of all records, under which each topic has its own. */
export const LOG_CATEGORY = "halfway";

/** What is logged. */
export interface LogOptions {
  /** Events below this level are not logged, and their topics, where all are below, not listened to. */
  readonly level: LogLevel;
  /** Gives the level of an error that ended a connection; `warning` when left out. */
  errorLevel?(error: unknown): LogLevel;
}

const TOPICS: readonly Topic[] = ["connection", "message", "cache", "upstream", "state", "node"];

/**
 * Logs what happens at a node, with the category `["halfway", topic]` and the event's fields as properties.
 *
 * @param observer The node's observer.
 * @param options The lowest level.
 * @returns Stops logging.
 */
export function logEvents(observer: Observer, options: LogOptions): () => void {
  const stops = TOPICS.filter((topic) => isTopicLogged(topic, options.level)).map((topic) => {
    const logger = getLogger([LOG_CATEGORY, topic]);
    return observer.on(topic, (event: Event) => logEvent(logger, event, options));
  });
  return () => stops.forEach((stop) => stop());
}

function logEvent(logger: Logger, event: Event, options: LogOptions): void {
  const level = eventLevel(event, options.errorLevel);
  if (!isAtLeast(level, options.level)) return;
  const sentence = eventSentence(event);
  // Not `logger.info(sentence)`: that would read a peer's braces as places to fill in.
  logger.emit({
    timestamp: event.timeMs,
    level,
    message: [sentence],
    rawMessage: sentence,
    properties: { ...event },
  });
}
