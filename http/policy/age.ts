/**
 * How old a response is (RFC 9111 §4.2.3).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseAge } from "../fields/age.ts";
import { MAX_DELTA_SECONDS } from "../fields/delta_seconds.ts";
import { dateOf } from "./freshness.ts";
import type { PolicyOptions } from "./options.ts";
import type { ExchangeTimes, StoredResponse } from "./stored.ts";

/**
 * The age that a response had when it came, in milliseconds: `corrected_initial_age`.
 *
 * @returns `Infinity` if its Age says that it can't be known; see {@linkcode PolicyOptions.invalidAge}.
 */
export function initialAgeMs(
  response: FieldReader,
  times: ExchangeTimes,
  options: Pick<PolicyOptions, "invalidAge">,
): number {
  const apparentAge = Math.max(0, times.responseTimeMs - dateOf(response, times.responseTimeMs));
  const responseDelay = Math.max(0, times.responseTimeMs - times.requestTimeMs);
  // Date counts in whole seconds: what is less than one is no age at all.
  const wholeApparentAge = apparentAge < 1000 ? 0 : apparentAge;
  const ageValue = parseAge(response.values("age"), options.invalidAge) * 1000;
  return Math.max(wholeApparentAge, ageValue + responseDelay);
}

/** The age of a stored response in whole seconds, as Age carries it: at most 2^31. */
export function ageSecondsAt(stored: StoredResponse, nowMs: number): number {
  const seconds = Math.floor((nowMs - stored.bornAtMs) / 1000);
  return seconds <= 0 ? 0 : Math.min(seconds, MAX_DELTA_SECONDS);
}
