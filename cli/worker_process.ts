/**
 * One worker as its parent sees it: a process with a channel, from its start to its end.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import type { PastPurge } from "../http/store/purges.ts";
import type { FromWorker, ToWorker, WorkerSettings } from "./worker_messages.ts";

/** How long a worker may take from its start until it listens, in milliseconds. */
const START_TIMEOUT_MS = 30_000;
/** How long a worker may take longer than it was told to, in milliseconds. */
const GRACE_MS = 3_000;
/** What a process has said may be on its way for so long after its end, in milliseconds. */
const LAST_WORDS_MS = 1_000;

/** How a worker ended. */
export interface WorkerEnd {
  /** Its exit code, or `null`. */
  readonly code: number | null;
  /** The signal that ended it, or `null`. */
  readonly signal: string | null;
  /** Why it could not start, if it said so. */
  readonly failure: Extract<FromWorker, { type: "failed" }> | null;
}

/** A process that can be a worker; `ChildProcess` is one, and so is a test's. */
export type WorkerChild = Pick<
  ChildProcess,
  "pid" | "connected" | "send" | "kill" | "on" | "once"
>;

/** What a worker tells its supervisor. */
export interface WorkerHooks {
  /** It speaks of purges. */
  onMessage(process: WorkerProcess, message: FromWorker): void;
  /** Asked when it starts: what was purged so far. All that is purged from then on it is told. */
  pastPurges(): readonly PastPurge[];
}

/** A worker's process. */
export class WorkerProcess {
  /** The worker's number, from 1; its successors have the same. */
  readonly worker: number;
  /** What sentences call it. */
  readonly name: string;
  /** The process's number. */
  readonly pid: number;
  /** When it was started, in milliseconds of a monotonic clock. */
  readonly startedMs: number = performance.now();
  /** Resolves with where it listens, or `null` if it has ended without. */
  readonly listening: Promise<string | null>;
  /** Resolves when it has ended. */
  readonly ended: Promise<WorkerEnd>;
  /** Whether it was told how to work: from then on it may hold something. */
  started = false;
  /** Whether it has begun to listen. */
  listens = false;
  /** Whether it was told to end. */
  leaving = false;
  readonly #child: WorkerChild;
  readonly #settings: WorkerSettings;
  readonly #timers = new Set<ReturnType<typeof setTimeout>>();
  #failure: WorkerEnd["failure"] = null;
  #onListening: (text: string | null) => void = () => {};
  #onEnded: (end: WorkerEnd) => void = () => {};

  /** Takes a process that was just started. */
  constructor(worker: number, child: WorkerChild, settings: WorkerSettings, hooks: WorkerHooks) {
    this.worker = worker;
    this.name = `worker ${worker}`;
    this.pid = child.pid ?? 0;
    this.#child = child;
    this.#settings = settings;
    this.listening = new Promise((resolve) => this.#onListening = resolve);
    this.ended = new Promise((resolve) => this.#onEnded = resolve);
    const deadline = this.#after(START_TIMEOUT_MS, () => this.kill());
    child.on("message", (message: unknown) => this.#take(message as FromWorker, deadline, hooks));
    child.on("error", () => {
      // It could not be started, or not be reached: the latter is told by its end.
      if (child.pid === undefined) this.#end(null, null);
    });
    child.once("exit", (code, signal) => {
      if (!child.connected) return this.#end(code, signal);
      const end = (): void => this.#end(code, signal);
      child.once("disconnect", end);
      this.#after(LAST_WORDS_MS, end);
    });
  }

  /** Sends a message; a worker that has ended gets none. */
  send(message: ToWorker): void {
    if (this.#child.connected) this.#child.send(message, () => {});
  }

  /** Has it finish what is under way and end. */
  drain(patienceMs = 0): void {
    this.leaving = true;
    this.send({ type: "drain", patienceMs });
    this.#after(this.#settings.drainTimeoutMs + GRACE_MS, () => this.close());
  }

  /** Has it end at once. */
  close(): void {
    this.leaving = true;
    this.send({ type: "close" });
    this.#after(GRACE_MS, () => this.kill());
  }

  #take(
    message: FromWorker,
    deadline: ReturnType<typeof setTimeout>,
    hooks: WorkerHooks,
  ): void {
    switch (message.type) {
      case "ready":
        if (this.leaving) this.kill();
        else {
          this.started = true;
          const { worker } = this;
          const pastPurges = hooks.pastPurges();
          this.send({ type: "start", worker, settings: this.#settings, pastPurges });
        }
        break;
      case "listening":
        clearTimeout(deadline);
        this.listens = true;
        this.#onListening(message.text);
        break;
      case "drained":
        this.send({ type: "leave" });
        break;
      case "failed":
        this.#failure = message;
        break;
      default:
        hooks.onMessage(this, message);
    }
  }

  /** Ends it without asking: a worker that hangs obeys no message. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #after(ms: number, work: () => void): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
    return timer;
  }

  #end(code: number | null, signal: string | null): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#onListening(null);
    this.#onEnded({ code, signal, failure: this.#failure });
  }
}
