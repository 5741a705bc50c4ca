/**
 * The entries of a cache in order, as a doubly linked list: moving one costs a few assignments and no memory.
 *
 * @module
 */

/** One entry of a cache. */
export interface Entry<K, V> {
  /** What it is found by. */
  readonly key: K;
  /** What is kept. */
  value: V;
  /** What it counts against the capacity by weight, such as its bytes. */
  weight: number;
  /** When it ceases to be found, in milliseconds of the cache's clock; `Infinity` for never. */
  deleteAtMs: number;
  /** The next more recent entry. */
  newer: Entry<K, V> | null;
  /** The next less recent entry. */
  older: Entry<K, V> | null;
}

/** Entries from the most recent to the least recent. */
export class EntryList<K, V> {
  /** The most recent entry. */
  first: Entry<K, V> | null = null;
  /** The least recent entry, the next to go. */
  last: Entry<K, V> | null = null;

  /** Puts an entry that is in no list before all others. */
  addFirst(entry: Entry<K, V>): void {
    const { first } = this;
    entry.newer = null;
    entry.older = first;
    if (first === null) this.last = entry;
    else first.newer = entry;
    this.first = entry;
  }

  /** Puts an entry that is in no list behind all others. */
  addLast(entry: Entry<K, V>): void {
    const { last } = this;
    entry.older = null;
    entry.newer = last;
    if (last === null) this.first = entry;
    else last.older = entry;
    this.last = entry;
  }

  /** Takes an entry of this list out of it. */
  remove(entry: Entry<K, V>): void {
    const { newer, older } = entry;
    if (newer === null) this.first = older;
    else newer.older = older;
    if (older === null) this.last = newer;
    else older.newer = newer;
    entry.newer = entry.older = null;
  }

  /** Puts an entry of this list before all others. */
  moveToFront(entry: Entry<K, V>): void {
    if (this.first === entry) return;
    this.remove(entry);
    this.addFirst(entry);
  }
}
