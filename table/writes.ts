/**
 * Which entries have a write on its way to the server: until it is answered, or its connection is over, nobody knows
 * which value the server holds, and the cache must not say.
 *
 * @module
 */

/** Counts the writes on their way. */
export class WritesUnderWay {
  /** For each entry the writes to it. */
  readonly #counts = new Map<number, number>();
  /** Writes to all entries. */
  #toAll = 0;

  /** Whether nothing is on its way. */
  get none(): boolean {
    return this.#toAll === 0 && this.#counts.size === 0;
  }

  /** Whether the cache may say what an entry holds. */
  isSettled(index: number): boolean {
    return this.#toAll === 0 && !this.#counts.has(index);
  }

  /** A write to these entries, each named once, is on its way; `null` for all entries. */
  begin(indices: readonly number[] | null): void {
    if (indices === null) {
      this.#toAll++;
      return;
    }
    for (const index of indices) this.#counts.set(index, (this.#counts.get(index) ?? 0) + 1);
  }

  /** A write that was begun is over. */
  end(indices: readonly number[] | null): void {
    if (indices === null) {
      this.#toAll--;
      return;
    }
    for (const index of indices) {
      const count = this.#counts.get(index)! - 1;
      if (count === 0) this.#counts.delete(index);
      else this.#counts.set(index, count);
    }
  }
}
