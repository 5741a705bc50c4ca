/**
 * How a test is registered: with Deno's runner here, with Node's in the npm build, where `harness_node.ts` takes this
 * file's place. Both sanitizers are on, so that a test that leaves a socket or a timer behind fails.
 *
 * @module
 */

import { lacking, MUST_RUN_ALL } from "./support/installed.ts";

/** Registers one test, named by the symbol and the behaviour it shows. */
export function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}

/** Registers a test that needs programs of others; where one is not installed, `support/installed.ts` says what it comes to. */
export function testWith(
  programs: readonly string[],
  name: string,
  fn: () => void | Promise<void>,
): void {
  const absent = lacking(programs);
  if (absent === null) test(name, fn);
  else if (MUST_RUN_ALL) test(name, () => Promise.reject(new Error(`${absent}: not installed`)));
  else Deno.test({ name: `${name} (skipped: ${absent} not installed)`, ignore: true, fn });
}
