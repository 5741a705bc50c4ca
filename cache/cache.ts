/**
 * The store that every proxy keeps its answers in: bounded by entries and by weight, ordered for eviction, and watched.
 * It knows no protocol and no socket; policy decides what goes in and for how long.
 *
 * @module
 */

import type { AdmissionStrategy } from "./admission.ts";
import { type Entry, EntryList } from "./entry_list.ts";
import { type EvictionStrategy, lru } from "./eviction.ts";

/** What can happen to an entry. */
export type CacheChange = "hit" | "miss" | "store" | "evict" | "expire" | "invalidate";

/** Told of each change; `value` is `undefined` for a miss. */
export type CacheListener<K, V> = (change: CacheChange, key: K, value: V | undefined) => void;

/** Settings of a {@linkcode Cache}. */
export interface CacheOptions<K, V> {
  /** The most entries that are kept. @default {Infinity} */
  readonly maxEntries?: number;
  /** The most weight that is kept, in the unit of {@linkcode CacheOptions.weigh}. @default {Infinity} */
  readonly maxWeight?: number;
  /** The weight of an entry, such as its bytes with its key's; at least 0. @default {() => 1} */
  readonly weigh?: (key: K, value: V) => number;
  /** Which entry makes room. @default {lru} */
  readonly eviction?: EvictionStrategy;
  /** Which keys may come in; every one if left out. */
  readonly admission?: AdmissionStrategy<K>;
  /** The clock, in milliseconds. @default {Date.now} */
  readonly now?: () => number;
  /** Told of every change. */
  readonly listener?: CacheListener<K, V>;
}

/** How a value is stored. */
export interface StoreOptions {
  /** When it ceases to be found, in milliseconds of the cache's clock. @default {Infinity} */
  readonly deleteAtMs?: number;
}

/**
 * A bounded cache. Its iteration order is that of eviction, the last to go first; with {@linkcode lru} that is the order
 * of recency.
 *
 * @example
 * ```ts
 * import { Cache } from "@halfway/proxy";
 *
 * const cache = new Cache<string, number>({ maxEntries: 2 });
 * cache.set("a", 1);
 * cache.set("b", 2);
 * cache.get("a");
 * cache.set("c", 3); // "b" makes room
 * console.log([...cache.keys()]); // ["c", "a"]
 * ```
 */
export class Cache<K, V> implements Iterable<[K, V]> {
  readonly #entries = new Map<K, Entry<K, V>>();
  readonly #list = new EntryList<K, V>();
  readonly #maxEntries: number;
  readonly #maxWeight: number;
  readonly #weigh: (key: K, value: V) => number;
  readonly #eviction: EvictionStrategy;
  readonly #admission: AdmissionStrategy<K> | null;
  readonly #now: () => number;
  /** Told of every change; `null` for nobody. */
  listener: CacheListener<K, V> | null;
  #weight = 0;

  /**
   * Makes an empty cache.
   *
   * @throws {RangeError} If a capacity is not positive.
   */
  constructor(options: CacheOptions<K, V> = {}) {
    const { maxEntries = Infinity, maxWeight = Infinity } = options;
    if (!(maxEntries > 0)) {
      throw new RangeError(`Expected a positive maxEntries, found ${maxEntries}`);
    }
    if (!(maxWeight > 0)) throw new RangeError(`Expected a positive maxWeight, found ${maxWeight}`);
    this.#maxEntries = maxEntries;
    this.#maxWeight = maxWeight;
    this.#weigh = options.weigh ?? (() => 1);
    this.#eviction = options.eviction ?? lru;
    this.#admission = options.admission ?? null;
    this.#now = options.now ?? Date.now;
    this.listener = options.listener ?? null;
  }

  /** Entries that are kept now; expired ones count until they are found to be. */
  get size(): number {
    return this.#entries.size;
  }

  /** The weight of all entries. */
  get weight(): number {
    return this.#weight;
  }

  /** The value for `key`, or `undefined`: a hit or a miss. */
  get(key: K): V | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      if (this.listener !== null) this.listener("miss", key, undefined);
      return undefined;
    }
    if (entry.deleteAtMs !== Infinity && entry.deleteAtMs <= this.#now()) {
      this.#remove(entry, "expire");
      if (this.listener !== null) this.listener("miss", key, undefined);
      return undefined;
    }
    this.use(entry);
    return entry.value;
  }

  /** Counts as a use of `key`, without a hit being told. */
  touch(key: K): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) this.#eviction.onHit(this.#list, entry);
  }

  /** The value for `key`, or `undefined`, without counting as a use. */
  peek(key: K): V | undefined {
    return this.find(key)?.value;
  }

  /**
   * The entry for `key`, or `undefined`, without counting as a use: for {@linkcode Cache.use}, when it is known later
   * whether this is a hit.
   */
  find(key: K): Entry<K, V> | undefined {
    const entry = this.#entries.get(key);
    if (entry === undefined) return undefined;
    return entry.deleteAtMs === Infinity || entry.deleteAtMs > this.#now() ? entry : undefined;
  }

  /** Counts as a hit of an entry that was found since the last change. */
  use(entry: Entry<K, V>): void {
    this.#eviction.onHit(this.#list, entry);
    if (this.listener !== null) this.listener("hit", entry.key, entry.value);
  }

  /**
   * Keeps a value, and lets others go until it fits.
   *
   * @returns Whether it is kept: not if it is heavier than the whole capacity, or its key is not admitted.
   */
  set(key: K, value: V, options: StoreOptions = {}): boolean {
    const { deleteAtMs = Infinity } = options;
    const weight = this.#weigh(key, value);
    const entry = this.#entries.get(key);
    if (weight > this.#maxWeight) {
      // The old value must not stay in the place of one that is newer.
      if (entry !== undefined) this.#remove(entry, "evict");
      return false;
    }
    if (entry === undefined) {
      if (this.#admission !== null && !this.#admission.admits(key, this.#now())) return false;
      const added = { key, value, weight, deleteAtMs, newer: null, older: null };
      this.#entries.set(key, added);
      this.#eviction.onStore(this.#list, added);
    } else {
      this.#weight -= entry.weight;
      entry.value = value;
      entry.weight = weight;
      entry.deleteAtMs = deleteAtMs;
      this.#eviction.onReplace(this.#list, entry);
    }
    this.#weight += weight;
    if (this.listener !== null) this.listener("store", key, value);
    this.#makeRoom(key);
    return this.#entries.has(key);
  }

  /** Takes an entry out. Returns whether there was one. */
  delete(key: K): boolean {
    const entry = this.#entries.get(key);
    if (entry === undefined) return false;
    this.#remove(entry, "invalidate");
    return true;
  }

  /** Takes every entry out. */
  clear(): void {
    for (let entry = this.#list.first; entry !== null; entry = this.#list.first) {
      this.#remove(entry, "invalidate");
    }
  }

  /** Takes out the entries whose time has come. Returns how many. */
  expire(): number {
    const now = this.#now();
    let count = 0;
    for (const entry of [...this.#entries.values()]) {
      if (entry.deleteAtMs <= now) {
        this.#remove(entry, "expire");
        count++;
      }
    }
    return count;
  }

  /** Keys and values, the last to go first. */
  *[Symbol.iterator](): IterableIterator<[K, V]> {
    for (let entry = this.#list.first; entry !== null; entry = entry.older) {
      yield [entry.key, entry.value];
    }
  }

  /** Keys, the last to go first. */
  *keys(): IterableIterator<K> {
    for (let entry = this.#list.first; entry !== null; entry = entry.older) yield entry.key;
  }

  #makeRoom(kept: K): void {
    while (this.#entries.size > this.#maxEntries || this.#weight > this.#maxWeight) {
      let victim = this.#list.last;
      // What was just stored stays, wherever the strategy has put it.
      if (victim !== null && victim.key === kept) victim = victim.newer;
      if (victim === null) return;
      this.#remove(victim, "evict");
    }
  }

  #remove(entry: Entry<K, V>, why: CacheChange): void {
    this.#entries.delete(entry.key);
    this.#list.remove(entry);
    this.#weight -= entry.weight;
    if (this.listener !== null) this.listener(why, entry.key, entry.value);
  }
}
