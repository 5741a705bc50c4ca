/**
 * The sockets of the runtime at hand. The npm build puts `runtime_node.ts` in the place of `runtime_deno.ts` here, and
 * nothing else differs between the two.
 *
 * @module
 */

export { connect, listen } from "./runtime_deno.ts";
