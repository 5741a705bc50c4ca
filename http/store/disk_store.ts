/**
 * Stored responses in files, one each, and their heads in memory for as long as they are asked for.
 *
 * A file is written under a temporary name and renamed when it is whole, so that one that has its name is whole too; what
 * is wrong with it all the same is found by its check sums. Names come from keys, so that the list of names alone says
 * what there is: what is in a file is read when somebody wants it.
 *
 * @module
 */

import { isMeant, type PastPurge } from "./purges.ts";
import { type Spill, SpilledBytes } from "./spill.ts";
import { DiskBytes, type DiskSource } from "./disk_bytes.ts";
import { DiskFolder, type DiskSpill, reasonOf } from "./disk_folder.ts";
import { DiskHeads } from "./disk_heads.ts";
import { DiskFile, DiskIndex } from "./disk_index.ts";
import { FILES_IN_A_ROW, othersTurn, scanFolder } from "./disk_scan.ts";
import { DiskUses } from "./disk_uses.ts";
import { DiskWriter } from "./disk_writer.ts";
import { keyName, responseName } from "./names.ts";
import type { StoredRecord } from "./record.ts";
import { readRecordFrom } from "./record_file.ts";
import type { ResponseStore, StoreListener } from "./response_store.ts";
import { Variant } from "./variant.ts";

/** Settings of a {@linkcode DiskStore}. */
export interface DiskStoreOptions {
  /** Bytes that all files may take. */
  readonly maxBytes: number;
  /** Keys that are kept. @default {Infinity} */
  readonly maxEntries?: number;
  /** Bytes of heads that are held in memory. @default {67108864} */
  readonly maxHeadBytes?: number;
  /** What was purged when nobody could take it out of the folder; looked at each time. @default {[]} */
  readonly pastPurges?: readonly PastPurge[];
  /** Told of every change. */
  readonly listener: StoreListener | null;
  /** Told in a sentence of what went wrong with the disk. */
  readonly onTrouble: (sentence: string) => void;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Files that are read at a time where many have to be. */
const READERS = 16;

/** Keeps responses in the files of a folder. */
export class DiskStore implements ResponseStore, DiskSource {
  readonly shared = null;
  readonly spills = true;
  readonly folder: DiskFolder;
  readonly #options: DiskStoreOptions;
  readonly #index = new DiskIndex();
  readonly #heads: DiskHeads;
  readonly #writer: DiskWriter;
  readonly #loading = new Map<string, Promise<void>>();
  readonly #uses: DiskUses;
  /** Resolves when all names are known. */
  readonly #listing: Promise<void>;
  #listed = false;
  /** Resolves when all sizes are known as well. */
  readonly #scanning: Promise<void>;
  #scanned = false;
  #closed = false;

  private constructor(folder: DiskFolder, options: DiskStoreOptions) {
    this.folder = folder;
    this.#options = options;
    this.#heads = new DiskHeads(options.maxHeadBytes ?? 64 * 1024 * 1024, {
      onHit: (key, { variants }) => options.listener?.("hit", key, variants),
      onExpire: (key, { files, variants }) => {
        for (const file of files) this.#discard(file);
        options.listener?.("expire", key, variants);
      },
    }, options.now);
    this.#writer = new DiskWriter(folder, this.#index, {
      onUnwritten: (file) => this.#forget(file),
      onWritten: () => this.#makeRoom(),
      onTrouble: options.onTrouble,
    });
    folder.onUnremoved = (error) => this.#writer.fail(error);
    const scan = scanFolder(folder, this.#index, {
      isOver: () => this.#closed,
      onGone: (file) => this.#takeOut(file),
    });
    this.#listing = scan.names.catch(() => {}).then(() => void (this.#listed = true));
    this.#scanning = scan.sizes.catch((error) =>
      options.onTrouble(`Cannot read the folder of the cache: ${reasonOf(error)}`)
    ).then(async () => {
      // There may be far more than there is room for by now.
      while (!this.#closed && !this.#evict(FILES_IN_A_ROW)) await othersTurn();
      this.#scanned = true;
    });
    this.#uses = new DiskUses(folder);
  }

  /**
   * Opens a folder. It is read in the background; what is asked for meanwhile is found.
   *
   * @throws {UsageError} If the folder can't be had.
   */
  static async open(folder: string, options: DiskStoreOptions): Promise<DiskStore> {
    return new DiskStore(await DiskFolder.open(folder), options);
  }

  get size(): number {
    return this.#index.size;
  }

  get bytes(): number {
    return this.#index.bytes;
  }

  /** Resolves when the whole folder has been looked at. */
  get scanned(): Promise<void> {
    return this.#scanning;
  }

  get(key: string): readonly Variant[] {
    const heads = this.#heads.get(key);
    if (heads === undefined) return NO_VARIANTS;
    for (const file of heads.files) this.#use(file);
    return heads.variants;
  }

  load(key: string): Promise<void> | null {
    if (this.#heads.peek(key)?.complete) return null;
    this.#heads.expire(key);
    if (!this.#listed) return this.#listing.then(() => this.load(key) ?? undefined);
    const files = this.#index.group(keyName(key));
    if (files.length === 0) {
      this.#options.listener?.("miss", key, undefined);
      return null;
    }
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = this.#read(key, files).finally(() => this.#loading.delete(key));
      this.#loading.set(key, loading);
    }
    return loading;
  }

  lookFurther(): null {
    return null;
  }

  mark(): number {
    return 0;
  }

  put(key: string, variant: Variant): boolean | Promise<boolean> {
    const { bodyBytes } = variant;
    const body = variant.body;
    const spill = body instanceof SpilledBytes ? body.spill as DiskSpill : null;
    const name = responseName(key, variant.stored);
    this.#supersede(name, key, variant);
    if (
      bodyBytes > this.#options.maxBytes || this.#closed ||
      (spill === null && !this.#writer.hasRoom(bodyBytes))
    ) return false;
    const file = new DiskFile(name);
    file.responseKey = key;
    file.bytes = bodyBytes;
    this.#index.add(file);
    this.#use(file);
    const kept = this.#place(file, variant);
    if (spill !== null) return this.#putSpilled(file, kept, spill);
    this.#link(file, kept);
    if (file.alive) this.#writer.write(file, kept);
    return file.alive;
  }

  replace(key: string, before: Variant, after: Variant): void {
    const file = fileOf(before);
    if (file === null || !file.alive) return;
    if (file.value === null) {
      // Its head was let go of meanwhile, and what the file says may be more than the origin still grants.
      this.#forget(file);
    } else if (isSameHead(file.value, before)) {
      this.#heads.replace(key, file, after);
      this.#writer.rewrite(file, after);
    }
  }

  remove(_key: string, gone: Variant): void {
    const file = fileOf(gone);
    if (file?.alive) this.#forget(file);
  }

  purge(key: string): number | Promise<number> {
    if (!this.#listed) return this.#listing.then(() => this.purge(key));
    const files = this.#index.group(keyName(key));
    if (files.length === 0) return 0;
    for (const file of files) this.#takeOut(file);
    this.#options.listener?.("invalidate", key, undefined);
    return 1;
  }

  async purgePrefix(prefix: string): Promise<number> {
    await this.#listing;
    const unread: DiskFile[] = [];
    const keys = new Set<string>();
    for (const file of this.#index.files()) {
      if (file.responseKey === null) unread.push(file);
      else if (file.responseKey.startsWith(prefix)) keys.add(file.responseKey);
    }
    await Promise.all(Array.from({ length: READERS }, async () => {
      for (let file = unread.pop(); file !== undefined; file = unread.pop()) {
        const record = file.alive
          ? await readRecordFrom(this.folder, file).catch(() => null)
          : null;
        if (!file.alive) continue;
        file.responseKey ??= record?.key ?? null;
        // What can't be read now may be read later, and be what was to go.
        if (file.responseKey === null) this.#lose(file);
        else if (file.responseKey.startsWith(prefix)) keys.add(file.responseKey);
      }
    }));
    let count = 0;
    for (const key of keys) count += await this.purge(key);
    return count;
  }

  spill(): Spill {
    return this.folder.begin((error) => this.#writer.fail(error));
  }

  /** A file is not as it was written, or can't be read. */
  onLost(file: DiskFile): void {
    // With too many files open it is none of its fault; who wants it is given what the origin has.
    if (this.folder.canOpen()) this.#lose(file);
  }

  #lose(file: DiskFile): void {
    const { key } = file;
    const why = this.folder.look(key) === null ? "is gone" : "was changed";
    this.#forget(file);
    this.#options.onTrouble(`The file ${key} of the cache ${why}; going on without it`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#uses.close();
    await this.#scanning;
    await Promise.all(this.#loading.values());
    await this.#writer.settled();
    await this.folder.close();
  }

  /** Reads the heads of a key's files. */
  async #read(key: string, files: readonly DiskFile[]): Promise<void> {
    for (const file of files) {
      if (file.value !== null) continue;
      await file.writing;
      const record = file.alive
        ? await readRecordFrom(this.folder, file).catch(() => undefined)
        : null;
      // What can't be opened now can be later, perhaps; what was stored meanwhile has its head in memory.
      if (record === undefined || !file.alive || !file.written || file.value !== null) continue;
      if (record === null) this.onLost(file);
      else if (this.#wasPurged(record)) this.#discard(file);
      else {
        const variant = this.#revive(file, record);
        // Two keys of one MD5: the file is the other one's.
        if (record.key !== key) continue;
        const others = this.#heads.sameAs(key, variant);
        if (others.some(({ value }) => !isNewer(variant, value!))) this.#forget(file);
        else this.#link(file, variant);
      }
    }
    this.#heads.complete(key, this.#index.group(keyName(key)));
  }

  /** Whether a response was purged after it was stored. */
  #wasPurged({ key, stored }: StoredRecord): boolean {
    const { pastPurges = [] } = this.#options;
    return pastPurges.some((purge) => purge.atMs >= stored.storedAtMs && isMeant(purge, key));
  }

  /** A response as a file describes it. */
  #revive(file: DiskFile, record: StoredRecord): Variant {
    file.responseKey = record.key;
    file.sums = record.sums;
    const lengths = record.parts.map(([, length]) => length);
    const bytes = this.#bytesOf(file, lengths.map((length) => ({ length, inMemory: null })));
    const parts = record.parts.map(([first], i) => ({ first, bytes: bytes[i] }));
    return new Variant(record.stored, parts, record.total, record.receivedWhole);
  }

  /** A response whose bytes are those of its file. */
  #place(file: DiskFile, variant: Variant): Variant {
    const bytes = this.#bytesOf(file, variant.parts.map((part) => part.bytes));
    return variant.keptIn(variant.parts.map(({ first }, i) => ({ first, bytes: bytes[i] })));
  }

  /** The parts of a file's body, one after the other. */
  #bytesOf(
    file: DiskFile,
    parts: readonly { readonly length: number; readonly inMemory: Uint8Array | null }[],
  ): DiskBytes[] {
    const bodyBytes = parts.reduce((sum, { length }) => sum + length, 0);
    let end = 0;
    return parts.map(({ length, inMemory }) => {
      const offset = end;
      end += length;
      return new DiskBytes(this, file, { offset, length, bodyBytes }, inMemory);
    });
  }

  async #putSpilled(file: DiskFile, variant: Variant, spill: DiskSpill): Promise<boolean> {
    // Between its landing and this turn it may have been purged.
    if (!await this.#writer.writeSpilled(file, variant, spill) || !file.alive) return false;
    this.#link(file, variant);
    return file.alive;
  }

  /** A response is there to be found. */
  #link(file: DiskFile, variant: Variant): void {
    const key = file.responseKey!;
    const alone = this.#listed && this.#index.group(file.group).length === 1;
    for (const gone of this.#heads.link(key, variant, file, alone)) this.#discard(gone);
    this.#options.listener?.("store", key, this.#heads.peek(key)?.variants);
    this.#makeRoom();
  }

  /** Takes out what a newer response makes void, whether that comes to be kept or not, and the process lives or not. */
  #supersede(name: string, key: string, newer: Variant): void {
    const older = this.#index.find(name);
    if (older !== undefined) this.#takeOut(older);
    else if (!this.#listed) this.folder.remove(name);
    // A 304 may have changed what Vary tells apart, and not the name.
    for (const file of this.#heads.sameAs(key, newer)) this.#takeOut(file);
  }

  /** Takes a file's response out, and tells. */
  #forget(file: DiskFile): void {
    const { responseKey } = file;
    this.#takeOut(file);
    if (responseKey === null) return;
    this.#options.listener?.("invalidate", responseKey, this.#heads.peek(responseKey)?.variants);
  }

  /** Takes a file's response out. */
  #takeOut(file: DiskFile): void {
    this.#discard(file);
    if (file.responseKey !== null) this.#heads.unlink(file.responseKey, file);
  }

  /** Removes a file. */
  #discard(file: DiskFile): void {
    if (!file.alive) return;
    this.#index.remove(file);
    this.#uses.delete(file);
    this.folder.remove(file.key);
  }

  #use(file: DiskFile): void {
    if (!file.alive) return;
    this.#index.use(file);
    this.#uses.add(file);
  }

  /** Keeps all within its limits, as soon as it is known what there is. */
  #makeRoom(): void {
    if (this.#scanned) this.#evict(Infinity);
  }

  /** Lets go of up to `most` files, those that were used least of late. Returns whether all is within its limits. */
  #evict(most: number): boolean {
    const { maxBytes, maxEntries = Infinity, listener } = this.#options;
    for (let left = most; this.#index.bytes > maxBytes || this.#index.size > maxEntries; left--) {
      const file = this.#index.leastUsed;
      if (file === null) return true;
      if (left === 0) return false;
      this.#takeOut(file);
      listener?.("evict", file.responseKey ?? file.key, undefined);
    }
    return true;
  }
}

const NO_VARIANTS: readonly Variant[] = [];

/** The file of a response that a disk store gave. */
function fileOf({ parts }: Variant): DiskFile | null {
  const bytes = parts[0]?.bytes;
  return bytes instanceof DiskBytes ? bytes.file : null;
}

/** Whether two responses of one file say the same: its head may have been let go of, and read again. */
function isSameHead({ stored: a }: Variant, { stored: b }: Variant): boolean {
  return a === b || (a.bornAtMs === b.bornAtMs && a.freshUntilMs === b.freshUntilMs);
}

/** Whether `a` was stored later than `b`. */
function isNewer({ stored: a }: Variant, { stored: b }: Variant): boolean {
  return a.storedAtMs > b.storedAtMs;
}
