/**
 * Says what an event means, in a sentence and at a level. A peer's words are made harmless first.
 *
 * @module
 */

import type { Event, Topic } from "./events.ts";

/** The levels of log lines, least severe first. */
export type LogLevel = "debug" | "info" | "warning" | "error";

/** The most characters of one text that a log line shows. */
export const MAX_LOG_TEXT = 200;

/** The level of a connection's failure depends on the error; the others are fixed. */
const LEVELS: Readonly<Record<Exclude<Event["type"], "connection.failed">, LogLevel>> = {
  "connection.opened": "debug",
  "connection.closed": "debug",
  "connection.refused": "warning",
  "message.received": "info",
  "message.sent": "info",
  "cache.hit": "debug",
  "cache.miss": "debug",
  "cache.store": "debug",
  "cache.evict": "debug",
  "cache.expire": "debug",
  "cache.invalidate": "debug",
  "upstream.connected": "info",
  "upstream.lost": "warning",
  "upstream.failed": "error",
  "upstream.retry": "debug",
  "state.changed": "debug",
  "node.listening": "info",
  "node.draining": "info",
  "node.stopped": "info",
  "node.warning": "warning",
  "node.worker": "info",
  "node.note": "info",
};

const ORDER: readonly LogLevel[] = ["debug", "info", "warning", "error"];

/**
 * Says at which level an event is logged.
 *
 * @param event The event.
 * @param errorLevel Gives the level of an error that ended a connection; `warning` when left out.
 */
export function eventLevel(event: Event, errorLevel?: (error: unknown) => LogLevel): LogLevel {
  if (event.type !== "connection.failed") return LEVELS[event.type];
  return errorLevel !== undefined && event.error !== undefined
    ? errorLevel(event.error)
    : "warning";
}

/** Whether a level is at least as severe as another. */
export function isAtLeast(level: LogLevel, lowest: LogLevel): boolean {
  return ORDER.indexOf(level) >= ORDER.indexOf(lowest);
}

/**
 * Says whether any event of a topic may be logged at a level, or above.
 *
 * @param topic The topic.
 * @param lowest The lowest level that is logged.
 */
export function isTopicLogged(topic: Topic, lowest: LogLevel): boolean {
  if (topic === "connection") return true;
  return Object.entries(LEVELS).some(([type, level]) =>
    type.startsWith(`${topic}.`) && isAtLeast(level, lowest)
  );
}

/**
 * Says what happened, in one line without control characters.
 *
 * @param event The event.
 * @returns Such as `← 127.0.0.1:50312 OP=GET;IND=1;`.
 */
export function eventSentence(event: Event): string {
  switch (event.type) {
    case "message.received":
      return `← ${event.peer} ${cutText(event.text, event.bytes)}`;
    case "message.sent":
      return `→ ${event.peer} ${cutText(event.text, event.bytes)}`;
    case "connection.opened":
      return `${event.peer} connected (${event.open} open)`;
    case "connection.closed":
      return `${event.peer} left${because(event.reason)} (${event.open} open)`;
    case "connection.refused":
      return `${event.peer} turned away${because(event.reason)} (${event.open} open)`;
    case "connection.failed":
      return `${event.peer} failed${
        because(event.reason ?? messageOf(event.error))
      } (${event.open} open)`;
    case "cache.hit":
    case "cache.miss":
    case "cache.store":
    case "cache.evict":
    case "cache.expire":
    case "cache.invalidate": {
      const detail = event.detail === undefined ? "" : `, ${cutText(event.detail)}`;
      return `${event.type.slice("cache.".length)} ${
        cutText(event.key)
      }${detail} (${event.entries} held)`;
    }
    case "upstream.connected":
      return `connected to ${event.upstream}`;
    case "upstream.lost":
      return `lost ${event.upstream}${because(event.reason)}`;
    case "upstream.failed":
      return `cannot reach ${event.upstream}, trying again${because(event.reason)}`;
    case "upstream.retry":
      return `trying ${event.upstream} again${tries(event.attempt)}${because(event.reason)}`;
    case "state.changed":
      return `holds ${cutText(event.text.replace(/\s*\n\s*/g, " | "))}`;
    default:
      return cutText(event.text);
  }
}

/**
 * Makes a text harmless for a terminal and a log, and no longer than {@linkcode MAX_LOG_TEXT}.
 *
 * @param text Any text.
 * @param bytes Its full size, if it is known; otherwise its characters are counted.
 * @returns The text, control characters and marks of direction escaped; what was cut is named at its end.
 */
export function cutText(text: string, bytes?: number): string {
  if (text.length <= MAX_LOG_TEXT) return escapeControls(text);
  const full = bytes === undefined ? `${text.length} characters` : `${bytes} bytes`;
  return `${escapeControls(wholeStart(text))}… (${full})`;
}

/** The first {@linkcode MAX_LOG_TEXT} characters of a text, without half of a surrogate pair at their end. */
export function wholeStart(text: string): string {
  const start = text.slice(0, MAX_LOG_TEXT);
  return text.length > MAX_LOG_TEXT && /[\ud800-\udbff]$/.test(start) ? start.slice(0, -1) : start;
}

/** Controls, line and paragraph separators, marks that turn the direction of text, and halves of a pair. */
const UNSAFE = /[\p{Cc}\p{Cs}\u061c\u2028-\u202e\u200e\u200f\u2066-\u2069]/gu;
const NAMED: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

function escapeControls(text: string): string {
  return text.replace(UNSAFE, (c) => {
    const code = c.charCodeAt(0);
    return NAMED[c] ??
      (code < 0x100 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
  });
}

/** Makes JSON text safe for a terminal: what JSON leaves as it is, but a terminal obeys, is escaped. */
export function escapeJson(json: string): string {
  return json.replace(UNSAFE, (c) => `\\u${hex(c.charCodeAt(0), 4)}`);
}

function hex(code: number, digits: number): string {
  return code.toString(16).padStart(digits, "0");
}

function because(reason: string | undefined): string {
  return reason === undefined ? "" : `: ${cutText(reason)}`;
}

function tries(attempt: number | undefined): string {
  return attempt === undefined ? "" : ` (attempt ${attempt})`;
}

function messageOf(error: unknown): string | undefined {
  if (error === undefined) return undefined;
  return error instanceof Error ? error.message : String(error);
}
