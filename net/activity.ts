/**
 * What a connection is doing, and since when, so that one coarse sweep can find those that do it for too long: no
 * timer is set for a read or a write.
 *
 * @module
 */

/** What a connection is waiting for. */
export const Phase = {
  /** The node works on a message; nothing is waited for from this peer. */
  WORK: 0,
  /** Between messages: the peer has nothing to say. */
  IDLE: 1,
  /** A message has begun and is not whole. */
  FRAME: 2,
  /** The peer has to take what is written. */
  WRITE: 3,
  /** The last words are said; what the peer still sends is thrown away for a moment. */
  LINGER: 4,
  /** Within a message whose parts may take long in all, but not each: the peer has to send the next one. */
  BODY: 5,
} as const;

/** One of the values of {@linkcode Phase}. */
export type Phase = typeof Phase[keyof typeof Phase];

/** A clock that is read at each sweep and costs nothing in between. */
export interface CoarseClock {
  /** Milliseconds of a monotonic clock, as of the last sweep. */
  nowMs: number;
}

/** The current phase of one connection, and the time it began. */
export class Activity {
  /** What is waited for. */
  phase: Phase = Phase.WORK;
  /** When that began, by the coarse clock. */
  sinceMs: number;
  readonly #clock: CoarseClock;

  /** Begins in {@linkcode Phase.WORK}. */
  constructor(clock: CoarseClock) {
    this.#clock = clock;
    this.sinceMs = clock.nowMs;
  }

  /** Begins a phase, even if it is the same one again. */
  enter(phase: Phase): void {
    this.phase = phase;
    this.sinceMs = this.#clock.nowMs;
  }

  /** Begins a phase unless it is under way already, so that its beginning counts and not its last byte. */
  remain(phase: Phase): void {
    if (this.phase !== phase) this.enter(phase);
  }
}
