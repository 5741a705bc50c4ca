/**
 * The nodes of the calculator system: server, proxy and client.
 *
 * @module
 */

export {
  CalcClient,
  type CalcClientOptions,
  CalcRemoteError,
  type CalcResult,
  type EvaluateOptions,
} from "./client.ts";
export { type CalcProxy, startCalcProxy } from "./proxy.ts";
export type { CalcProxyOptions, CalcProxyStats } from "./proxy_options.ts";
export {
  type CalcServer,
  type CalcServerOptions,
  type CalcServerStats,
  startCalcServer,
} from "./server.ts";
