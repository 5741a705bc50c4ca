/**
 * Stored responses in memory, by key, every byte of them counted.
 *
 * @module
 */

import { Cache } from "../../cache/cache.ts";
import {
  answersTheSame,
  MAX_VARIANTS,
  type ResponseStore,
  type StoreListener,
} from "./response_store.ts";
import type { Variant } from "./variant.ts";

/**
 * What an entry costs beside its bytes: about 2 KB of objects, buffers and numbers while it is there, and as much again
 * that V8 has not yet given back of those before it, as measured by the memory of the whole process.
 */
const OVERHEAD_BYTES = 3500;

/** What a response costs in memory beside its body, in bytes. */
export function headWeight(variant: Variant): number {
  return OVERHEAD_BYTES + variant.stored.head.length * 2 + variant.stored.varyKey.length;
}

/** How much is kept. */
export interface MemoryStoreLimits {
  /** Bytes of keys, heads and bodies. */
  readonly maxBytes: number;
  /** Keys. @default {Infinity} */
  readonly maxEntries?: number;
}

/** Keeps responses in memory. */
export class MemoryStore implements ResponseStore {
  readonly shared = null;
  readonly spills = false;
  readonly #cache: Cache<string, readonly Variant[]>;

  /**
   * Makes an empty store.
   *
   * @param limits How much is kept.
   * @param listener Told of every change.
   * @param now The clock, in milliseconds since 1970.
   */
  constructor(limits: MemoryStoreLimits, listener: StoreListener | null, now: () => number) {
    this.#cache = new Cache({
      maxWeight: limits.maxBytes,
      maxEntries: limits.maxEntries,
      weigh: (key, variants) =>
        variants.reduce(
          (sum, variant) => sum + headWeight(variant) + variant.bodyBytes,
          key.length * 2,
        ),
      listener: listener ?? undefined,
      now,
    });
  }

  get size(): number {
    return this.#cache.size;
  }

  get bytes(): number {
    return this.#cache.weight;
  }

  get(key: string): readonly Variant[] {
    return this.#cache.get(key) ?? NO_VARIANTS;
  }

  load(): null {
    return null;
  }

  lookFurther(): null {
    return null;
  }

  mark(): number {
    return 0;
  }

  put(key: string, variant: Variant): boolean {
    const others = this.#peek(key).filter((other) => !answersTheSame(other, variant));
    return this.#set(key, [...others.slice(1 - MAX_VARIANTS), variant]);
  }

  replace(key: string, before: Variant, after: Variant): void {
    const variants = this.#peek(key);
    if (variants.includes(before)) {
      this.#set(key, variants.map((variant) => variant === before ? after : variant));
    }
  }

  remove(key: string, gone: Variant): void {
    const left = this.#peek(key).filter((variant) => variant !== gone);
    if (left.length > 0) this.#set(key, left);
    else this.#cache.delete(key);
  }

  purge(key: string): number {
    return this.#cache.delete(key) ? 1 : 0;
  }

  purgePrefix(prefix: string): number {
    let count = 0;
    for (const key of [...this.#cache.keys()]) {
      if (key.startsWith(prefix) && this.#cache.delete(key)) count++;
    }
    return count;
  }

  spill(): null {
    return null;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #peek(key: string): readonly Variant[] {
    return this.#cache.peek(key) ?? NO_VARIANTS;
  }

  #set(key: string, variants: readonly Variant[]): boolean {
    const deleteAtMs = Math.max(...variants.map(({ stored }) => stored.deleteAtMs));
    return this.#cache.set(key, variants, { deleteAtMs });
  }
}

const NO_VARIANTS: readonly Variant[] = [];
