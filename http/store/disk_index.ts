/**
 * Which files a disk store has, how large they are, and which was used least of late.
 *
 * @module
 */

import { type Entry, EntryList } from "../../cache/entry_list.ts";
import type { Variant } from "./variant.ts";

/** A disk gives out its room in blocks of so many bytes. */
const DISK_BLOCK_BYTES = 4096;

const NO_SUMS: readonly number[] = [];
const WRITTEN = Promise.resolve();

/** One file: an entry that is found by the file's name. */
export class DiskFile implements Entry<string, Variant | null> {
  /** Its name. */
  readonly key: string;
  /** The first part of the name, which all files of one key share. */
  readonly group: string;
  /** The response, while its head is in memory. */
  value: Variant | null = null;
  /** Bytes that it takes on the disk. */
  weight = 0;
  deleteAtMs = Infinity;
  newer: Entry<string, Variant | null> | null = null;
  older: Entry<string, Variant | null> | null = null;
  /** The key of the response, if it has been read. */
  responseKey: string | null = null;
  /** Check sums of the body's blocks, if it has been read. */
  sums: readonly number[] = NO_SUMS;
  /** Whether it is in the index: `false` once another has its name, or it is gone. */
  alive = true;
  /** Whether the file is there under its name; else it is still being written. */
  written = false;
  /** When it was used last, in milliseconds since 1970. */
  usedAtMs = 0;
  /** The same, as it was noted on the disk. */
  touchedAtMs = 0;
  /** What is being written to it now, one after the other; never rejected. */
  writing: Promise<unknown> = WRITTEN;
  /** The head that is to be written next, in the place of all that were to be before it. */
  nextHead: Variant | null = null;
  /** Whether it is in the order of use. */
  ordered = false;

  /** A file of this name. */
  constructor(name: string) {
    this.key = name;
    this.group = name.slice(0, 32);
  }

  /** Says how many bytes the file has. */
  set bytes(bytes: number) {
    this.weight = Math.ceil(bytes / DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES;
  }
}

/** Finds files. */
export class DiskIndex {
  readonly #groups = new Map<string, DiskFile[]>();
  readonly #order = new EntryList<string, Variant | null>();
  /** Bytes that all files take on the disk. */
  bytes = 0;

  /** Keys that have files. */
  get size(): number {
    return this.#groups.size;
  }

  /** The files of one key. */
  group(name: string): readonly DiskFile[] {
    return this.#groups.get(name) ?? NO_FILES;
  }

  /** The file of this name. */
  find(name: string): DiskFile | undefined {
    return this.#groups.get(name.slice(0, 32))?.find(({ key }) => key === name);
  }

  /** All files. */
  *files(): IterableIterator<DiskFile> {
    for (const files of this.#groups.values()) yield* files;
  }

  /** Adds a file whose size and last use are not known yet. */
  add(file: DiskFile): void {
    const files = this.#groups.get(file.group);
    if (files === undefined) this.#groups.set(file.group, [file]);
    else files.push(file);
    this.bytes += file.weight;
  }

  /** Says how large a file is. */
  resize(file: DiskFile, bytes: number): void {
    this.bytes -= file.weight;
    file.bytes = bytes;
    this.bytes += file.weight;
  }

  /** Counts as a use of a file. */
  use(file: DiskFile): void {
    if (file.ordered) this.#order.moveToFront(file);
    else this.#order.addFirst(file);
    file.ordered = true;
  }

  /** Puts a file behind all others, if it has not been used. */
  addLast(file: DiskFile): void {
    if (!file.alive || file.ordered) return;
    this.#order.addLast(file);
    file.ordered = true;
  }

  /** Takes a file out. */
  remove(file: DiskFile): void {
    if (!file.alive) return;
    file.alive = false;
    if (file.ordered) this.#order.remove(file);
    this.bytes -= file.weight;
    const left = this.group(file.group).filter((other) => other !== file);
    if (left.length === 0) this.#groups.delete(file.group);
    else this.#groups.set(file.group, left);
  }

  /** The file that was used least of late. */
  get leastUsed(): DiskFile | null {
    return this.#order.last as DiskFile | null;
  }
}

const NO_FILES: readonly DiskFile[] = [];
