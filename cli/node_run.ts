/**
 * What every server and proxy program does around its node: log, print what changes, serve until it is told to stop.
 *
 * @module
 */

import type { ServedNode } from "../net/served_node.ts";
import { Observer } from "../observe/observer.ts";
import { type LoggingOptions, startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import { watchStopSignals } from "./signals.ts";

/** The settings that all nodes have. */
export interface NodeRunOptions extends LoggingOptions {
  /** Do not print what the node holds; left out where there is nothing to print. */
  readonly quiet?: boolean;
  /** How long open requests may take to finish, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/** What is cut off tells its end within this time, or not at all. */
const LAST_EVENTS_MS = 500;

/** Closes a node at once, and gives what ends with it, such as a tunnel, the moment that it takes to be logged. */
async function closeNode(node: ServedNode): Promise<void> {
  node.close();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, LAST_EVENTS_MS));
  await Promise.race([node.finished, limit]);
  clearTimeout(timer);
}

/**
 * Runs a node until SIGINT or SIGTERM.
 *
 * @param options The settings of the program.
 * @param output Where what the node holds is printed.
 * @param start Starts the node, which tells the observer.
 * @returns The exit code.
 */
export async function runNode(
  options: NodeRunOptions,
  output: Output,
  start: (observer: Observer) => Promise<ServedNode>,
): Promise<number> {
  const observer = new Observer();
  const logging = startLogging(options);
  logging.attach(observer);
  if (options.quiet !== true) observer.on("state", ({ text }) => output.data(text));
  try {
    const node = await start(observer);
    const { exitCode } = watchStopSignals({
      drainTimeoutMs: options.drainTimeoutMs,
      drain: () => node.drain(options.drainTimeoutMs),
      close: () => closeNode(node),
      talk: (text) => output.talk(text),
    });
    return await exitCode;
  } finally {
    logging.stop();
  }
}
