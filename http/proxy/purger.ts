/**
 * Takes entries out of the cache before their time, here and in the other caches that answer for the same clients.
 *
 * @module
 */

import type { Flight, Flights } from "./flight.ts";
import { isMeant, type Purge, type PurgeChannel } from "../store/purges.ts";
import type { ResponseStore } from "../store/response_store.ts";

/** Purges for one proxy. */
export class Purger {
  readonly #store: ResponseStore;
  readonly #flights: Flights;
  readonly #channels: readonly PurgeChannel[];

  /** Purges `store` and `flights`, and what `channel` reaches, and all who share the store. */
  constructor(store: ResponseStore, flights: Flights, channel: PurgeChannel | null) {
    this.#store = store;
    this.#flights = flights;
    const { shared } = store;
    this.#channels = [channel, shared].filter((each) => each !== null);
    if (channel !== null) channel.onPurge = (purges) => this.here(purges);
    if (shared !== null) {
      shared.onPurge = (purges) => {
        this.#overtake(purges);
        return shared.forget(purges);
      };
    }
  }

  /**
   * Purges here and elsewhere.
   *
   * @param cause The request whose answer makes void what is older: the answer itself is not.
   * @returns How many entries were taken out.
   * @throws {HalfwayError} If the others can't be reached; here it is done.
   */
  async purge(purges: readonly Purge[], cause: Flight | null = null): Promise<number> {
    const here = await this.here(purges, cause);
    // Who can be reached is told, whether all can or not.
    const told = await Promise.allSettled(
      this.#channels.map((channel) => channel.announce(purges)),
    );
    return told.reduce((count, result) => {
      if (result.status === "rejected") throw result.reason;
      return count + result.value;
    }, here);
  }

  /** Purges here alone, and keeps out of the store what is under way: it may be older than the purge. */
  async here(purges: readonly Purge[], cause: Flight | null = null): Promise<number> {
    this.#overtake(purges, cause);
    let count = 0;
    for (const { kind, text } of purges) {
      if (kind === "prefix") count += await this.#store.purgePrefix(text);
      else if (await this.#store.purge(text)) count++;
    }
    return count;
  }

  #overtake(purges: readonly Purge[], cause: Flight | null = null): void {
    this.#flights.overtake((key) => purges.some((purge) => isMeant(purge, key)), cause);
  }
}
