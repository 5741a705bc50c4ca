/**
 * Takes entries out of the cache before their time, here and in the other caches that answer for the same clients.
 *
 * @module
 */

import type { Flights } from "./flight.ts";
import type { MemoryStore } from "./memory_store.ts";
import type { Purge, PurgeChannel } from "./purges.ts";

/** Purges for one proxy. */
export class Purger {
  readonly #store: MemoryStore;
  readonly #flights: Flights;
  readonly #channel: PurgeChannel | null;

  /** Purges `store` and `flights`, and what `channel` reaches. */
  constructor(store: MemoryStore, flights: Flights, channel: PurgeChannel | null) {
    this.#store = store;
    this.#flights = flights;
    this.#channel = channel;
    if (channel !== null) channel.onPurge = (purges) => this.here(purges);
  }

  /**
   * Purges here and elsewhere.
   *
   * @returns How many entries were taken out.
   * @throws {HalfwayError} If the others can't be reached; here it is done.
   */
  async purge(purges: readonly Purge[]): Promise<number> {
    const here = await this.here(purges);
    return this.#channel === null ? here : here + await this.#channel.announce(purges);
  }

  /** Purges here alone, and keeps out of the store what is under way: it may be older than the purge. */
  async here(purges: readonly Purge[]): Promise<number> {
    this.#flights.overtake((key) => purges.some((purge) => isMeant(purge, key)));
    let count = 0;
    for (const { kind, text } of purges) {
      if (kind === "prefix") count += await this.#store.purgePrefix(text);
      else if (await this.#store.purge(text)) count++;
    }
    return count;
  }
}

function isMeant({ kind, text }: Purge, key: string): boolean {
  return kind === "key" ? key === text : key.startsWith(text);
}
