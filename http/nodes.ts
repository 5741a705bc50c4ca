/**
 * The nodes of the HTTP system: file server, proxy and client.
 *
 * @module
 */

export type { Resolve } from "./proxy/access/checked_connect.ts";
export type { ForwardOptions } from "./proxy/access/forward_side.ts";
export {
  HttpClient,
  type HttpClientOptions,
  type HttpRequestOptions,
  HttpResponse,
} from "./client/client.ts";
export type { RequestBody } from "./client/client_request.ts";
export {
  HttpLimitError,
  HttpSyntaxError,
  type LimitStatus,
  type SyntaxStatus,
} from "./message/errors.ts";
export type { FieldLine, FieldReader } from "./message/field_reader.ts";
export { type FileServerOptions, startFileServer } from "./server/file_server.ts";
export type {
  DirectoryLine,
  FileEntry,
  FileTree,
  OpenDirectory,
  OpenFile,
} from "./server/file_system.ts";
export type { HeadLimits } from "./message/limits.ts";
export type { PathRule } from "./server/path_rules.ts";
export type { HttpPreset } from "./proxy/presets.ts";
export type { PastPurge, Purge, PurgeChannel } from "./store/purges.ts";
export {
  type HttpCacheStats,
  HttpProxy,
  type HttpProxyOptions,
  startHttpProxy,
} from "./proxy/proxy.ts";
