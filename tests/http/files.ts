/**
 * Folders of files for tests, and files that exist nowhere.
 *
 * @module
 */

import { mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { FileEntry, FileTree, OpenFile } from "../../http/server/file_system.ts";

/** A folder that is gone at the end of the test. */
export interface TestFolder extends AsyncDisposable {
  /** The folder. */
  readonly path: string;
  /** A path in it. */
  at(name: string): string;
}

/** Makes a folder with files of these contents. */
export async function makeFolder(
  files: Readonly<Record<string, string | Uint8Array>>,
): Promise<TestFolder> {
  const path = await realpath(await mkdtemp(join(tmpdir(), "halfway-files-")));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), content);
  }
  return {
    path,
    at: (name) => join(path, name),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}

/** A file that is said to have `size` bytes, and is read by `read`. */
export class MadeFile implements OpenFile {
  readonly entry: FileEntry;
  /** Bytes that were given. */
  given = 0;
  /** Resolves when it is closed. */
  readonly closed: Promise<void>;
  readonly #read: (target: Uint8Array, position: number) => number;
  #close!: () => void;

  constructor(size: number, read: (target: Uint8Array, position: number) => number) {
    this.entry = { kind: "file", size, modifiedMs: 0, modifiedExactly: 0n };
    this.#read = read;
    this.closed = new Promise((resolve) => this.#close = resolve);
  }

  // deno-lint-ignore require-await -- what is thrown is a rejection, as from a disk
  async read(target: Uint8Array, position: number): Promise<number> {
    const n = this.#read(target, position);
    this.given += n;
    return n;
  }

  close(): Promise<void> {
    this.#close();
    return Promise.resolve();
  }
}

/** A tree in which every path is this file. */
export function treeOf(file: OpenFile): FileTree {
  return { open: () => Promise.resolve(file) };
}
