/**
 * What a file server needs of a disk, and no more: the one place behind which a runtime's own files lie.
 *
 * @module
 */

/** What a name below the root stands for. */
export interface FileEntry {
  /** Other things, such as sockets and devices, are not served. */
  readonly kind: "file" | "directory";
  /** Bytes; of a directory, 0. */
  readonly size: number;
  /** When the content was changed last, in milliseconds since 1970. */
  readonly modifiedMs: number;
  /** The same time as exactly as the system gives it, as a whole number in some unit. */
  readonly modifiedExactly: bigint;
}

/** A regular file that is open for reading. */
export interface OpenFile {
  /** As of the moment when it was opened. */
  readonly entry: FileEntry;

  /**
   * Reads bytes.
   *
   * @param target Where they go; as many are read as it holds, where there are so many.
   * @param position Offset in the file of the first one.
   * @returns How many were read; 0 at the end of the file.
   */
  read(target: Uint8Array, position: number): Promise<number>;

  /** Closes the file. */
  close(): Promise<void>;
}

/** A line of a directory's listing. */
export interface DirectoryLine {
  /** The name, without the directory's own path. */
  readonly name: string;
  /** Whether it is a directory itself; links are not followed to find out. */
  readonly isDirectory: boolean;
}

/** A directory that was found. */
export interface OpenDirectory {
  /** What was found. */
  readonly entry: FileEntry;

  /**
   * Lists the directory.
   *
   * @param limit How many names at most; the others are left out.
   * @returns The names in the order of their characters.
   */
  list(limit: number): Promise<DirectoryLine[]>;
}

/**
 * The files below one root. Names are taken apart already: a segment is never empty, `.` or `..`, and holds neither a
 * separator nor NUL.
 */
export interface FileTree {
  /**
   * Finds what a path stands for, and opens it if it is a file. Links are followed as long as they stay below the root.
   *
   * @param segments The path from the root; empty for the root itself.
   * @returns `null` if there is nothing, if it may not be read, if it lies outside the root, or if it is neither a file
   * nor a directory.
   * @throws {Error} If the system can't open it now, as when too many files are open.
   */
  open(segments: readonly string[]): Promise<OpenFile | OpenDirectory | null>;
}

/** Whether what was found is a file. */
export function isOpenFile(found: OpenFile | OpenDirectory): found is OpenFile {
  return found.entry.kind === "file";
}
