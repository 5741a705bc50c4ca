/**
 * A fetch under way that others wait for.
 *
 * @module
 */

import { sendPiece, writeCollapsedHead } from "./answers.ts";
import { matchesRequest } from "./policy/selection.ts";
import { isFreshHit } from "./policy/reuse.ts";
import type { StoredResponse } from "./policy/stored.ts";
import type { Session } from "./session.ts";
import type { SharedBody } from "./shared_body.ts";

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
  /** Resolves when it is known what those who wait have to do. */
  readonly outcome: Promise<FlightOutcome>;
  #land: (outcome: FlightOutcome) => void = () => {};
  #landed = false;

  /** Begins. */
  constructor() {
    this.outcome = new Promise((resolve) => this.#land = resolve);
  }

  /** Tells those who wait; the first word counts. */
  land(outcome: FlightOutcome): void {
    if (this.#landed) return;
    this.#landed = true;
    this.#land(outcome);
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
        !head.plain || !body.kept || !matchesRequest(stored, head) || !isFreshHit(stored, nowMs)
      ) {
        return false;
      }
      const reader = body.read();
      try {
        const status = { forward: "uri-miss", collapsed: true } as const;
        const framing = writeCollapsedHead(session, stored, length, { nowMs, status });
        for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
          await sendPiece(session, piece, framing);
        }
        if (framing === "chunked") session.out.lastChunk();
        return true;
      } finally {
        reader.leave();
      }
    },
  };
}
