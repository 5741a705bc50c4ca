/**
 * Configures logging, which programs do and the library never does.
 *
 * @module
 */

import process from "node:process";
import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { ERROR_MEANINGS, HalfwayError } from "../net/errors.ts";
import { LOG_CATEGORY, logEvents } from "../observe/log.ts";
import { jsonFormat, textFormat } from "../observe/log_format.ts";
import type { LogLevel } from "../observe/log_text.ts";
import type { Observer } from "../observe/observer.ts";
import { LogWriter, writeStderrNow } from "./log_writer.ts";
import { usesColor } from "./output.ts";
import { wholeLineTarget } from "./whole_lines.ts";

/** How a program logs; the values of the options of the same names. */
export interface LoggingOptions {
  /** The lowest level, or `off`. */
  readonly logLevel: LogLevel | "off";
  /** Lines for people, or one JSON object a line. */
  readonly logFormat: "text" | "json";
  /** Whether the person wants no colour. */
  readonly noColor?: boolean;
  /** Which of several processes this is, from 1: each line says so, and is never torn by another's. */
  readonly worker?: number;
  /** Where lines go to; stderr when left out. */
  readonly writer?: LogWriter;
}

/** The logging of a program. */
export interface Logging {
  /**
   * Logs what happens at a node.
   *
   * @param observer The node's observer.
   */
  attach(observer: Observer): void;
  /** Writes what there is left, and logs no more. */
  stop(): void;
}

/**
 * Starts logging to stderr. There is one configuration a process: starting again replaces it.
 *
 * @param options Level and format.
 */
export function startLogging(options: LoggingOptions): Logging {
  const { logLevel, logFormat, worker } = options;
  if (logLevel === "off") return { attach: () => {}, stop: () => {} };
  const format = logFormat === "json"
    ? jsonFormat(worker)
    : textFormat(usesColor(process.stderr, options), worker);
  const writer = options.writer ?? new LogWriter({
    ...(worker === undefined ? {} : { target: wholeLineTarget(writeStderrNow) }),
    droppedLine: (count) =>
      format({
        category: [LOG_CATEGORY],
        level: "warning",
        message: [`${count} log lines dropped: stderr is not read fast enough`],
        timestamp: Date.now(),
        properties: {},
      }),
  });
  configureSync({
    reset: true,
    sinks: { lines: (record: LogRecord) => writer.write(format(record)) },
    loggers: [
      { category: LOG_CATEGORY, lowestLevel: logLevel, sinks: ["lines"] },
      { category: ["logtape", "meta"], lowestLevel: "warning", sinks: ["lines"] },
    ],
  });
  const stops: (() => void)[] = [];
  return {
    attach(observer) {
      stops.push(logEvents(observer, { level: logLevel, errorLevel }));
    },
    stop() {
      stops.forEach((stop) => stop());
      writer.close();
      resetSync();
    },
  };
}

function errorLevel(error: unknown): LogLevel {
  return error instanceof HalfwayError ? ERROR_MEANINGS[error.code].logLevel : "error";
}
