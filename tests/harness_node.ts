/**
 * The stand-in for `harness.ts` when the tests run under Node's own runner.
 *
 * @module
 */

import { test as nodeTest } from "node:test";
import { lacking, MUST_RUN_ALL } from "./support/installed.ts";

// `assertEquals` needs them, and Node has them from version 22 on. The tested code can't use them: it would not build.
addToSets("union", function (other) {
  return new Set([...this, ...other]);
});
addToSets("symmetricDifference", function (other) {
  return new Set([...this, ...other].filter((value) => this.has(value) !== other.has(value)));
});

function addToSets(
  name: string,
  value: (this: Set<unknown>, other: Set<unknown>) => Set<unknown>,
): void {
  if (!(name in Set.prototype)) Object.defineProperty(Set.prototype, name, { value });
}

/** Registers one test, named by the symbol and the behaviour it shows. */
export function test(name: string, fn: () => void | Promise<void>): void {
  nodeTest(name, async () => {
    await fn();
  });
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
  else nodeTest(name, { skip: `${absent} not installed` }, () => {});
}
