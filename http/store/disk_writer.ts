/**
 * Writes responses to files, in the background: whoever stores one goes on at once.
 *
 * @module
 */

import { DiskBytes } from "./disk_bytes.ts";
import { type DiskFolder, type DiskSpill, reasonOf } from "./disk_folder.ts";
import type { DiskFile, DiskIndex } from "./disk_index.ts";
import { packBody, packRecord } from "./packed.ts";
import { describe, writeTail } from "./record.ts";
import type { Variant } from "./variant.ts";

/** Bytes in memory that may wait to be written. */
const MAX_WAITING_BYTES = 64 * 1024 * 1024;

/** What a response takes in memory beside its body while it waits. */
const OVERHEAD_BYTES = 4096;

/** What a {@linkcode DiskWriter} tells. */
export interface WriterHooks {
  /** What should be in a file could not be written: what is there in its place is old. */
  onUnwritten(file: DiskFile): void;
  /** A file takes as much on the disk as the index says now. */
  onWritten(): void;
  /** Told in a sentence when writing begins to fail. */
  onTrouble(sentence: string): void;
}

/** Writes files. */
export class DiskWriter {
  readonly #folder: DiskFolder;
  readonly #index: DiskIndex;
  readonly #hooks: WriterHooks;
  readonly #underWay = new Set<Promise<unknown>>();
  #waitingBytes = 0;
  /** Whether the last write failed, and that was told. */
  #failing = false;

  /** Writes to a folder, and says in the index how large the files are. */
  constructor(folder: DiskFolder, index: DiskIndex, hooks: WriterHooks) {
    this.#folder = folder;
    this.#index = index;
    this.#hooks = hooks;
  }

  /** Whether as many bytes may wait to be written beside those that do. */
  hasRoom(bytes: number): boolean {
    return this.#waitingBytes + bytes + OVERHEAD_BYTES <= MAX_WAITING_BYTES;
  }

  /** Resolves when all that was begun is written, or has failed. */
  async settled(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay);
  }

  /** Begins to write a response whose body is in memory, and lets go of that when it is written. */
  write(file: DiskFile, variant: Variant): void {
    this.#track(file, this.#write(file, variant));
  }

  /** Makes a file of a body that is on the disk already. Returns whether that could be done, and it is still wanted. */
  writeSpilled(file: DiskFile, variant: Variant, spill: DiskSpill): Promise<boolean> {
    return this.#track(file, this.#writeSpilled(file, variant, spill));
  }

  /** Begins to bring what a file says up to date. */
  rewrite(file: DiskFile, variant: Variant): void {
    const isNext = file.nextHead !== null;
    file.nextHead = variant;
    if (!isNext) this.#track(file, file.writing.then(() => this.#rewrite(file)));
  }

  /** Says that nothing can be written, once until something can again. */
  fail(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    this.#hooks.onTrouble(
      `Cannot write to the folder of the cache: ${reasonOf(error)}; going on without`,
    );
  }

  #track<T>(file: DiskFile, work: Promise<T>): Promise<T> {
    file.writing = work;
    this.#underWay.add(work);
    work.then(() => this.#underWay.delete(work));
    return work;
  }

  async #write(file: DiskFile, variant: Variant): Promise<void> {
    const waiting = variant.bodyBytes + OVERHEAD_BYTES;
    this.#waitingBytes += waiting;
    try {
      const body = await packBody(variant);
      if (body === null) throw new Error("Some of the body is lost");
      file.sums = body.sums;
      const bytes = packRecord(file.responseKey!, file.value ?? variant, body);
      const temporary = await this.#folder.write(bytes);
      if (!this.#land(file, temporary, bytes.length)) return;
      for (const part of variant.parts) (part.bytes as DiskBytes).inMemory = null;
    } catch (error) {
      this.#onUnwritten(file, error);
    } finally {
      this.#waitingBytes -= waiting;
    }
  }

  async #writeSpilled(file: DiskFile, variant: Variant, spill: DiskSpill): Promise<boolean> {
    try {
      file.sums = spill.sums();
      const tail = writeTail(describe(file.responseKey!, variant, file.sums));
      await spill.end(tail);
      if (!this.#land(file, spill.name, variant.bodyBytes + tail.length)) return false;
      spill.taken();
      return true;
    } catch (error) {
      this.#onUnwritten(file, error);
      return false;
    }
  }

  /** A file is whole under its temporary name. Returns whether it is still wanted. */
  #land(file: DiskFile, temporary: string, bytes: number): boolean {
    if (!file.alive) {
      this.#folder.remove(temporary);
      return false;
    }
    try {
      this.#folder.rename(temporary, file.key);
    } catch (error) {
      this.#folder.remove(temporary);
      throw error;
    }
    file.written = true;
    file.touchedAtMs = Date.now();
    this.#failing = false;
    this.#index.resize(file, bytes);
    this.#hooks.onWritten();
    return file.alive;
  }

  async #rewrite(file: DiskFile): Promise<void> {
    const variant = file.nextHead!;
    file.nextHead = null;
    if (!file.alive || !file.written) return;
    try {
      const tail = writeTail(describe(file.responseKey!, variant, file.sums));
      const isStill = (): boolean => file.alive;
      await this.#folder.rewrite(file.key, variant.bodyBytes, tail, isStill);
      if (!file.alive) return;
      this.#index.resize(file, variant.bodyBytes + tail.length);
      this.#hooks.onWritten();
    } catch (error) {
      this.#onUnwritten(file, error);
    }
  }

  #onUnwritten(file: DiskFile, error: unknown): void {
    if (!file.alive) return;
    this.#hooks.onUnwritten(file);
    this.fail(error);
  }
}
