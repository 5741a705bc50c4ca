/**
 * Stops a node when it is told to: the first signal lets what is under way finish, the second closes at once.
 *
 * @module
 */

import process from "node:process";
import { formatDuration } from "./values.ts";

/** The name of a signal that stops a node. */
export type StopSignal = "SIGINT" | "SIGTERM";

/** The exit code of a node that was forced by a signal: 128 and the signal's number. */
const FORCED_CODES: Readonly<Record<StopSignal, number>> = { SIGINT: 130, SIGTERM: 143 };

/**
 * The same signal again within so many milliseconds is the same word: Ctrl-C in a terminal reaches every process there,
 * and `deno task` passes it on to its program besides.
 */
const ECHO_MS = 100;

/** Where signals come from; the process itself, or a test. */
export interface SignalSource {
  /** Adds a listener. */
  on(signal: StopSignal, listener: () => void): unknown;
  /** Takes a listener away. */
  off(signal: StopSignal, listener: () => void): unknown;
}

/** How a node stops. */
export interface StopOptions {
  /** How long the drain may take, in milliseconds; after that the node is closed at once. */
  readonly drainTimeoutMs: number;
  /** Stops accepting and lets what is under way finish; settles when all is closed. */
  drain(): Promise<void>;
  /** Closes everything at once; `drain`'s promise is expected to settle then. */
  close(): void | Promise<void>;
  /** Tells the person, on stderr. */
  talk(text: string): void;
  /** Where signals come from; the process when left out. */
  readonly source?: SignalSource;
  /** A monotonic clock, in milliseconds; the runtime's own when left out. */
  now?(): number;
}

/** Waits for the signals that stop a node. */
export interface StopWatch {
  /**
   * Settles when the node has stopped, with the exit code: 0 after a drain, or one whose time was up; 130 or 143 when a
   * second signal cut it short. Rejects with what `drain` or `close` throws.
   */
  readonly exitCode: Promise<number>;
  /** Takes the handlers away, when the node ended by itself; `exitCode` then stays open. */
  remove(): void;
}

/**
 * Watches for SIGINT and SIGTERM. The handlers are taken away when the node has stopped.
 *
 * @param options What to do, and how long it may take.
 */
export function watchStopSignals(options: StopOptions): StopWatch {
  const { drainTimeoutMs, talk, source = process as SignalSource } = options;
  const { now = () => performance.now() } = options;
  const { promise: exitCode, resolve, reject } = settleable();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let code: number | null = null;
  let first: { readonly signal: StopSignal; readonly atMs: number } | null = null;
  const remove = (): void => {
    clearTimeout(timer);
    source.off("SIGINT", onInterrupt);
    source.off("SIGTERM", onTerminate);
  };
  const closeNow = (): void => {
    attempt(() => options.close()).then(() => resolve(code ?? 0), reject).finally(remove);
  };
  const stop = (signal: StopSignal): void => {
    if (first !== null && first.signal === signal && now() - first.atMs < ECHO_MS) return;
    if (code !== null) {
      // Closing ends the drain as well, which must find this code. A third signal meets no handler and kills.
      code = FORCED_CODES[signal];
      remove();
      closeNow();
      return;
    }
    code = 0;
    first = { signal, atMs: now() };
    talk(`Draining, up to ${formatDuration(drainTimeoutMs)}; once more to close at once`);
    timer = setTimeout(closeNow, drainTimeoutMs);
    attempt(() => options.drain()).then(() => resolve(code ?? 0), reject).finally(remove);
  };
  const onInterrupt = (): void => stop("SIGINT");
  const onTerminate = (): void => stop("SIGTERM");
  source.on("SIGINT", onInterrupt);
  source.on("SIGTERM", onTerminate);
  return { exitCode, remove };
}

interface Settleable {
  readonly promise: Promise<number>;
  resolve(code: number): void;
  reject(error: unknown): void;
}

/** `Promise.withResolvers` is not in Node 20. */
function settleable(): Settleable {
  let resolve: (code: number) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<number>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Makes a promise of a call that may throw, or return none. */
async function attempt(work: () => void | Promise<void>): Promise<void> {
  await work();
}
