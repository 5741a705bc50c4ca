/**
 * The 12 bytes before the data of a packet: read and written in place, big-endian. Spec: calc, 2.1.
 *
 * ```text
 * 0  unix time stamp (32)          4  total length (16)   6  reserved (3) C S T status (10)
 * 8  cache control (16), seconds  10  padding (16)
 * ```
 *
 * @module
 */

import { FrameSyntaxError } from "../net/errors.ts";
import { invalidLengthText } from "./errors.ts";

/** Bytes of a header; also the length of the shortest packet. */
export const HEADER_LENGTH = 12;
/** The longest packet that the 16-bit length can announce. */
export const MAX_PACKET_LENGTH = 65_535;
/** The most data that fits behind a header. */
export const MAX_DATA_LENGTH: number = MAX_PACKET_LENGTH - HEADER_LENGTH;
/** A cache control that never runs out; also the default. */
export const INDEFINITE = 65_535;

/** Flag: the answer may be cached (request), is cacheable (response). */
export const FLAG_CACHE = 0x1000;
/** Flag: steps are asked for (request), are there (response). */
export const FLAG_STEPS = 0x0800;
/** Flag: this is a request. */
export const FLAG_REQUEST = 0x0400;
const STATUS_MASK = 0x03ff;
const RESERVED_MASK = 0xe000;

/** The fields of a header. */
export interface Header {
  /** When the packet was made, in seconds since 1970, 0..2**32-1. */
  unixTime: number;
  /** Header and data, in bytes, 12..65535, as announced. */
  totalLength: number;
  /** Whether the answer may be cached (request), is cacheable (response). */
  cache: boolean;
  /** Whether steps are asked for (request), are there (response). */
  steps: boolean;
  /** Whether this is a request. */
  request: boolean;
  /** 0 in a request; 200, 400 or 500 in a response; 0..1023. */
  status: number;
  /** Seconds that the answer may be old (request), stays fresh (response); {@linkcode INDEFINITE} is for ever. */
  cacheControl: number;
}

/** A header with all fields 0 or `false`, to be filled by {@linkcode readHeader}. */
export function emptyHeader(): Header {
  return {
    unixTime: 0,
    totalLength: 0,
    cache: false,
    steps: false,
    request: false,
    status: 0,
    cacheControl: 0,
  };
}

/**
 * Reads a header into `header`, and makes its cache fields agree as the original does: without the cache flag, cache
 * control is 0; in a response, cache control 0 clears the cache flag.
 *
 * @throws {FrameSyntaxError} In the original's words, if there are fewer than 12 bytes, or a total length below 12.
 */
export function readHeader(header: Header, bytes: Uint8Array, start: number, end: number): void {
  if (end - start < HEADER_LENGTH) {
    throw new FrameSyntaxError(
      `The data is too short (${end - start} bytes) to be a valid header`,
    );
  }
  const totalLength = (bytes[start + 4] << 8) | bytes[start + 5];
  if (totalLength < HEADER_LENGTH) throw new FrameSyntaxError(invalidLengthText(totalLength));
  const flags = (bytes[start + 6] << 8) | bytes[start + 7];
  const cacheControl = (bytes[start + 8] << 8) | bytes[start + 9];
  header.unixTime = ((bytes[start] << 24) | (bytes[start + 1] << 16) |
    (bytes[start + 2] << 8) | bytes[start + 3]) >>> 0;
  header.totalLength = totalLength;
  header.request = (flags & FLAG_REQUEST) !== 0;
  header.steps = (flags & FLAG_STEPS) !== 0;
  header.status = flags & STATUS_MASK;
  header.cache = (flags & FLAG_CACHE) !== 0 && (header.request || cacheControl !== 0);
  header.cacheControl = header.cache ? cacheControl : 0;
}

/** Writes a header at `start`; reserved bits and padding are 0. */
export function writeHeader(header: Readonly<Header>, bytes: Uint8Array, start: number): void {
  const { unixTime, totalLength, cacheControl } = header;
  const flags = (header.cache ? FLAG_CACHE : 0) | (header.steps ? FLAG_STEPS : 0) |
    (header.request ? FLAG_REQUEST : 0) | (header.status & STATUS_MASK);
  bytes[start] = unixTime >>> 24;
  bytes[start + 1] = unixTime >>> 16;
  bytes[start + 2] = unixTime >>> 8;
  bytes[start + 3] = unixTime;
  bytes[start + 4] = totalLength >>> 8;
  bytes[start + 5] = totalLength;
  bytes[start + 6] = flags >>> 8;
  bytes[start + 7] = flags;
  bytes[start + 8] = cacheControl >>> 8;
  bytes[start + 9] = cacheControl;
  bytes[start + 10] = 0;
  bytes[start + 11] = 0;
}

/**
 * Whether a packet may well begin at `start`: what stands there makes sense as a header.
 *
 * This decides only what to do with bytes after a packet whose length can't be right.
 */
export function looksLikeHeader(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < HEADER_LENGTH) return false;
  const flags = (bytes[start + 6] << 8) | bytes[start + 7];
  const status = flags & STATUS_MASK;
  return (flags & RESERVED_MASK) === 0 && bytes[start + 10] === 0 && bytes[start + 11] === 0 &&
    ((bytes[start + 4] << 8) | bytes[start + 5]) >= HEADER_LENGTH &&
    ((flags & FLAG_REQUEST) !== 0 ? status === 0 : [200, 400, 500].includes(status));
}

/** What the original warns of in a header: sentences for the log, none when all is well. */
export function headerWarnings(bytes: Uint8Array, start: number): string[] {
  const flags = (bytes[start + 6] << 8) | bytes[start + 7];
  const cacheControl = (bytes[start + 8] << 8) | bytes[start + 9];
  const warnings: string[] = [];
  if ((flags & RESERVED_MASK) !== 0) warnings.push("Expected reserved bits 0, found others");
  if ((flags & FLAG_REQUEST) !== 0 && (flags & STATUS_MASK) !== 0) {
    warnings.push(`Expected status 0 in a request, found ${flags & STATUS_MASK}`);
  }
  if (cacheControl !== 0 && (flags & FLAG_CACHE) === 0) {
    warnings.push(`Expected cache control 0 without the cache flag, found ${cacheControl}`);
  }
  return warnings;
}
