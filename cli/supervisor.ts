/**
 * Keeps a number of workers running: replaces those that die, restarts them one at a time, and stops them all.
 *
 * @module
 */

import { HalfwayError } from "../net/errors.ts";
import type { PurgeLog } from "./purge_log.ts";
import { type PurgeMember, PurgeRounds } from "./purge_rounds.ts";
import { RestartDelay } from "./restart_delay.ts";
import type { FromWorker, WorkerSettings } from "./worker_messages.ts";
import { type WorkerChild, type WorkerEnd, WorkerProcess } from "./worker_process.ts";
import { formatDuration } from "./values.ts";

/** For how long a connection may begin one more request at a worker that another one has followed, in milliseconds. */
const PATIENCE_MS = 1_000;

/** What a supervisor works with. */
export interface SupervisorOptions {
  /** How many workers there are. */
  readonly workers: number;
  /** What each works by. */
  readonly settings: WorkerSettings;
  /** Remembers what was purged for those who come later; `null` where nothing outlasts a worker. */
  readonly purgeLog: PurgeLog | null;
  /** Starts a process. */
  fork(): WorkerChild;
  /** Told once, when all workers listen, with where. */
  onListening(text: string): void;
  /** Told of what happens to workers. */
  tell(level: "info" | "warning", text: string, process?: WorkerProcess): void;
  /** Random numbers from 0 to below 1; the runtime's own when left out. */
  random?(): number;
}

/** The place of one worker, which processes fill one after the other. */
interface Slot {
  readonly worker: number;
  readonly delay: RestartDelay;
  /** The process that fills it, or is on its way to. */
  current: WorkerProcess | null;
  /** The process that a restart will put there. */
  next: WorkerProcess | null;
  /** Until a process is started. */
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** Supervises workers from its making on. */
export class Supervisor {
  /** Rejects when no worker could start, with the reason of the first. */
  readonly failed: Promise<never>;
  readonly #options: SupervisorOptions;
  readonly #slots: Slot[];
  readonly #processes = new Set<WorkerProcess>();
  readonly #rounds = new PurgeRounds();
  #fail: (error: unknown) => void = () => {};
  #firstFailure: unknown = null;
  /** Whether any worker has ever listened. */
  #works = false;
  /** The part of a purge that is to remember it. */
  readonly #remembering: PurgeMember | null;
  #told = false;
  #stopping = false;
  #restarting = false;
  #restartAgain = false;
  #onQuiet: () => void = () => {};

  /** Starts the workers. */
  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.failed = new Promise((_, reject) => this.#fail = reject);
    this.failed.catch(() => {});
    this.#slots = Array.from({ length: options.workers }, (_, i) => ({
      worker: i + 1,
      delay: new RestartDelay(options.random),
      current: null,
      next: null,
      timer: undefined,
    }));
    this.#remembering = options.purgeLog === null ? null : this.#remember(options.purgeLog);
    for (const slot of this.#slots) this.#fill(slot);
  }

  /** Restarts the workers one at a time, each when its successor listens. Asked for meanwhile, it is done once more. */
  async restart(): Promise<void> {
    if (this.#stopping) return;
    if (this.#restarting) {
      this.#restartAgain = true;
      return;
    }
    this.#restarting = true;
    do {
      this.#restartAgain = false;
      this.#options.tell("info", "Restarting the workers, one at a time");
      const whole = await this.#restartEach();
      if (whole) this.#options.tell("info", `Restarted all ${this.#slots.length} workers`);
    } while (this.#restartAgain && !this.#stopping);
    this.#restarting = false;
  }

  /** Has all workers finish what is under way; resolves when no process is left. */
  drain(): Promise<void> {
    return this.#stop((process) => process.drain());
  }

  /** Has all workers end at once; resolves when no process is left. */
  close(): Promise<void> {
    return this.#stop((process) => process.close());
  }

  #stop(how: (process: WorkerProcess) => void): Promise<void> {
    this.#stopping = true;
    for (const slot of this.#slots) clearTimeout(slot.timer);
    const quiet = new Promise<void>((resolve) => {
      const before = this.#onQuiet;
      this.#onQuiet = () => {
        before();
        resolve();
      };
    });
    for (const process of this.#processes) how(process);
    if (this.#processes.size === 0) this.#onQuiet();
    return quiet;
  }

  async #restartEach(): Promise<boolean> {
    for (const slot of this.#slots) {
      clearTimeout(slot.timer);
      slot.timer = undefined;
      const next = slot.next = this.#start(slot);
      const listens = next !== null && await next.listening !== null;
      if (!listens) await next?.ended;
      slot.next = null;
      if (this.#stopping) return false;
      const { current } = slot;
      if (!listens) {
        const rest = current === null ? "" : "; the one that runs goes on";
        this.#options.tell("warning", `Worker ${slot.worker} could not be restarted${rest}`);
        if (current === null) this.#replace(slot, 0);
        return false;
      }
      slot.current = next;
      if (current !== null) {
        current.drain(PATIENCE_MS);
        await current.ended;
      }
    }
    return !this.#stopping;
  }

  /** Starts the process of a slot that has none. */
  #fill(slot: Slot): void {
    slot.current = this.#start(slot);
    if (slot.current === null && this.#works) this.#replace(slot, 0);
  }

  /** Starts a process; `null` if the system does not let it. */
  #start(slot: Slot): WorkerProcess | null {
    let child: WorkerChild;
    try {
      child = this.#options.fork();
    } catch (error) {
      this.#options.tell("warning", `Worker ${slot.worker} cannot be started: ${messageOf(error)}`);
      this.#noteFailure(error);
      return null;
    }
    const process = new WorkerProcess(slot.worker, child, this.#options.settings, {
      onMessage: (from, message) => this.#take(from, message),
      pastPurges: () => this.#options.purgeLog?.past ?? [],
    });
    this.#processes.add(process);
    this.#watch(slot, process);
    return process;
  }

  async #watch(slot: Slot, process: WorkerProcess): Promise<void> {
    process.listening.then((text) => this.#onListening(process, text));
    const end = await process.ended;
    this.#processes.delete(process);
    this.#rounds.gone(process);
    const says = `Worker ${process.worker} (process ${process.pid}) ${endText(end)}`;
    const isVacant = slot.current === process && slot.next === null;
    if (slot.current === process) slot.current = null;
    if (process.leaving) {
      this.#options.tell(end.code === 0 ? "info" : "warning", says, process);
    } else if (isVacant && this.#works && !this.#stopping) {
      this.#replace(slot, performance.now() - process.startedMs, says, process);
    } else {
      this.#options.tell("warning", says, process);
      this.#noteFailure(failureOf(end, says));
    }
    if (this.#stopping && this.#processes.size === 0) this.#onQuiet();
  }

  #onListening(process: WorkerProcess, text: string | null): void {
    if (text === null) return;
    this.#works = true;
    const says = `Worker ${process.worker} (process ${process.pid}) listens`;
    this.#options.tell("info", says, process);
    // One that died before any other listened has no successor yet.
    for (const slot of this.#slots) {
      const isVacant = slot.current === null && slot.next === null && slot.timer === undefined;
      if (isVacant && !this.#stopping) this.#replace(slot, 0);
    }
    if (this.#told || !this.#slots.every(({ current }) => current?.listens)) return;
    this.#told = true;
    this.#options.onListening(text);
  }

  #replace(slot: Slot, livedMs: number, says?: string, process?: WorkerProcess): void {
    const delayMs = slot.delay.after(livedMs);
    if (says !== undefined) {
      const when = delayMs === 0 ? "now" : `in ${formatDuration(delayMs)}`;
      this.#options.tell("warning", `${says}; another one starts ${when}`, process);
    }
    slot.timer = setTimeout(() => {
      slot.timer = undefined;
      this.#fill(slot);
    }, delayMs);
  }

  /** Notes why a worker could not start: when none is left that might, and none ever did, that is the end. */
  #noteFailure(error: unknown): void {
    this.#firstFailure ??= error;
    if (!this.#works && this.#processes.size === 0) this.#fail(this.#firstFailure);
  }

  #remember(log: PurgeLog): PurgeMember {
    const member: PurgeMember = {
      name: "the disk",
      send: (message) => {
        if (message.type !== "purge") return;
        const { id, purges } = message;
        log.add(purges).then(
          () => this.#rounds.answered(member, id, 0),
          (error) => this.#rounds.answered(member, id, 0, messageOf(error)),
        );
      },
      kill: () => {},
    };
    return member;
  }

  #take(from: WorkerProcess, message: FromWorker): void {
    if (message.type === "announce") {
      const others: PurgeMember[] = [...this.#processes].filter((process) =>
        process !== from && process.started
      );
      if (this.#remembering !== null) others.push(this.#remembering);
      this.#rounds.begin(from, message.id, message.purges, others);
    } else if (message.type === "purged") {
      this.#rounds.answered(from, message.id, message.count, message.error);
    }
  }
}

/** A worker that ended before any of them listened, and gave no reason that the family of errors knows. */
export class WorkerStartError extends Error {
  /** Its exit code, or 70 where it had none. */
  readonly exitCode: number;

  /** Makes the error with a sentence. */
  constructor(message: string, exitCode: number | null) {
    super(message);
    this.exitCode = exitCode || 70;
  }
}

function failureOf({ failure, code }: WorkerEnd, says: string): Error {
  if (failure !== null && failure.code !== null) {
    return new HalfwayError(failure.code, failure.message);
  }
  return new WorkerStartError(failure?.message ?? says, code);
}

function endText({ code, signal, failure }: WorkerEnd): string {
  if (failure !== null) return `could not start: ${failure.message}`;
  if (signal !== null) return `was ended by ${signal}`;
  return code === null ? "could not be started" : `ended with exit code ${code}`;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
