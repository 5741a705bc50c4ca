/**
 * Looks at a folder when a store is opened: first the names, after which everything is found, then sizes and times.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { DiskFolder } from "./disk_folder.ts";
import { DiskFile, type DiskIndex } from "./disk_index.ts";

/** Files that are looked at in a row: about a millisecond, after which others have their turn. */
export const FILES_IN_A_ROW = 200;

/** Entries of lists that are handled in a row: about a millisecond as well. */
const ENTRIES_IN_A_ROW = 4_096;

/** Two steps of one scan. */
export interface Scan {
  /** Resolves when the names are in the index. */
  readonly names: Promise<void>;
  /** Resolves when sizes and order of use are known too. */
  readonly sizes: Promise<void>;
}

/** What a scan asks and tells. */
export interface ScanHooks {
  /** Asked from time to time whether nobody wants to know any more. */
  isOver(): boolean;
  /** A file that had been named is not there any more. */
  onGone(file: DiskFile): void;
}

/** Puts the files of a folder into an index. */
export function scanFolder(folder: DiskFolder, index: DiskIndex, hooks: ScanHooks): Scan {
  const listed = list(folder, index);
  return { names: listed.then(() => {}), sizes: listed.then((files) => lookAt(files)) };

  async function lookAt(files: readonly DiskFile[]): Promise<void> {
    const found: DiskFile[] = [];
    for (const [i, file] of files.entries()) {
      if (i % FILES_IN_A_ROW === FILES_IN_A_ROW - 1) {
        await othersTurn();
        if (hooks.isOver()) return;
      }
      if (!file.alive) continue;
      const size = folder.look(file.key);
      if (size === null) {
        hooks.onGone(file);
        continue;
      }
      index.resize(file, size.bytes);
      file.touchedAtMs = size.usedAtMs;
      if (file.ordered) continue;
      file.usedAtMs = size.usedAtMs;
      found.push(file);
    }
    const inOrder = await sortInTurns(found, (a, b) => b.usedAtMs - a.usedAtMs);
    for (const [i, file] of inOrder.entries()) {
      if (i % ENTRIES_IN_A_ROW === ENTRIES_IN_A_ROW - 1) await othersTurn();
      index.addLast(file);
    }
  }
}

/** Sorts, while others have their turns: a million files would take a second. */
async function sortInTurns<T>(
  values: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<readonly T[]> {
  if (values.length <= ENTRIES_IN_A_ROW) return values.toSorted(compare);
  const middle = values.length >>> 1;
  const left = await sortInTurns(values.slice(0, middle), compare);
  const right = await sortInTurns(values.slice(middle), compare);
  const sorted: T[] = [];
  for (let l = 0, r = 0; sorted.length < values.length;) {
    const takesLeft = r === right.length ||
      (l < left.length && compare(left[l], right[r]) <= 0);
    sorted.push(takesLeft ? left[l++] : right[r++]);
    if (sorted.length % ENTRIES_IN_A_ROW === 0) await othersTurn();
  }
  return sorted;
}

/** Resolves when others have had their turn. */
export function othersTurn(): Promise<void> {
  return new Promise((resolve) => void setImmediate(resolve));
}

async function list(folder: DiskFolder, index: DiskIndex): Promise<DiskFile[]> {
  const files: DiskFile[] = [];
  await folder.list((name) => {
    // What was stored since is newer than the file that has its name.
    if (index.find(name) !== undefined) return;
    const file = new DiskFile(name);
    file.written = true;
    index.add(file);
    files.push(file);
  });
  return files;
}
