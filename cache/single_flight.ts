/**
 * Many who wait for one key make one request.
 *
 * @module
 */

/**
 * Shares the work for one key among all who ask for it while it is under way. A failure reaches all of them, and is not
 * kept: the next one to ask tries anew.
 */
export class SingleFlight<K, V> {
  readonly #flights = new Map<K, Promise<V>>();

  /** Keys whose work is under way. */
  get size(): number {
    return this.#flights.size;
  }

  /**
   * Joins the work for `key`, or begins it.
   *
   * @param key What is asked for.
   * @param work Does the work; called only if none is under way.
   * @returns What the work comes to.
   * @throws What the work throws.
   */
  run(key: K, work: () => Promise<V>): Promise<V> {
    const joined = this.#flights.get(key);
    if (joined !== undefined) return joined;
    const flight = Promise.resolve().then(work).finally(() => {
      if (this.#flights.get(key) === flight) this.#flights.delete(key);
    });
    this.#flights.set(key, flight);
    return flight;
  }

  /** Lets nobody join the work for `key` any more: who asks from now on begins anew. */
  forget(key: K): void {
    this.#flights.delete(key);
  }

  /** Whether work for `key` is under way that can be joined. */
  has(key: K): boolean {
    return this.#flights.has(key);
  }
}
