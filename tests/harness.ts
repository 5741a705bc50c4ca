/**
 * How a test is registered: with Deno's runner here, with Node's in the npm build, where `harness_node.ts` takes this
 * file's place. Both sanitizers are on, so that a test that leaves a socket or a timer behind fails.
 *
 * @module
 */

/** Registers one test, named by the symbol and the behaviour it shows. */
export function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, fn, sanitizeOps: true, sanitizeResources: true });
}
