/**
 * Which entry makes room for a new one: a strategy, apart from the cache that keeps them.
 *
 * @module
 */

import type { Entry, EntryList } from "./entry_list.ts";

/** Orders the entries of a cache; the one at the tail of the list is the next to go. */
export interface EvictionStrategy {
  /** A new entry was stored; it is in no list yet. */
  onStore<K, V>(list: EntryList<K, V>, entry: Entry<K, V>): void;
  /** The value of an entry was replaced. */
  onReplace<K, V>(list: EntryList<K, V>, entry: Entry<K, V>): void;
  /** An entry was found by a reader. */
  onHit<K, V>(list: EntryList<K, V>, entry: Entry<K, V>): void;
}

/** Least recently used: a hit or a new value makes an entry the most recent. */
export const lru: EvictionStrategy = {
  onStore(list, entry): void {
    list.addFirst(entry);
  },
  onReplace(list, entry): void {
    list.moveToFront(entry);
  },
  onHit(list, entry): void {
    list.moveToFront(entry);
  },
};

/** First in, first out: only arrival counts. */
export const fifo: EvictionStrategy = {
  onStore(list, entry): void {
    list.addFirst(entry);
  },
  onReplace(): void {},
  onHit(): void {},
};

/** The strategies by the name that options give them. */
export const EVICTION_STRATEGIES: { readonly [name in "lru" | "fifo"]: EvictionStrategy } = {
  lru,
  fifo,
};
