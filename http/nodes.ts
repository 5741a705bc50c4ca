/**
 * The nodes of the HTTP system: file server, proxy and client.
 *
 * @module
 */

export type { Resolve } from "./access/checked_connect.ts";
export type { ForwardOptions } from "./access/forward_side.ts";
export {
  HttpClient,
  type HttpClientOptions,
  type HttpRequestOptions,
  HttpResponse,
} from "./client.ts";
export type { RequestBody } from "./client_request.ts";
export { HttpLimitError, HttpSyntaxError, type LimitStatus, type SyntaxStatus } from "./errors.ts";
export type { FieldLine, FieldReader } from "./field_reader.ts";
export { type FileServerOptions, startFileServer } from "./file_server.ts";
export type { DirectoryLine, FileEntry, FileTree, OpenDirectory, OpenFile } from "./file_system.ts";
export type { HeadLimits } from "./limits.ts";
export type { PathRule } from "./path_rules.ts";
export type { HttpPreset } from "./presets.ts";
export type { PastPurge, Purge, PurgeChannel } from "./purges.ts";
export { type HttpCacheStats, HttpProxy, type HttpProxyOptions, startHttpProxy } from "./proxy.ts";
