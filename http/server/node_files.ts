/**
 * Files on the disk, by `node:fs`, which Deno and Node share. The one file of this folder that touches the disk.
 *
 * @module
 */

import { constants } from "node:fs";
import { type FileHandle, open, opendir, realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { UsageError } from "../../net/errors.ts";
import type { DirectoryLine, FileEntry, FileTree, OpenDirectory, OpenFile } from "./file_system.ts";

// A link that takes the place of the file after it was looked at is not followed, and a pipe does not hold us up.
const OPEN_FLAGS = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What means that a request names nothing that can be served; all else is a fault of this side. */
const NOT_THERE: ReadonlySet<string> = new Set([
  "ENOENT",
  "ENOTDIR",
  "ENAMETOOLONG",
  "ELOOP",
  "EACCES",
  "EPERM",
  "EINVAL",
  "EISDIR",
  "ENXIO",
]);

/**
 * Opens a folder as a {@linkcode FileTree}.
 *
 * @param root The folder.
 * @throws {UsageError} If it is no folder, or can't be read.
 */
export async function openFileTree(root: string): Promise<FileTree> {
  let realRoot: string;
  try {
    realRoot = await realpath(root);
    if (!(await stat(realRoot)).isDirectory()) throw new Error("it is no folder");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot serve the folder ${JSON.stringify(root)}: ${reason}`, { cause });
  }
  return new DiskTree(realRoot);
}

class DiskTree implements FileTree {
  readonly #root: string;
  readonly #prefix: string;

  constructor(root: string) {
    this.#root = root;
    this.#prefix = root.endsWith(sep) ? root : root + sep;
  }

  async open(segments: readonly string[]): Promise<OpenFile | OpenDirectory | null> {
    if (!segments.every(isPlainName)) return null;
    try {
      const path = await realpath(join(this.#root, ...segments));
      if (path !== this.#root && !path.startsWith(this.#prefix)) return null;
      const found = await stat(path, { bigint: true });
      if (found.isDirectory()) return new DiskDirectory(path, entryOf("directory", found));
      // Looked at before it is opened: opening a device can have effects.
      return found.isFile() ? await openFile(path) : null;
    } catch (error) {
      if (NOT_THERE.has((error as { code?: string }).code ?? "")) return null;
      throw error;
    }
  }
}

/** Where `\` separates, more than the separators means something in a name: drives, streams, and ends that are cut. */
function isPlainName(name: string): boolean {
  return sep === "/" || !/[:\\/]|[. ]$/.test(name);
}

async function openFile(path: string): Promise<OpenFile | null> {
  const handle = await open(path, OPEN_FLAGS);
  try {
    const found = await handle.stat({ bigint: true });
    if (found.isFile()) return new DiskFile(handle, entryOf("file", found));
  } catch (error) {
    await handle.close();
    throw error;
  }
  await handle.close();
  return null;
}

class DiskFile implements OpenFile {
  readonly entry: FileEntry;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, entry: FileEntry) {
    this.#handle = handle;
    this.entry = entry;
  }

  async read(target: Uint8Array, position: number): Promise<number> {
    return (await this.#handle.read(target, 0, target.length, position)).bytesRead;
  }

  close(): Promise<void> {
    return this.#handle.close();
  }
}

class DiskDirectory implements OpenDirectory {
  readonly entry: FileEntry;
  readonly #path: string;

  constructor(path: string, entry: FileEntry) {
    this.#path = path;
    this.entry = entry;
  }

  async list(limit: number): Promise<DirectoryLine[]> {
    const lines: DirectoryLine[] = [];
    for await (const entry of await opendir(this.#path)) {
      if (lines.length === limit) break;
      lines.push({ name: entry.name, isDirectory: entry.isDirectory() });
    }
    return lines.sort((a, b) => a.name < b.name ? -1 : 1);
  }
}

interface BigStats {
  readonly size: bigint;
  readonly mtimeMs: bigint;
  readonly mtimeNs: bigint;
}

function entryOf(kind: FileEntry["kind"], found: BigStats): FileEntry {
  return {
    kind,
    size: kind === "file" ? Number(found.size) : 0,
    modifiedMs: Number(found.mtimeMs),
    modifiedExactly: found.mtimeNs,
  };
}
