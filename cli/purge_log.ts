/**
 * What was purged, on the disk: a worker that was not there when it was, or is not yet, must not serve it out of its
 * folder when it comes.
 *
 * @module
 */

import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { UsageError } from "../net/errors.ts";
import type { PastPurge, Purge } from "../http/store/purges.ts";

/** Purges that are remembered one by one; the older half of more is taken for a purge of everything. */
const MAX_PURGES = 1_000;

/** Remembers purges in a file, one JSON object a line. */
export class PurgeLog {
  readonly #file: string;
  readonly #maxPurges: number;
  #past: PastPurge[];
  /** What is being written, one after the other. */
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: string, past: PastPurge[], maxPurges: number) {
    this.#file = file;
    this.#past = past;
    this.#maxPurges = maxPurges;
  }

  /**
   * Opens a file, which need not be there.
   *
   * @throws {UsageError} If it can't be read, or its folder not be made.
   */
  static async open(file: string, maxPurges: number = MAX_PURGES): Promise<PurgeLog> {
    try {
      await mkdir(dirname(file), { recursive: true });
      const text = await readFile(file, "utf8").catch((error) => {
        if (error.code === "ENOENT") return "";
        throw error;
      });
      return new PurgeLog(file, readLines(text), maxPurges);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new UsageError(`Cannot use the folder of the cache: ${reason}`, { cause });
    }
  }

  /** All that is remembered. */
  get past(): readonly PastPurge[] {
    return this.#past;
  }

  /** Remembers purges; resolves when they are on the disk. */
  add(purges: readonly Purge[]): Promise<void> {
    const atMs = Date.now();
    const added = purges.map(({ kind, text }) => ({ kind, text, atMs }));
    this.#past.push(...added);
    const write = this.#past.length > this.#maxPurges
      ? () => this.#shorten()
      : () => appendFile(this.#file, lines(added));
    const written = this.#writing.then(write);
    this.#writing = written.catch(() => {});
    return written;
  }

  async #shorten(): Promise<void> {
    const older = this.#past.length - Math.floor(this.#maxPurges / 2);
    if (older > 1) {
      const all = { kind: "prefix", text: "", atMs: this.#past[older - 1].atMs } as const;
      this.#past = [all, ...this.#past.slice(older)];
    }
    const temporary = `${this.#file}.new`;
    await writeFile(temporary, lines(this.#past));
    await rename(temporary, this.#file);
  }
}

function lines(purges: readonly PastPurge[]): string {
  return purges.map((purge) => `${JSON.stringify(purge)}\n`).join("");
}

/** What a file says. A line that can't be read may have been any: everything up to now is void then. */
function readLines(text: string): PastPurge[] {
  const all: PastPurge = { kind: "prefix", text: "", atMs: Date.now() };
  try {
    const past = text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line));
    return past.every(isPastPurge) ? past : [all];
  } catch {
    return [all];
  }
}

function isPastPurge(value: unknown): value is PastPurge {
  const { kind, text, atMs } = (value ?? {}) as Partial<PastPurge>;
  return (kind === "key" || kind === "prefix") && typeof text === "string" &&
    typeof atMs === "number";
}
