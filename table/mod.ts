/**
 * The table system: a server with a table of integers, a proxy that holds a part of it, a client.
 *
 * @module
 */

export { type RawReply, TableClient, type TableClientOptions, TableError } from "./client.ts";
export { startTableProxy, type TableProxy } from "./proxy.ts";
export type { TableProxyOptions, TableProxyStats } from "./proxy_options.ts";
export { startTableServer, type TableServer, type TableServerOptions } from "./server.ts";
export type { TableView } from "./table.ts";
export type { UpstreamDialect } from "./upstream.ts";
