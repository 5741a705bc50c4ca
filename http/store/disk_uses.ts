/**
 * When files were used, noted on the disk from time to time, so that their order outlasts the process.
 *
 * @module
 */

import type { DiskFolder } from "./disk_folder.ts";
import type { DiskFile } from "./disk_index.ts";

/** How often uses are noted, and how old a note may grow. */
const NOTE_EVERY_MS = 1_000;
const NOTE_AFTER_MS = 60_000;

/** Uses that are noted in a row, in a few milliseconds. */
const NOTES = 1_000;

/** Notes uses. */
export class DiskUses {
  readonly #folder: DiskFolder;
  /** Files that were used since that was noted. */
  readonly #used = new Set<DiskFile>();
  readonly #noting: ReturnType<typeof setInterval>;

  /** Notes them in a folder, until it is closed. */
  constructor(folder: DiskFolder) {
    this.#folder = folder;
    this.#noting = setInterval(() => this.#note(NOTE_AFTER_MS, NOTES), NOTE_EVERY_MS);
  }

  /** A file is used now. */
  add(file: DiskFile): void {
    file.usedAtMs = Date.now();
    this.#used.add(file);
  }

  /** A file is not there any more. */
  delete(file: DiskFile): void {
    this.#used.delete(file);
  }

  /** Notes all that is left. Closing twice does nothing. */
  close(): void {
    clearInterval(this.#noting);
    this.#note(0, Infinity);
    this.#used.clear();
  }

  #note(afterMs: number, most: number): void {
    let left = most;
    for (const file of this.#used) {
      if (left === 0) return;
      if (!file.written || file.usedAtMs - file.touchedAtMs < afterMs) continue;
      this.#folder.touch(file.key, file.usedAtMs);
      file.touchedAtMs = file.usedAtMs;
      this.#used.delete(file);
      left--;
    }
  }
}
