/**
 * Fetches what the cache lacks: what one request lacks in one round trip, and what is under way already not twice.
 *
 * @module
 */

import type { TableUpstream } from "./upstream.ts";
import type { ServerFailure } from "./wire_error.ts";

/** A round trip under way, for some entries. */
interface Flight {
  /** The values once it is over, or why there are none. */
  readonly landed: Promise<Map<number, number> | ServerFailure>;
}

/** Asks the server for entries. */
export class Fetcher {
  readonly #upstream: TableUpstream;
  readonly #keep: (index: number, value: number) => void;
  /** For each entry the flight that a newcomer may join: one that no write to the entry was asked after. */
  readonly #joinable = new Map<number, Flight>();

  /** `keep` is called with each value, in the order in which the server gave them. */
  constructor(upstream: TableUpstream, keep: (index: number, value: number) => void) {
    this.#upstream = upstream;
    this.#keep = keep;
  }

  /** A write to this entry is asked now: who comes later must not join what was asked before. */
  forget(index: number): void {
    this.#joinable.delete(index);
  }

  /** A write to all entries is asked now. */
  forgetAll(): void {
    this.#joinable.clear();
  }

  /**
   * Finds the values of entries.
   *
   * @param found Values that are known now; those that are missing are added.
   * @param missing Entries to fetch.
   * @returns `null` when all are found, all as of one moment, or why not.
   */
  async fetch(
    found: Map<number, number>,
    missing: ReadonlySet<number>,
  ): Promise<ServerFailure | null> {
    const { generation } = this.#upstream;
    const joined = new Map<number, Flight>();
    const own: number[] = [];
    for (const index of missing) {
      const flight = this.#joinable.get(index);
      if (flight === undefined) own.push(index);
      else joined.set(index, flight);
    }
    if (own.length > 0) {
      const flight = this.#begin(own);
      for (const index of own) joined.set(index, flight);
    }
    const together = own.length === missing.size && found.size === 0;
    for (const [index, flight] of joined) {
      const landed = await flight.landed;
      if (landed instanceof Map) {
        found.set(index, landed.get(index)!);
      } else if (landed.answered && !own.includes(index)) {
        // The server refused what others asked for along with this entry: it is asked for by itself.
        return await this.#alone(found, missing);
      } else {
        return landed;
      }
    }
    // After a reconnect the values may be of different moments, if they did not come in one answer.
    if (!together && generation !== this.#upstream.generation) {
      return await this.#alone(found, missing);
    }
    return null;
  }

  /** Fetches all that is found or missing in one round trip of its own. */
  async #alone(
    found: Map<number, number>,
    missing: ReadonlySet<number>,
  ): Promise<ServerFailure | null> {
    const all = [...new Set([...found.keys(), ...missing])];
    const landed = await this.#begin(all).landed;
    if (!(landed instanceof Map)) return landed;
    for (const [index, value] of landed) found.set(index, value);
    return null;
  }

  #begin(indices: readonly number[]): Flight {
    let land: (landed: Map<number, number> | ServerFailure) => void = () => {};
    const flight: Flight = { landed: new Promise((resolve) => land = resolve) };
    for (const index of indices) this.#joinable.set(index, flight);
    this.#upstream.get(indices, {
      onAnswer: (list) => {
        const values = new Map<number, number>();
        indices.forEach((index, i) => {
          values.set(index, list.items[i]);
          this.#keep(index, list.items[i]);
        });
        this.#land(indices, flight);
        land(values);
      },
      onFailure: (failure) => {
        this.#land(indices, flight);
        land(failure);
      },
    });
    return flight;
  }

  #land(indices: readonly number[], flight: Flight): void {
    for (const index of indices) {
      if (this.#joinable.get(index) === flight) this.#joinable.delete(index);
    }
  }
}
