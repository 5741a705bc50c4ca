/**
 * A list of integers that is filled again and again: an ordinary array gives its memory back each time it is emptied.
 *
 * @module
 */

/** A list of safe integers whose memory is reused. */
export class Integers implements Iterable<number> {
  /** The integers; those from {@linkcode Integers.length} on are left over from earlier. */
  readonly items: number[] = [];
  /** How many there are. */
  length = 0;

  /** Makes a list of these integers. */
  static of(integers: Iterable<number>): Integers {
    const list = new Integers();
    for (const integer of integers) list.push(integer);
    return list;
  }

  /** Appends an integer. */
  push(integer: number): void {
    if (this.length === this.items.length) this.items.push(integer);
    else this.items[this.length] = integer;
    this.length++;
  }

  /** Makes it empty. A very long list gives its memory back. */
  clear(): void {
    if (this.items.length > MAX_KEPT) this.items.length = 0;
    this.length = 0;
  }

  /** The integers in order. */
  *[Symbol.iterator](): IterableIterator<number> {
    for (let i = 0; i < this.length; i++) yield this.items[i];
  }

  /** An array of the integers. */
  toArray(): number[] {
    return this.items.slice(0, this.length);
  }
}

const MAX_KEPT = 1024;

/** A list with nothing in it, shared: nobody adds to it. */
export const NONE: Integers = new Integers();
