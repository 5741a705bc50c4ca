/**
 * Bodies of which parts are held: what a 206 may be used for, and when two may be put together (RFC 9111 §3.3, §3.4).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { isStrongEtag } from "../fields/etag.ts";
import { type ContentRange, parseContentRange } from "../fields/range.ts";
import type { ByteRange } from "./ranges.ts";
import type { StoredResponse } from "./stored.ts";
import { readStoredHead, writeStoredHead } from "./stored_fields.ts";

/**
 * The range that is held of a 206 after `receivedBytes` of its body. A body that was cut off, or is shorter than its
 * range, holds the beginning of the range (§3.3).
 *
 * @returns `null` if nothing is held, or the body is longer than its range: nobody knows then what it is.
 */
export function heldRange(contentRange: ContentRange, receivedBytes: number): ByteRange | null {
  const { first, last } = contentRange;
  if (receivedBytes === 0 || receivedBytes > last - first + 1) return null;
  return { first, last: first + receivedBytes - 1 };
}

/**
 * Whether a new 206 may be put together with a stored response: both have the same strong tag, and the same length of
 * the whole if both know it (§3.4).
 *
 * @param stored A 200 that was cut off, or a 206.
 * @param response Fields of the new 206.
 */
export function canCombine(stored: StoredResponse, response: FieldReader): boolean {
  const etag = response.get("etag");
  if (etag === null || etag !== stored.etag || !isStrongEtag(etag)) return false;
  const range = parseContentRange(response.get("content-range"));
  if (range === null) return false;
  const total = stored.contentRange?.total ?? null;
  return total === null || range.total === null || total === range.total;
}

/** Adds a range to ranges that are sorted and apart, joining those that touch or overlap. */
export function addRange(ranges: readonly ByteRange[], added: ByteRange): ByteRange[] {
  const joined: ByteRange[] = [];
  let { first, last } = added;
  for (const range of ranges) {
    if (range.last + 1 < first || range.first > last + 1) joined.push(range);
    else {
      first = Math.min(first, range.first);
      last = Math.max(last, range.last);
    }
  }
  joined.push({ first, last });
  return joined.sort((a, b) => a.first - b.first);
}

/** Whether all bytes of `wanted` are held. */
export function holdsRange(ranges: readonly ByteRange[], wanted: ByteRange): boolean {
  return ranges.some((range) => range.first <= wanted.first && range.last >= wanted.last);
}

/** Whether the whole of a body of `total` bytes is held. */
export function holdsAll(ranges: readonly ByteRange[], total: number): boolean {
  return total > 0 && holdsRange(ranges, { first: 0, last: total - 1 });
}

/**
 * A 200 that was cut off, as the 206 that it amounts to (§3.3).
 *
 * @param receivedBytes How much of the body came, at least 1.
 * @param total Content-Length, or `null` if it isn't known.
 */
export function asCutOff(
  stored: StoredResponse,
  receivedBytes: number,
  total: number | null,
): StoredResponse {
  const contentRange = { first: 0, last: receivedBytes - 1, total };
  return { ...stored, status: 206, contentRange, requestRange: null };
}

/** A 206 of which all parts are held by now, as the 200 that it amounts to (§3.4). */
export function asWhole(stored: StoredResponse): StoredResponse {
  const lines = readStoredHead(stored.head).lines().filter(([name]) =>
    name.toLowerCase() !== "content-range"
  );
  const head = writeStoredHead(200, null, lines);
  return { ...stored, status: 200, head, contentRange: null, requestRange: null };
}

/**
 * Whether a stored 206 answers a request whose Range says the very same as the one that it answered, whole and as it
 * was.
 *
 * @param receivedWhole Whether the stored body came to its end.
 */
export function repeatsRange(
  stored: StoredResponse,
  request: FieldReader,
  receivedWhole: boolean,
): boolean {
  return receivedWhole && stored.status === 206 && stored.requestRange !== null &&
    stored.requestRange === request.get("range");
}
