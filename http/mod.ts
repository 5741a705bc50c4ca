/**
 * What the HTTP system is made of: messages read from and written to bytes (RFC 9112), and the rules of a shared cache
 * (RFC 9111), as pure functions. Nothing here opens a socket, looks at a clock or keeps anything.
 *
 * @module
 */

export * from "./message/body.ts";
export * from "./message/body_decoder.ts";
export * from "./message/bytes.ts";
export * from "./message/chunked.ts";
export * from "./message/errors.ts";
export * from "./message/field_lines.ts";
export * from "./message/field_reader.ts";
export * from "./fields/age.ts";
export * from "./fields/cache_control.ts";
export * from "./fields/cache_status.ts";
export * from "./fields/cdn_cache_control.ts";
export * from "./fields/date.ts";
export * from "./fields/delta_seconds.ts";
export * from "./fields/etag.ts";
export * from "./fields/list.ts";
export * from "./fields/range.ts";
export * from "./fields/structured.ts";
export * from "./fields/vary.ts";
export * from "./fields/via.ts";
export * from "./message/framing.ts";
export * from "./message/head.ts";
export * from "./message/hop_by_hop.ts";
export * from "./message/limits.ts";
export * from "./message/names.ts";
export * from "./policy/age.ts";
export * from "./policy/body_plan.ts";
export * from "./policy/conditions.ts";
export * from "./policy/directives.ts";
export * from "./policy/freshening.ts";
export * from "./policy/freshness.ts";
export * from "./policy/invalidation.ts";
export * from "./policy/options.ts";
export * from "./policy/parts.ts";
export * from "./policy/ranges.ts";
export * from "./policy/reference.ts";
export * from "./policy/reuse.ts";
export * from "./policy/selection.ts";
export * from "./policy/status.ts";
export * from "./policy/storable.ts";
export * from "./policy/stored.ts";
export * from "./policy/stored_fields.ts";
export * from "./policy/validation.ts";
export * from "./message/request_head.ts";
export * from "./message/response_head.ts";
export * from "./message/status.ts";
export * from "./message/target.ts";
export * from "./message/trailers.ts";
export * from "./message/writer.ts";
// What the errors above are made of.
export {
  type ErrorCode,
  FrameSyntaxError,
  FrameTooLargeError,
  HalfwayError,
} from "../net/errors.ts";
