/**
 * The responses of a disk store whose heads are in memory, by key.
 *
 * @module
 */

import { Cache } from "../../cache/cache.ts";
import type { DiskFile } from "./disk_index.ts";
import { headWeight } from "./memory_store.ts";
import { answersTheSame, MAX_VARIANTS } from "./response_store.ts";
import type { Variant } from "./variant.ts";

/** The responses of one key. */
export interface Heads {
  /** The responses. */
  readonly variants: readonly Variant[];
  /** Their files, in the same order. */
  readonly files: readonly DiskFile[];
  /** Whether the key has no other files. */
  readonly complete: boolean;
}

/** What a {@linkcode DiskHeads} tells. */
export interface HeadsHooks {
  /** A key was found. */
  onHit(key: string, heads: Heads): void;
  /** What is kept under a key is of no use to anyone any more. */
  onExpire(key: string, heads: Heads): void;
}

/** Keeps heads. */
export class DiskHeads {
  readonly #cache: Cache<string, Heads>;

  /** Keeps up to `maxBytes` of them; those that are not asked for are read anew when they are. */
  constructor(maxBytes: number, hooks: HeadsHooks, now: () => number) {
    this.#cache = new Cache({
      maxWeight: maxBytes,
      weigh: (key, { variants }) =>
        variants.reduce((sum, variant) => sum + headWeight(variant), key.length * 2),
      listener: (change, key, heads) => {
        if (heads === undefined) return;
        if (change === "hit") hooks.onHit(key, heads);
        else if (change === "evict") { for (const file of heads.files) file.value = null; }
        else if (change === "expire") hooks.onExpire(key, heads);
      },
      now,
    });
  }

  /** What is kept under a key, which counts as a use. */
  get(key: string): Heads | undefined {
    return this.#cache.get(key);
  }

  /** What is kept under a key. */
  peek(key: string): Heads | undefined {
    return this.#cache.peek(key);
  }

  /** Lets go of a key whose time has come. */
  expire(key: string): void {
    if (this.peek(key) === undefined) this.#cache.get(key);
  }

  /** The files of a key whose responses answer the same requests as `variant`. */
  sameAs(key: string, variant: Variant): readonly DiskFile[] {
    const heads = this.peek(key);
    return heads?.files.filter((_, i) => answersTheSame(heads.variants[i], variant)) ?? [];
  }

  /**
   * Puts a response among those of its key.
   *
   * @param complete Whether it is the only one.
   * @returns Files that have to go: those of responses whose place it takes, and what is one too many.
   */
  link(key: string, variant: Variant, file: DiskFile, complete: boolean): DiskFile[] {
    this.expire(key);
    const same = this.sameAs(key, variant).filter((other) => other !== file);
    const heads = this.peek(key);
    const others = heads?.files.filter((other) => other !== file && !same.includes(other)) ?? [];
    const gone = [...same, ...others.slice(0, Math.max(0, others.length + 1 - MAX_VARIANTS))];
    file.value = variant;
    const left = [...others, file].filter((other) => !gone.includes(other));
    this.#set(key, left, heads?.complete ?? complete);
    return gone;
  }

  /** Says that all files of a key have been read, if that is so. */
  complete(key: string, files: readonly DiskFile[]): void {
    const heads = this.peek(key);
    if (heads === undefined) return;
    const isThere = (file: DiskFile): boolean =>
      heads.files.includes(file) || !file.written ||
      (file.responseKey !== null && file.responseKey !== key);
    if (files.every(isThere)) this.#set(key, heads.files, true);
  }

  /** Puts one response of a file in the place of another. */
  replace(key: string, file: DiskFile, after: Variant): void {
    const heads = this.peek(key);
    if (heads === undefined) return;
    file.value = after;
    this.#set(key, heads.files, heads.complete);
  }

  /** Takes a file's response out. */
  unlink(key: string, file: DiskFile): void {
    const heads = this.peek(key);
    if (heads === undefined || !heads.files.includes(file)) return;
    file.value = null;
    const left = heads.files.filter((other) => other !== file);
    if (left.length === 0) this.#cache.delete(key);
    else this.#set(key, left, heads.complete);
  }

  /** Keeps these files' responses, which are in memory. */
  #set(key: string, files: readonly DiskFile[], complete: boolean): void {
    const variants = files.map(({ value }) => value!);
    const deleteAtMs = Math.max(...variants.map(({ stored }) => stored.deleteAtMs));
    if (this.#cache.set(key, { variants, files, complete }, { deleteAtMs })) return;
    // They take more than there is room for.
    for (const file of files) file.value = null;
  }
}
