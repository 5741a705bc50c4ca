/**
 * Looks at a folder when a store is opened: first the names, after which everything is found, then sizes and times.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { DiskFolder } from "./disk_folder.ts";
import { DiskFile, type DiskIndex } from "./disk_index.ts";

/** Files that are looked at in a row: about a millisecond, after which others have their turn. */
const FILES_IN_A_ROW = 200;

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
    const found: { readonly file: DiskFile; readonly usedAtMs: number }[] = [];
    for (const [i, file] of files.entries()) {
      if (i % FILES_IN_A_ROW === FILES_IN_A_ROW - 1) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
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
      found.push({ file, usedAtMs: size.usedAtMs });
    }
    const known = found.filter(({ file }) => file.alive);
    known.sort((a, b) => b.usedAtMs - a.usedAtMs);
    index.useBefore(known.map(({ file }) => file));
  }
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
