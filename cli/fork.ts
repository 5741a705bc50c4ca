/**
 * How this program is started again as a worker. The npm build puts `fork_node.ts` in the place of `fork_deno.ts` here.
 *
 * @module
 */

export { forkWorker, outliveChannel, SHARES_PORT } from "./fork_deno.ts";
