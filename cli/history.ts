/**
 * The lines that were typed at a prompt, kept from one start to the next.
 *
 * @module
 */

import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";

/** The most lines that are kept. */
export const HISTORY_LINES = 1000;

/**
 * Says where the history is kept.
 *
 * @param env The environment.
 * @returns `$XDG_STATE_HOME/halfway/history` or `~/.local/state/halfway/history`; `null` where there is no home.
 */
export function historyPath(
  env: Readonly<Record<string, string | undefined>> = process.env,
): string | null {
  const home = env["HOME"] ?? env["USERPROFILE"];
  const state = env["XDG_STATE_HOME"] || (home ? join(home, ".local", "state") : "");
  return state === "" ? null : join(state, "halfway", "history");
}

/** A history in a file. A file that can't be read or written is passed over: the prompt works without. */
export class History {
  readonly #path: string | null;
  #last = "";
  /** Writes go one after the other, so that lines keep their order. */
  #writes: Promise<void> = Promise.resolve();

  /**
   * Names the file; nothing is read yet.
   *
   * @param path The file, or `null` to keep nothing.
   */
  constructor(path: string | null) {
    this.#path = path;
  }

  /**
   * Reads the lines of earlier starts, and shortens a file that has grown beyond twice {@linkcode HISTORY_LINES}.
   *
   * @returns The last lines, oldest first; empty where there is no file.
   */
  async load(): Promise<string[]> {
    if (this.#path === null) return [];
    try {
      const lines = (await readFile(this.#path, "utf8")).split("\n").filter((line) => line !== "");
      const kept = lines.slice(-HISTORY_LINES);
      this.#last = kept[kept.length - 1] ?? "";
      if (lines.length > 2 * HISTORY_LINES) {
        const beside = `${this.#path}.${process.pid}`;
        await writeFile(beside, `${kept.join("\n")}\n`, { mode: 0o600 });
        await rename(beside, this.#path);
      }
      return kept;
    } catch {
      return [];
    }
  }

  /**
   * Keeps a line, unless it is empty or repeats the last one.
   *
   * @param line The line, without its break.
   */
  add(line: string): void {
    const path = this.#path;
    if (path === null || line.trim() === "" || line === this.#last) return;
    this.#last = line;
    this.#writes = this.#writes.then(async () => {
      try {
        await makeFolder(dirname(path));
        await appendFile(path, `${line}\n`, { mode: 0o600 });
      } catch {
        // No history, then.
      }
    });
  }

  /** Settles when all that was added is written. */
  async flush(): Promise<void> {
    await this.#writes;
  }
}

/** Node's own recursive `mkdir` never returns where a folder that exists refuses new ones with ENOENT, as /proc does. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EEXIST") return;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path, { mode: 0o700 });
  }
}
