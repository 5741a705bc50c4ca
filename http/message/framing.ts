/**
 * The few fields that decide where a message ends, read from bytes (RFC 9112 §6, RFC 9110 §7.6.1).
 *
 * @module
 */

import { COMMA, HTAB, isToken, latin1Bytes, SP, TOKEN } from "./bytes.ts";

/** How the end of a body is found. */
export const BodyKind = {
  /** There is no body. */
  none: 0,
  /** As many bytes as Content-Length says. */
  length: 1,
  /** In chunks (RFC 9112 §7.1). */
  chunked: 2,
  /** Until the connection closes; responses only. */
  untilClose: 3,
} as const;

/** One of the values of {@linkcode BodyKind}. */
export type BodyKindValue = (typeof BodyKind)[keyof typeof BodyKind];

/** What a Connection field said, as bits. */
export const ConnectionBit = {
  /** `close`. */
  close: 1,
  /** `keep-alive`. */
  keepAlive: 2,
  /** `upgrade`. */
  upgrade: 4,
  /** It names fields that end at this hop. */
  names: 8,
} as const;

/** {@linkcode parseContentLength}: not a number. */
export const LENGTH_INVALID: number = -1;
/** {@linkcode parseContentLength}: beyond what can be counted exactly, 2^53 - 1. */
export const LENGTH_TOO_LARGE: number = -2;
/** {@linkcode parseContentLength}: a list of different numbers. */
export const LENGTH_DIFFERS: number = -3;

const CLOSE = latin1Bytes("close");
const KEEP_ALIVE = latin1Bytes("keep-alive");
const UPGRADE = latin1Bytes("upgrade");
const CHUNKED = latin1Bytes("chunked");
const KNOWN_CODINGS = ["gzip", "x-gzip", "deflate", "compress", "x-compress", "identity"].map(
  latin1Bytes,
);

/**
 * Reads a Content-Length value: decimal digits, or a list of the same number over and over, which is that number
 * (RFC 9110 §8.6).
 *
 * @returns The number of bytes, or one of {@linkcode LENGTH_INVALID}, {@linkcode LENGTH_TOO_LARGE},
 * {@linkcode LENGTH_DIFFERS}.
 */
export function parseContentLength(bytes: Uint8Array, start: number, end: number): number {
  let length = -1;
  let at = start;
  for (;;) {
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const digits = at;
    let number = 0;
    while (at < end && bytes[at] >= 48 && bytes[at] <= 57) {
      number = number * 10 + (bytes[at++] - 48);
      if (number > Number.MAX_SAFE_INTEGER) return LENGTH_TOO_LARGE;
    }
    if (at === digits) return LENGTH_INVALID;
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    if (length >= 0 && number !== length) return LENGTH_DIFFERS;
    length = number;
    if (at === end) return length;
    if (bytes[at++] !== COMMA) return LENGTH_INVALID;
  }
}

/** What a Transfer-Encoding field came to, taking all of its lines together. */
export const TransferCoding = {
  /** There is no such field. */
  none: 0,
  /** `chunked`, and nothing else. */
  chunked: 1,
  /** A list that doesn't follow the grammar, or with `chunked` in it twice or before another coding. */
  invalid: 2,
  /** Codings that are registered, but not `chunked` last. */
  notChunked: 3,
  /** A coding that nobody registered, `chunked` nowhere. */
  unknown: 4,
  /** Another coding with `chunked` over it. */
  unsupported: 5,
} as const;

/** One of the values of {@linkcode TransferCoding}. */
export type TransferCodingValue = (typeof TransferCoding)[keyof typeof TransferCoding];

/**
 * Reads one Transfer-Encoding line.
 *
 * @param before What the lines before it came to.
 * @returns What the lines come to so far.
 */
export function parseTransferEncoding(
  bytes: Uint8Array,
  start: number,
  end: number,
  before: TransferCodingValue,
): TransferCodingValue {
  let state = before;
  let at = start;
  for (;;) {
    while (at < end && (bytes[at] === SP || bytes[at] === HTAB)) at++;
    const first = at;
    while (at < end && TOKEN[bytes[at]] !== 0) at++;
    const last = at;
    // Parameters are part of a coding; whoever sends them means something that we don't know.
    let parameters = false;
    while (at < end && bytes[at] !== COMMA) {
      if (bytes[at] !== SP && bytes[at] !== HTAB) parameters = true;
      at++;
    }
    if (first === last) return TransferCoding.invalid;
    const chunked = isToken(bytes, first, last, CHUNKED);
    if (
      state === TransferCoding.chunked || state === TransferCoding.unsupported ||
      state === TransferCoding.invalid || (chunked && parameters)
    ) {
      state = TransferCoding.invalid;
    } else if (chunked) {
      state = state === TransferCoding.none ? TransferCoding.chunked : TransferCoding.unsupported;
    } else if (KNOWN_CODINGS.some((name) => isToken(bytes, first, last, name)) && !parameters) {
      state = state === TransferCoding.unknown ? state : TransferCoding.notChunked;
    } else {
      state = TransferCoding.unknown;
    }
    if (at === end) return state;
    at++;
  }
}

/** Reads one Connection line into the bits of {@linkcode ConnectionBit}. */
export function parseConnection(bytes: Uint8Array, start: number, end: number): number {
  let bits = 0;
  let at = start;
  while (at < end) {
    const first = at;
    while (at < end && TOKEN[bytes[at]] !== 0) at++;
    if (at > first) {
      if (isToken(bytes, first, at, CLOSE)) bits |= ConnectionBit.close;
      else if (isToken(bytes, first, at, KEEP_ALIVE)) bits |= ConnectionBit.keepAlive;
      else if (isToken(bytes, first, at, UPGRADE)) bits |= ConnectionBit.upgrade;
      else bits |= ConnectionBit.names;
    } else {
      at++;
    }
  }
  return bits;
}
