/**
 * The bytes of a stored body in a file, every block of them checked each time it is read.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { areRight, BLOCK_BYTES } from "./block_checks.ts";
import type { DiskFolder, OpenFile } from "./disk_folder.ts";
import type { DiskFile } from "./disk_index.ts";
import { type PieceReader, readerOf, type StoredBytes } from "./stored_bytes.ts";

/** No more than this is read at once, or at a time. */
const CHUNK_BYTES = 2 * BLOCK_BYTES;

/** Buffers that are kept for the next reader: as many as are in use at once, up to 32 MiB of them. */
const MAX_SPARE = 256;

/** Where bytes of bodies are read from. */
export interface DiskSource {
  /** The files. */
  readonly folder: DiskFolder;
  /** Told of a file that is not as it was written. */
  onLost(file: DiskFile): void;
}

/** Some of the bytes of a file's body. */
export class DiskBytes implements StoredBytes {
  readonly length: number;
  /** All of them, until the file is written. */
  inMemory: Uint8Array | null;
  /** The file. */
  readonly file: DiskFile;
  readonly #source: DiskSource;
  /** Where they begin in the file. */
  readonly #offset: number;
  /** Where the file's body ends. */
  readonly #bodyBytes: number;

  /** The bytes of `file` from `offset` on; `inMemory` as long as they are not written. */
  constructor(
    source: DiskSource,
    file: DiskFile,
    place: { readonly offset: number; readonly length: number; readonly bodyBytes: number },
    inMemory: Uint8Array | null,
  ) {
    this.#source = source;
    this.file = file;
    this.#offset = place.offset;
    this.length = place.length;
    this.#bodyBytes = place.bodyBytes;
    this.inMemory = inMemory;
  }

  readNow(first: number, target: Uint8Array): boolean {
    if (this.inMemory !== null) {
      target.set(this.inMemory.subarray(first, first + target.length));
      return true;
    }
    if (target.length === 0) return true;
    if (target.length > CHUNK_BYTES || !this.file.alive) return false;
    const from = this.#offset + first;
    const { start, end } = this.#blocks(from, from + target.length);
    const { folder } = this.#source;
    if (end - start === target.length) {
      return folder.readNow(this.file.key, start, target) && this.#check(target, start) ||
        this.#lost();
    }
    // Whole blocks are checked, of which a part is wanted.
    const blocks = new Uint8Array(end - start);
    if (!folder.readNow(this.file.key, start, blocks) || !this.#check(blocks, start)) {
      return this.#lost();
    }
    target.set(blocks.subarray(from - start, from - start + target.length));
    return true;
  }

  async open(first: number, length: number): Promise<PieceReader | null> {
    if (this.inMemory !== null) return readerOf(this.inMemory.subarray(first, first + length));
    if (length <= CHUNK_BYTES) {
      const buffer = spare.pop() ?? new Uint8Array(CHUNK_BYTES);
      const bytes = buffer.subarray(0, length);
      if (this.readNow(first, bytes)) return readerOf(bytes, () => giveBack(buffer));
      giveBack(buffer);
      return null;
    }
    if (!this.file.alive) return null;
    let open: OpenFile | null;
    try {
      open = await this.#source.folder.open(this.file.key);
    } catch {
      return null;
    }
    const reader = new DiskReader(this, open, this.#offset + first, length);
    try {
      await reader.ahead();
      return reader;
    } catch {
      reader.close();
      return null;
    }
  }

  /**
   * Reads blocks of an open file.
   *
   * @param from Offset in the file of the first byte that is wanted.
   * @param end Offset after the last one.
   * @returns Those bytes, in `buffer`.
   * @throws {HalfwayError} If they are not what was written.
   */
  async readBlocks(
    open: OpenFile | null,
    buffer: Uint8Array,
    from: number,
    end: number,
  ): Promise<Uint8Array> {
    const blocks = this.#blocks(from, end);
    const bytes = buffer.subarray(0, blocks.end - blocks.start);
    if (
      open === null || await open.read(blocks.start, bytes) !== bytes.length ||
      !this.#check(bytes, blocks.start)
    ) {
      this.#lost();
      throw new HalfwayError("CLOSED", "The stored body is not as it was written");
    }
    return bytes.subarray(from - blocks.start, end - blocks.start);
  }

  /** The whole blocks that hold a range of the file. */
  #blocks(from: number, end: number): { readonly start: number; readonly end: number } {
    return {
      start: Math.floor(from / BLOCK_BYTES) * BLOCK_BYTES,
      end: Math.min(Math.ceil(end / BLOCK_BYTES) * BLOCK_BYTES, this.#bodyBytes),
    };
  }

  #check(bytes: Uint8Array, start: number): boolean {
    return areRight(bytes, start / BLOCK_BYTES, this.file.sums);
  }

  #lost(): false {
    // A file whose place another has taken meanwhile is not the one that was read.
    if (this.file.alive) this.#source.onLost(this.file);
    return false;
  }
}

/** Reads a long body. */
class DiskReader implements PieceReader {
  readonly #bytes: DiskBytes;
  readonly #open: OpenFile | null;
  #at: number;
  readonly #end: number;
  #buffer: Uint8Array | null = spare.pop() ?? new Uint8Array(CHUNK_BYTES);
  #ready: Uint8Array | null = null;

  constructor(bytes: DiskBytes, open: OpenFile | null, from: number, length: number) {
    this.#bytes = bytes;
    this.#open = open;
    this.#at = from;
    this.#end = from + length;
  }

  /** Reads the first piece. */
  async ahead(): Promise<void> {
    this.#ready = await this.next();
  }

  async next(): Promise<Uint8Array | null> {
    const ready = this.#ready;
    if (ready !== null) {
      this.#ready = null;
      return ready;
    }
    const from = this.#at;
    if (from === this.#end || this.#buffer === null) return null;
    // Up to the end of a block, so that the next piece begins with one.
    const room = CHUNK_BYTES - from % BLOCK_BYTES;
    const end = Math.min(from + room, this.#end);
    const piece = await this.#bytes.readBlocks(this.#open, this.#buffer, from, end);
    this.#at = end;
    return piece;
  }

  close(): void {
    if (this.#buffer === null) return;
    giveBack(this.#buffer);
    this.#buffer = null;
    this.#open?.close();
  }
}

/** Buffers that nobody uses now: a new one costs more than what is read into it. */
const spare: Uint8Array[] = [];

function giveBack(buffer: Uint8Array): void {
  if (spare.length < MAX_SPARE) spare.push(buffer);
}
