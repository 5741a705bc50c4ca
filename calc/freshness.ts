/**
 * How long an answer may be used, and by whom. Spec: calc, 2.6.
 *
 * @module
 */

import { INDEFINITE } from "./header.ts";

/**
 * The seconds that are left of a cache control; what has none left is stale.
 *
 * @param cacheControl Seconds, or {@linkcode INDEFINITE}.
 * @param age Seconds since the answer was made; below 0 where clocks differ, and then it is very fresh.
 * @returns `Infinity` for what never runs out.
 */
export function secondsLeft(cacheControl: number, age: number): number {
  return cacheControl === INDEFINITE ? Infinity : cacheControl - age;
}

/** The times that are left, as the original's log writes them. */
export function remainingText(server: number, client: number): string {
  return `server time remaining: ${secondsText(server)}, client time remaining: ${
    secondsText(client)
  }`;
}

function secondsText(seconds: number): string {
  return seconds === Infinity ? "inf" : seconds.toFixed(2);
}
