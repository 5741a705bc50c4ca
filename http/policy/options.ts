/**
 * What an operator may set about the policy.
 *
 * @module
 */

import type { InvalidAge } from "../fields/age.ts";

/** Options of the policy. */
export interface PolicyOptions {
  /** Whether CDN-Cache-Control counts (RFC 9213): yes in front of an origin, no in front of users. */
  readonly targeted: boolean;
  /** The part of the time since Last-Modified for which a response is fresh that says nothing itself, 0 to 1. */
  readonly heuristicFraction: number;
  /** The longest time that comes of this, in seconds. */
  readonly maxHeuristicSeconds: number;
  /** How long a stale response is kept, in seconds, to be validated. */
  readonly keepStaleSeconds: number;
  /**
   * Whether a stale response may be served when the origin can't be reached, though nobody allowed it: RFC 9111 §4.2.4
   * permits it to a disconnected cache.
   */
  readonly staleWhenDisconnected: boolean;
  /** What an Age that isn't one number comes to. */
  readonly invalidAge: InvalidAge;
  /** Whether nothing is stored but what says `must-revalidate` and does not say `no-cache`. */
  readonly onlyMustRevalidate: boolean;
  /** Whether what is stored is never used without asking the origin, fresh or not. */
  readonly alwaysValidate: boolean;
  /** Whether the origin is asked by date alone, as HTTP/1.0 has it: by Last-Modified, or by Date without one. */
  readonly validateByDate: boolean;
}

/** A tenth of the time since Last-Modified, a week at most; a day kept stale; an Age that is nonsense is distrusted. */
export const DEFAULT_POLICY: PolicyOptions = {
  targeted: false,
  heuristicFraction: 0.1,
  maxHeuristicSeconds: 7 * 24 * 3600,
  keepStaleSeconds: 24 * 3600,
  staleWhenDisconnected: false,
  invalidAge: "distrust",
  onlyMustRevalidate: false,
  alwaysValidate: false,
  validateByDate: false,
};
