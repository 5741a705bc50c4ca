/**
 * Writes log lines to stderr, many at once: one write for all lines of a turn of the event loop, not one a line.
 *
 * @module
 */

import { writeSync } from "node:fs";
import process from "node:process";
import { setImmediate } from "node:timers";

/** Where lines go to. */
export interface LineTarget {
  /** Writes text in its own time. */
  write(text: string): void;
  /** Writes text before it returns; used when the process ends. */
  writeNow(text: string): void;
  /** Characters or bytes that `write` has taken but not written yet. */
  backlog(): number;
  /** Writes what `write` has taken before it returns, as far as the target holds it itself. */
  end?(): void;
}

/** As much is written at once even within a turn, so that a long turn does not hold all its lines. */
const BATCH_CHARS = 64 * 1024;

/** A reader of stderr that does not read costs lines, not memory without end. */
const MAX_BACKLOG = 8 * 1024 * 1024;

/** How a {@linkcode LogWriter} works. */
export interface LogWriterOptions {
  /** Where lines go to; stderr when left out. */
  readonly target?: LineTarget;
  /**
   * Makes the line that stands for those that a slow reader cost.
   *
   * @param count How many there were.
   */
  droppedLine?(count: number): string;
}

/** Collects lines and writes them together. Nothing collected is lost when the process ends. */
export class LogWriter {
  readonly #target: LineTarget;
  readonly #onExit = (): void => this.#flushNow();
  readonly #describe: (count: number) => string;
  #lines: string[] = [];
  #chars = 0;
  #dropped = 0;
  #scheduled = false;

  /**
   * Makes the writer, which watches for the end of the process until {@linkcode LogWriter.close}.
   *
   * @param options Where lines go to.
   */
  constructor(options: LogWriterOptions = {}) {
    this.#target = options.target ?? stderrTarget();
    this.#describe = options.droppedLine ??
      ((count) => `${count} log lines dropped: stderr is not read fast enough\n`);
    process.on("exit", this.#onExit);
    // Deno tells of no exit after an uncaught error.
    process.on("uncaughtExceptionMonitor", this.#onExit);
  }

  /**
   * Takes a line, to be written at the end of this turn of the event loop.
   *
   * @param line The line, its line break included.
   */
  write(line: string): void {
    if (this.#target.backlog() > MAX_BACKLOG) {
      this.#dropped++;
      return;
    }
    if (this.#dropped > 0) this.#push(this.#droppedLine());
    this.#push(line);
    if (this.#chars >= BATCH_CHARS) {
      this.flush();
    } else if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.flush();
      });
    }
  }

  /** Hands all lines on. */
  flush(): void {
    const text = this.#take();
    if (text !== "") this.#target.write(text);
  }

  /** Hands all lines on, and no longer watches for the end of the process. */
  close(): void {
    this.flush();
    this.#target.end?.();
    process.off("exit", this.#onExit);
    process.off("uncaughtExceptionMonitor", this.#onExit);
  }

  #flushNow(): void {
    const text = this.#take() + (this.#dropped > 0 ? this.#droppedLine() : "");
    if (text !== "") this.#target.writeNow(text);
  }

  #push(line: string): void {
    this.#lines.push(line);
    this.#chars += line.length;
  }

  #take(): string {
    const text = this.#lines.join("");
    this.#lines = [];
    this.#chars = 0;
    return text;
  }

  #droppedLine(): string {
    const line = this.#describe(this.#dropped);
    this.#dropped = 0;
    return line;
  }
}

function stderrTarget(): LineTarget {
  const { stderr } = process;
  return {
    write: (text) => void stderr.write(text),
    writeNow: writeStderrNow,
    backlog: () => stderr.writableLength,
  };
}

/** Writes text to stderr before it returns. */
export function writeStderrNow(text: string): void {
  writeFully(2, new TextEncoder().encode(text));
}

/** How often a full pipe is tried again, a millisecond apart. */
const MAX_TRIES = 500;

function writeFully(fd: number, bytes: Uint8Array): void {
  let start = 0;
  for (let tries = 0; start < bytes.length && tries < MAX_TRIES;) {
    try {
      start += writeSync(fd, bytes.subarray(start));
      tries = 0;
    } catch (error) {
      if ((error as { code?: string }).code !== "EAGAIN") return;
      tries++;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}
