/**
 * Writes log records as lines: for people, or one JSON object a line.
 *
 * @module
 */

import { cutText, escapeJson, MAX_LOG_TEXT, wholeStart } from "./log_text.ts";

/** What a line is made of: LogTape's record, cut to what is used. */
export interface LineRecord {
  /** Who logged it, from the general to the special. */
  readonly category: readonly string[];
  /** How severe it is. */
  readonly level: "trace" | "debug" | "info" | "warning" | "error" | "fatal";
  /** Texts and the values between them. */
  readonly message: readonly unknown[];
  /** Milliseconds since 1970. */
  readonly timestamp: number;
  /** The fields of an event, or what else there is. */
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Makes one line of a record, its line break included. */
export type LineFormat = (record: LineRecord) => string;

const LEVEL_COLORS: Readonly<Record<LineRecord["level"], string>> = {
  trace: "2",
  debug: "2",
  info: "32",
  warning: "33",
  error: "31",
  fatal: "31",
};

/**
 * Makes the format for people: time of day, level, node, sentence.
 *
 * @param color Whether to colour.
 * @param worker Which of several processes of the node this is, from 1; stands after the node as `#1`.
 */
export function textFormat(color: boolean, worker?: number): LineFormat {
  const clock = new Clock();
  return (record) => {
    const time = clock.format(record.timestamp);
    const level = record.level.padEnd(7);
    const { node } = record.properties;
    const from = typeof node === "string" ? node : record.category.join(".");
    const name = worker === undefined ? from : `${from} #${worker}`;
    const sentence = sentenceOf(record);
    return color
      ? `\x1b[2m${time}\x1b[0m \x1b[${
        LEVEL_COLORS[record.level]
      }m${level}\x1b[0m \x1b[36m${name}\x1b[0m  ${sentence}\n`
      : `${time} ${level} ${name}  ${sentence}\n`;
  };
}

/**
 * Makes the format for programs: `time` (ISO 8601), `level`, `node`, `event`, `message`, and the event's own fields.
 *
 * @param worker Which of several processes of the node this is, from 1; `worker` in each line.
 */
export function jsonFormat(worker?: number): LineFormat {
  return (record) => {
    const { node, type, timeMs: _, ...fields } = record.properties;
    const line = {
      time: new Date(record.timestamp).toISOString(),
      level: record.level,
      node: node ?? record.category.join("."),
      ...(worker === undefined ? {} : { worker }),
      event: type,
      message: sentenceOf(record),
      ...fields,
    };
    return `${escapeJson(JSON.stringify(line, replaceLarge))}\n`;
  };
}

/** An event's sentence is harmless already; what other code logs through LogTape is not. */
function sentenceOf(record: LineRecord): string {
  if (record.message.length === 1 && "type" in record.properties) return String(record.message[0]);
  return cutText(
    record.message.map((part) => typeof part === "string" ? part : show(part)).join(""),
  );
}

function show(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return typeof value === "object" && value !== null ? safeJson(value) : String(value);
}

function safeJson(value: object): string {
  try {
    return JSON.stringify(value, replaceLarge);
  } catch {
    return "[an object]";
  }
}

/** Cuts texts, and shows errors and large integers, which JSON does not. */
function replaceLarge(_: string, value: unknown): unknown {
  if (typeof value === "string" && value.length > 2 * MAX_LOG_TEXT) return `${wholeStart(value)}…`;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Error) {
    return { name: value.name, code: (value as { code?: unknown }).code, message: value.message };
  }
  return value;
}

/** Writes times of day; under load most lines share their second, which is written once. */
class Clock {
  #second = NaN;
  #text = "";

  format(timeMs: number): string {
    const second = Math.floor(timeMs / 1000);
    if (second !== this.#second) {
      const date = new Date(timeMs);
      this.#text = [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(":");
      this.#second = second;
    }
    return `${this.#text}.${String(Math.floor(timeMs - second * 1000)).padStart(3, "0")}`;
  }
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
