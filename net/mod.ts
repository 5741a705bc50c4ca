/**
 * The ground for protocols over TCP: connections, framing, serving, and the way to a server.
 *
 * @module
 */

export { Activity, type CoarseClock, Phase } from "./activity.ts";
export { formatAddress, parseAddress } from "./address.ts";
export { backoffMs, type BackoffOptions } from "./backoff.ts";
export type {
  Connection,
  ConnectOptions,
  Listener,
  ListenOptions,
  NetAddress,
} from "./connection.ts";
export { type Decoder, NEED_MORE } from "./decoder.ts";
export * from "./errors.ts";
export { FrameReader, type FrameReaderOptions } from "./frame_reader.ts";
export { OutputBuffer } from "./output_buffer.ts";
export { Peer } from "./peer.ts";
export { connect, listen } from "./runtime.ts";
export {
  type DrainOptions,
  type PeerHandler,
  serve,
  type ServeHooks,
  type ServeLimits,
  type ServeOptions,
  type Service,
  TooManyConnectionsError,
} from "./serve.ts";
export { ServedNode } from "./served_node.ts";
export { Upstream, type UpstreamHooks, type UpstreamOptions } from "./upstream.ts";
export type { UpstreamRequest } from "./upstream_line.ts";
