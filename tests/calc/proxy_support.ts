/**
 * What the tests of the calculator's proxy share: a clock, answers, a proxy in front of a stand-in.
 *
 * @module
 */

import { CalcEncoder } from "../../calc/encoder.ts";
import { type CalcProxy, startCalcProxy } from "../../calc/proxy.ts";
import type { CalcProxyOptions } from "../../calc/proxy_options.ts";
import { UNIX_TIME } from "./wire.ts";

/** What a client is told when the server refuses the connection. */
export const REFUSED =
  "('Internal proxy error', CalculatorServerError('Connection refused by server and " +
  "the request was not in the cache/it was stale'))";
const encoder = new CalcEncoder();

/** A clock in seconds after {@linkcode UNIX_TIME}, set by the test. */
export class TestClock {
  seconds = 0;
  readonly now = (): number => (UNIX_TIME + this.seconds) * 1000;
}

/** The answer that a server gives at a time, with the number that tells it from others. */
export function answerAt(seconds: number, value: number, cacheControl?: number): Uint8Array {
  const options = { unixTime: UNIX_TIME + seconds, cacheControl };
  return encoder.result({ value: BigInt(value), steps: [] }, options).slice();
}

/** Starts a proxy that does not wait long for anything. */
export function startProxy(options: CalcProxyOptions): Promise<CalcProxy> {
  return startCalcProxy({ port: 0, retryDelayMs: 1, quietMs: 20, ...options });
}

/** Waits for something that another part of the process is about to do. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve));
}
