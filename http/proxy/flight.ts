/**
 * A fetch under way that others wait for.
 *
 * @module
 */

import { sendPieces, writeCollapsedHead } from "./answers.ts";
import { matchesRequest } from "../policy/selection.ts";
import { isFreshHit } from "../policy/reuse.ts";
import type { StoredResponse } from "../policy/stored.ts";
import type { Session } from "./session.ts";
import type { SharedBody } from "./shared_body.ts";
import type { ResponseStore } from "../store/response_store.ts";

/** What a fetch means for those who wait. */
export type FlightOutcome =
  /** A response is coming that will be stored: read it along. */
  | {
    readonly kind: "body";
    /** Answers a session with it, if it fits. Returns whether it did. */
    join(session: Session, nowMs: number): Promise<boolean>;
  }
  /** The store has changed: look again. */
  | { readonly kind: "stored" }
  /** Nothing came of it for anyone else: fetch for yourselves, side by side. */
  | { readonly kind: "alone" };

/** A fetch under way. */
export class Flight {
  /** What is fetched. */
  readonly key: string;
  /** When it began, for the store. */
  readonly mark: number;
  /**
   * Whether what is fetched was purged or changed since: the answer may be older than that, and must not come into the
   * store after it (RFC 9111 §4.4).
   */
  overtaken = false;
  /** Resolves when it is known what those who wait have to do. */
  readonly outcome: Promise<FlightOutcome>;
  #land: (outcome: FlightOutcome) => void = () => {};
  #landed = false;

  /** Begins; see {@linkcode Flights.begin}. */
  constructor(key: string, mark: number) {
    this.key = key;
    this.mark = mark;
    this.outcome = new Promise((resolve) => this.#land = resolve);
  }

  /** Tells those who wait; the first word counts. */
  land(outcome: FlightOutcome): void {
    if (this.#landed) return;
    this.#landed = true;
    this.#land(outcome);
  }
}

/** The fetches under way. */
export class Flights {
  readonly #store: Pick<ResponseStore, "mark">;
  readonly #joinable = new Map<string, Flight>();
  readonly #all = new Set<Flight>();

  /** Fetches for a store. */
  constructor(store: Pick<ResponseStore, "mark">) {
    this.#store = store;
  }

  /** The fetch that others who want `key` may wait for. */
  get(key: string): Flight | undefined {
    return this.#joinable.get(key);
  }

  /** Begins a fetch; others may wait for it if it is the only one. */
  begin(key: string, joinable = true): Flight {
    const flight = new Flight(key, this.#store.mark());
    this.#all.add(flight);
    if (joinable && !this.#joinable.has(key)) this.#joinable.set(key, flight);
    return flight;
  }

  /** Ends a fetch: the store has what came of it. Ending twice does nothing. */
  end(flight: Flight): void {
    this.#all.delete(flight);
    this.#close(flight);
  }

  /**
   * Keeps what is under way of the keys that `matches` picks out of the store, and from those who come later; not that
   * of `cause`.
   */
  overtake(matches: (key: string) => boolean, cause: Flight | null = null): void {
    for (const flight of this.#all) {
      if (flight === cause || !matches(flight.key)) continue;
      flight.overtaken = true;
      this.#close(flight);
    }
  }

  #close(flight: Flight): void {
    if (this.#joinable.get(flight.key) === flight) this.#joinable.delete(flight.key);
  }
}

/** The outcome of a response that is being stored while it comes. */
export function bodyOutcome(
  stored: StoredResponse,
  body: SharedBody,
  length: number | null,
): FlightOutcome {
  return {
    kind: "body",
    async join(session, nowMs): Promise<boolean> {
      const { head } = session;
      // Conditions and ranges are judged when all is there; what may not be reused serves nobody else.
      if (
        !head.plain || !body.readable || !matchesRequest(stored, head) ||
        !isFreshHit(stored, nowMs)
      ) {
        return false;
      }
      const reader = body.read();
      try {
        const status = { forward: "uri-miss", collapsed: true } as const;
        const framing = writeCollapsedHead(session, stored, length, { nowMs, status });
        await sendPieces(session, reader, framing);
        return true;
      } finally {
        reader.leave();
      }
    },
  };
}
