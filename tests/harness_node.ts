/**
 * The stand-in for `harness.ts` when the tests run under Node's own runner.
 *
 * @module
 */

import { test as nodeTest } from "node:test";

/** Registers one test, named by the symbol and the behaviour it shows. */
export function test(name: string, fn: () => void | Promise<void>): void {
  nodeTest(name, async () => {
    await fn();
  });
}
