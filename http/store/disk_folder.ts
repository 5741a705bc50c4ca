/**
 * A folder of files that hold stored responses, by `node:fs`, which Deno and Node share.
 *
 * What touches names and sizes only, and short reads of what the system most likely has in memory, is done at once: it
 * takes a few microseconds, a tenth of a trip to another thread. Whatever writes bodies or reads long ones waits.
 *
 * @module
 */

import { randomUUID } from "node:crypto";
import { closeSync, openSync, renameSync, statSync, unlinkSync, utimesSync } from "node:fs";
import { type FileHandle, mkdir, open, opendir, writeFile } from "node:fs/promises";
import process from "node:process";
import { setImmediate } from "node:timers";
import { UsageError } from "../../net/errors.ts";
import type { Spill } from "./spill.ts";
import { BlockChecks } from "./block_checks.ts";
import { OpenFiles } from "./open_files.ts";

/** What is known of a file by its name alone. */
export interface FileSize {
  /** Its length in bytes. */
  readonly bytes: number;
  /** When it was used last, in milliseconds since 1970. */
  readonly usedAtMs: number;
}

/** A file that is open for reading. */
export interface OpenFile {
  /** Its length in bytes when it was opened. */
  readonly bytes: number;
  /** Fills `target` from `position` on. Returns how many bytes there were. */
  read(position: number, target: Uint8Array): Promise<number>;
  /** Closes it; a read under way comes to its end first. */
  close(): void;
}

/** Names that are read in a row, after which others have their turn. */
const NAMES_IN_A_ROW = 256;

/** The process, or the system, has too many files open. */
export class FilesExhaustedError extends Error {
  /** Makes the error. */
  constructor(options?: ErrorOptions) {
    super("Too many files are open", options);
  }
}

function isExhausted(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "EMFILE" || code === "ENFILE";
}

/** The names of finished files: the MD5 of a key, and of what Vary tells apart if it does. */
const FILE_NAME = /^[0-9a-f]{32}(\.[0-9a-f]{32})?$/;
const TEMPORARY_NAME = /^tmp-(\d+)-[0-9a-z-]+$/;

/** Tells this process from all others: in containers many have the same number. */
const PROCESS = `${process.pid}-${randomUUID().slice(0, 8)}`;

/** Temporary files that this process has begun, in whichever folder: no two of one name. */
let begun = 0;

/** Keeps files. */
export class DiskFolder {
  readonly #prefix: string;
  readonly #files = new OpenFiles();
  /** Told when a file can't be removed. */
  onUnremoved: (error: unknown) => void = () => {};
  /** Files that are being closed. */
  readonly #closing = new Set<Promise<void>>();

  private constructor(folder: string) {
    this.#prefix = folder.endsWith("/") ? folder : `${folder}/`;
  }

  /**
   * Opens a folder, and makes it if it isn't there.
   *
   * @throws {UsageError} If there is none and none can be made.
   */
  static async open(folder: string): Promise<DiskFolder> {
    try {
      await mkdir(folder, { recursive: true });
      // What can't be listed can't be purged.
      await (await opendir(folder)).close();
      return new DiskFolder(folder);
    } catch (cause) {
      throw new UsageError(
        `Cannot use the folder ${JSON.stringify(folder)} for the cache: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  /**
   * Names all finished files. What was begun and never finished is removed; all else is left alone.
   *
   * @param onName Told of each name; others have their turn in between.
   */
  async list(onName: (name: string) => void): Promise<void> {
    let count = 0;
    for await (const { name } of await opendir(this.#prefix, { bufferSize: NAMES_IN_A_ROW })) {
      if (FILE_NAME.test(name)) onName(name);
      else if (isAbandoned(name)) this.remove(name);
      if (++count % NAMES_IN_A_ROW === 0) {
        await new Promise<void>((resolve) => void setImmediate(resolve));
      }
    }
  }

  /** Whether files can be opened at all: not while the process has too many open. */
  canOpen(): boolean {
    try {
      closeSync(openSync(this.#prefix, "r"));
      return true;
    } catch (error) {
      return !isExhausted(error);
    }
  }

  /** Looks at a file; `null` if it isn't there. */
  look(name: string): FileSize | null {
    try {
      const { size, mtimeMs } = statSync(this.#prefix + name);
      return { bytes: size, usedAtMs: mtimeMs };
    } catch {
      return null;
    }
  }

  /** Fills `target` with the bytes of a file from `position` on, at once. Returns whether it could. */
  readNow(name: string, position: number, target: Uint8Array): boolean {
    return this.#files.read(this.#prefix + name, position, target);
  }

  /**
   * Opens a file for reading.
   *
   * @returns `null` if it can't be read.
   * @throws {FilesExhaustedError} If none can be now.
   */
  async open(name: string): Promise<OpenFile | null> {
    let handle: FileHandle | null = null;
    try {
      handle = await open(this.#prefix + name, "r");
      const { size } = await handle.stat();
      return this.#openFile(handle, size);
    } catch (error) {
      if (handle !== null) this.#close(handle);
      if (isExhausted(error)) throw new FilesExhaustedError({ cause: error });
      return null;
    }
  }

  #openFile(handle: FileHandle, bytes: number): OpenFile {
    return {
      bytes,
      read: (position, target) => readSome(handle, position, target),
      close: () => this.#close(handle),
    };
  }

  #close(handle: FileHandle): void {
    const closing = handle.close().catch(() => {});
    this.#closing.add(closing);
    closing.then(() => this.#closing.delete(closing));
  }

  /** Resolves when all files are closed; none is read any more. */
  async close(): Promise<void> {
    this.#files.closeAll();
    while (this.#closing.size > 0) await Promise.all(this.#closing);
  }

  /**
   * Writes a file under a temporary name.
   *
   * @returns The name.
   * @throws {Error} If that can't be done; nothing is left of it then.
   */
  async write(bytes: Uint8Array): Promise<string> {
    const name = temporaryName();
    try {
      await writeFile(this.#prefix + name, bytes);
      return name;
    } catch (error) {
      this.remove(name);
      throw error;
    }
  }

  /** A place for a body while it comes; `onFailure` is told when nothing can be written to it. */
  begin(onFailure: (error: unknown) => void): DiskSpill {
    const name = temporaryName();
    return new DiskSpill(name, this.#prefix + name, {
      onFailure,
      remove: () => this.remove(name),
      close: (handle) => this.#close(handle),
    });
  }

  /**
   * Gives a file another name, in the place of the file that has it.
   *
   * @throws {Error} If that can't be done.
   */
  rename(from: string, to: string): void {
    renameSync(this.#prefix + from, this.#prefix + to);
    this.#files.close(this.#prefix + to);
  }

  /**
   * Puts other bytes in the place of all that follows `position`.
   *
   * @param isStill Whether the name still stands for the file that is meant, asked when it is open.
   * @throws {Error} If that can't be done.
   */
  async rewrite(
    name: string,
    position: number,
    bytes: Uint8Array,
    isStill: () => boolean,
  ): Promise<void> {
    const handle = await open(this.#prefix + name, "r+");
    try {
      if (!isStill()) return;
      await writeAll(handle, position, bytes);
      await handle.truncate(position + bytes.length);
    } finally {
      await handle.close();
    }
  }

  /** Notes on the disk when a file was used last. */
  touch(name: string, usedAtMs: number): void {
    try {
      utimesSync(this.#prefix + name, usedAtMs / 1000, usedAtMs / 1000);
    } catch {
      // It is gone, which is found out when it is wanted.
    }
  }

  /** Removes a file, if it is there. */
  remove(name: string): void {
    this.#files.close(this.#prefix + name);
    try {
      unlinkSync(this.#prefix + name);
    } catch (error) {
      const { code } = error as { code?: string };
      // A folder in the place of a file was found not to be as it was written, and told.
      if (code !== "ENOENT" && code !== "EISDIR") this.onUnremoved(error);
    }
  }
}

/** What a {@linkcode DiskSpill} needs of its folder. */
interface SpillHooks {
  /** Told when nothing can be written. */
  onFailure(error: unknown): void;
  /** Removes its file. */
  remove(): void;
  /** Closes its file. */
  close(handle: FileHandle): void;
}

/** A file that is written while its body comes, and read meanwhile. */
export class DiskSpill implements Spill {
  /** Its temporary name. */
  readonly name: string;
  readonly #path: string;
  readonly #hooks: SpillHooks;
  readonly #checks = new BlockChecks();
  #handle: FileHandle | null = null;
  #length = 0;
  #taken = false;
  #closed = false;

  /** Made by {@linkcode DiskFolder.begin}; the file itself is made when something is written. */
  constructor(name: string, path: string, hooks: SpillHooks) {
    this.name = name;
    this.#path = path;
    this.#hooks = hooks;
  }

  async write(bytes: Uint8Array): Promise<void> {
    try {
      this.#handle ??= await open(this.#path, "wx+");
      await writeAll(this.#handle, this.#length, bytes);
      this.#checks.push(bytes);
      this.#length += bytes.length;
    } catch (error) {
      this.#hooks.onFailure(error);
      throw error;
    }
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    return this.#handle === null ? 0 : await readSome(this.#handle, position, target);
  }

  /** The check sums of the body, which is whole. */
  sums(): readonly number[] {
    return this.#checks.finish();
  }

  /**
   * Writes what follows the body, which is not read back as a part of it.
   *
   * @throws {Error} If that can't be done.
   */
  async end(tail: Uint8Array): Promise<void> {
    await writeAll(this.#handle!, this.#length, tail);
  }

  /** The file has another name now, and stays. */
  taken(): void {
    this.#taken = true;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#handle === null) return;
    if (!this.#taken) this.#hooks.remove();
    this.#hooks.close(this.#handle);
  }
}

function temporaryName(): string {
  return `tmp-${PROCESS}-${begun++}`;
}

/** Whether a file was begun by a process that is not there any more. */
function isAbandoned(name: string): boolean {
  const match = TEMPORARY_NAME.exec(name);
  if (match === null || name.startsWith(`tmp-${PROCESS}-`)) return false;
  const pid = Number(match[1]);
  // Another of the same number: one in a container before this one.
  if (pid === process.pid) return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return (error as { code?: string }).code !== "EPERM";
  }
}

/** Reads what there is; nothing where it can't be read. */
async function readSome(handle: FileHandle, position: number, target: Uint8Array): Promise<number> {
  try {
    return (await handle.read(target, 0, target.length, position)).bytesRead;
  } catch {
    return 0;
  }
}

async function writeAll(handle: FileHandle, position: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, position + at);
    at += bytesWritten;
  }
}

/** What a file system says, without the call and the path that Node adds. */
export function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  const text = message ?? String(error);
  return code === undefined
    ? text
    : `${code}: ${text.replace(/^\w+: /, "").replace(/, \w+ '.*$/, "")}`;
}
