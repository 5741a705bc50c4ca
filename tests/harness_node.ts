/**
 * The stand-in for `harness.ts` when the tests run under Node's own runner.
 *
 * @module
 */

import { test as nodeTest } from "node:test";

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
