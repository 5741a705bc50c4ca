/**
 * Fetches what the cache lacks: what one request lacks in one round trip, and what is under way already not twice.
 *
 * @module
 */

import type { TableUpstream } from "./upstream.ts";
import type { ServerFailure } from "./wire_error.ts";
import { WritesUnderWay } from "./writes.ts";

/** A round trip under way, for some entries. */
interface Flight {
  /** The values once it is over, or why there are none. */
  readonly landed: Promise<Map<number, number> | ServerFailure>;
  /** Whether its values may be kept, and for which entries not: what was in doubt meanwhile. */
  keeps: boolean;
  readonly unkept: Set<number>;
}

/** Settings of a {@linkcode Fetcher}. */
export interface FetcherOptions {
  /** Called with each value, in the order in which the server gave them. */
  readonly keep: (index: number, value: number) => void;
  /** Whether the server holds the same values on every connection. */
  readonly keepMixed: boolean;
}

/** Asks the server for entries. */
export class Fetcher {
  readonly #upstream: TableUpstream;
  readonly #options: FetcherOptions;
  /** For each entry the flight that a newcomer may join: one that no write to the entry was asked after. */
  readonly #joinable = new Map<number, Flight>();
  readonly #underWay = new Set<Flight>();
  /** Writes on connections that are given up and not over: the server may do them at any moment. */
  readonly #doubts = new WritesUnderWay();

  /** Nothing is under way. */
  constructor(upstream: TableUpstream, options: FetcherOptions) {
    this.#upstream = upstream;
    this.#options = options;
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
   * A write to these entries, or all, may happen at any moment from now on: two flights may see it differently, so what
   * they are asked for together is asked for in one.
   */
  doubt(indices: readonly number[] | null): void {
    this.#doubts.begin(indices);
    if (indices === null) this.forgetAll();
    else indices.forEach((index) => this.forget(index));
  }

  /** It has happened, or never will; what is under way may have been answered before. */
  settle(indices: readonly number[] | null): void {
    this.#doubts.end(indices);
    for (const flight of this.#underWay) {
      if (indices === null) flight.keeps = false;
      else indices.forEach((index) => flight.unkept.add(index));
    }
    if (indices === null) this.forgetAll();
    else indices.forEach((index) => this.forget(index));
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
    const landed = new Promise<Map<number, number> | ServerFailure>((resolve) => land = resolve);
    const flight: Flight = { landed, keeps: true, unkept: new Set() };
    this.#underWay.add(flight);
    for (const index of indices) {
      if (this.#doubts.isSettled(index)) this.#joinable.set(index, flight);
    }
    const { keep, keepMixed } = this.#options;
    this.#upstream.get(indices, {
      onAnswer: (list, mixed = false) => {
        const values = new Map<number, number>();
        const keeps = flight.keeps && (keepMixed || !mixed);
        indices.forEach((index, i) => {
          values.set(index, list.items[i]);
          if (keeps && !flight.unkept.has(index)) keep(index, list.items[i]);
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
    this.#underWay.delete(flight);
    for (const index of indices) {
      if (this.#joinable.get(index) === flight) this.#joinable.delete(index);
    }
  }
}
