/**
 * What is kept of a response: its head as bytes that a hit copies, and everything that a decision about it needs, worked
 * out once. All times are milliseconds since 1970 of the cache's own clock.
 *
 * @module
 */

import type { ContentRange } from "../fields/range.ts";

/** When the exchange that brought a response took place, by the cache's clock. */
export interface ExchangeTimes {
  /** When the request was sent, in milliseconds since 1970. */
  readonly requestTimeMs: number;
  /** When the response head had come, in milliseconds since 1970. */
  readonly responseTimeMs: number;
}

/** The part of a stored response that policy looks at. The body is the store's. */
export interface StoredResponse {
  /** Status code: 206 where only parts are held. */
  readonly status: number;
  /**
   * Status line and fields in HTTP/1.1, each with its line break, without Age, framing and hop-by-hop fields, and
   * without the empty line. A hit is this, Content-Length, Age, Cache-Status, an empty line and the body.
   */
  readonly head: Uint8Array;
  /** Lower-case names that Vary lists, sorted; `*` alone where no request matches. */
  readonly varyNames: readonly string[];
  /** What those fields were in the request that it answered; see {@linkcode varyKeyOf}. */
  readonly varyKey: string;

  /** When it was stored, or last validated. */
  readonly storedAtMs: number;
  /** From when on it is stale. */
  readonly staleAtMs: number;
  /** From when on it is of no use to anyone. */
  readonly deleteAtMs: number;
  /** When its age was 0: the age now is the time since then (RFC 9111 §4.2.3). */
  readonly bornAtMs: number;
  /**
   * Until when a plain request is answered without asking: {@linkcode StoredResponse.staleAtMs}, or `-Infinity` for a
   * response that always has to be validated.
   */
  readonly freshUntilMs: number;
  /** The value of Date, or the time of the response without one. */
  readonly dateMs: number;

  /** Whether `no-cache` holds: never without validation. */
  readonly alwaysValidate: boolean;
  /** Whether it must not be served stale, whatever anyone says (RFC 9111 §5.2.2.2, §5.2.2.8, §5.2.2.10). */
  readonly mustRevalidate: boolean;
  /** For how many seconds after going stale it may be served while it is validated (RFC 5861 §3). */
  readonly staleWhileRevalidateSeconds: number;
  /** For how many seconds after going stale it may stand in for an error (RFC 5861 §4). */
  readonly staleIfErrorSeconds: number;

  /** The value of ETag, or `null`. */
  readonly etag: string | null;
  /** The value of Last-Modified, or `null`. */
  readonly lastModified: string | null;
  /** The time of Last-Modified, or `null` if it is none. */
  readonly lastModifiedMs: number | null;

  /** Of a 206 the range that it said it held, else `null`. */
  readonly contentRange: ContentRange | null;
  /** Of a 206 the value of Range that it answered, else `null`. */
  readonly requestRange: string | null;
}
