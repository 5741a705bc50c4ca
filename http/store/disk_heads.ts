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
        else if (change === "evict") heads.files.forEach((file) => file.value = null);
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

  /**
   * Puts a response among those of its key, in the place of one for the same requests.
   *
   * @param files How many files the key has.
   * @returns Files that are one too many.
   */
  link(key: string, variant: Variant, file: DiskFile, files: number): readonly DiskFile[] {
    const heads = this.peek(key);
    const others = (heads?.variants ?? []).map((other, i) => [other, heads!.files[i]] as const)
      .filter(([other, of]) => of.alive && of !== file && !answersTheSame(other, variant));
    const all = [...others, [variant, file] as const];
    const left = all.slice(-MAX_VARIANTS);
    this.#set(key, {
      variants: left.map(([other]) => other),
      files: left.map(([, of]) => of),
      complete: heads?.complete ?? files === 1,
    });
    return all.slice(0, -MAX_VARIANTS).map(([, of]) => of);
  }

  /** Says that all files of a key have been read. */
  complete(key: string): void {
    const heads = this.peek(key);
    if (heads !== undefined) this.#set(key, { ...heads, complete: true });
  }

  /** Puts one response in the place of another. Returns its file, or `null` if that was not there. */
  replace(key: string, before: Variant, after: Variant): DiskFile | null {
    const heads = this.peek(key);
    const at = heads?.variants.indexOf(before) ?? -1;
    if (heads === undefined || at < 0) return null;
    const file = heads.files[at];
    file.value = after;
    const variants = heads.variants.map((variant) => variant === before ? after : variant);
    this.#set(key, { ...heads, variants });
    return file;
  }

  /** Takes a file's response out. Returns it, or `null` if it was not there. */
  unlink(key: string, file: DiskFile): Variant | null {
    const heads = this.peek(key);
    const at = heads?.files.indexOf(file) ?? -1;
    if (heads === undefined || at < 0) return null;
    const files = heads.files.filter((_, i) => i !== at);
    const variants = heads.variants.filter((_, i) => i !== at);
    if (files.length === 0) this.#cache.delete(key);
    else this.#set(key, { ...heads, files, variants });
    return heads.variants[at];
  }

  /** Takes a key out. */
  delete(key: string): void {
    this.#cache.delete(key);
  }

  #set(key: string, heads: Heads): void {
    const deleteAtMs = Math.max(...heads.variants.map(({ stored }) => stored.deleteAtMs));
    this.#cache.set(key, heads, { deleteAtMs });
  }
}
