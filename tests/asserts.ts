/**
 * `@std/assert` with its types: the npm form of the standard library comes without them.
 *
 * @module
 */

// @ts-types="../types/std_assert.d.ts"
export * from "@std/assert";
