/**
 * The client's own conditions, evaluated against a stored response (RFC 9111 §4.3.2, RFC 9110 §13).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseHttpDate } from "../fields/date.ts";
import { isWeakEtag, parseEtagList, strongMatch, weakMatch } from "../fields/etag.ts";
import type { StoredResponse } from "./stored.ts";

/** What the conditions are held against: a stored response, or what an origin is about to send. */
export type Validators = Pick<
  StoredResponse,
  "status" | "etag" | "lastModified" | "lastModifiedMs" | "dateMs"
>;

/**
 * Whether a GET or HEAD is answered 304: If-None-Match before If-Modified-Since, which is not looked at where the first
 * one is there (RFC 9110 §13.2.2).
 *
 * @param request Fields of the request.
 * @param nowMs Now, in milliseconds since 1970, for dates with two-digit years.
 */
export function isNotModified(
  request: FieldReader,
  stored: Validators,
  nowMs: number,
): boolean {
  const ifNoneMatch = request.get("if-none-match");
  // Only what would be a 200, or a part of it, can be "not modified".
  if (stored.status !== 200 && stored.status !== 206 && stored.status !== 203) return false;
  if (ifNoneMatch !== null) {
    const tags = parseEtagList(ifNoneMatch);
    if (tags.length === 1 && tags[0] === "*") return true;
    const etag = stored.etag;
    return etag !== null && tags.some((tag) => weakMatch(tag, etag));
  }
  const ifModifiedSince = request.get("if-modified-since");
  if (ifModifiedSince === null) return false;
  const since = parseHttpDate(ifModifiedSince, nowMs);
  if (since === null) return false;
  // §4.3.2: Last-Modified, else Date, which is the time of the response where it is missing.
  return (stored.lastModifiedMs ?? Math.floor(stored.dateMs / 1000) * 1000) <= since;
}

/**
 * Whether Range counts as far as If-Range is concerned (RFC 9110 §13.1.5): a tag by strong comparison, a date only if it
 * is the very Last-Modified and that is a strong validator.
 */
export function ifRangeHolds(request: FieldReader, stored: Validators): boolean {
  const value = request.get("if-range");
  if (value === null) return true;
  if (value.startsWith('"') || isWeakEtag(value)) {
    return stored.etag !== null && strongMatch(value, stored.etag);
  }
  return value === stored.lastModified && hasStrongDate(stored);
}

/** Whether Last-Modified is a strong validator: at least a second before Date (RFC 9110 §8.8.2.2). */
export function hasStrongDate(stored: Validators): boolean {
  return stored.lastModifiedMs !== null && stored.dateMs - stored.lastModifiedMs >= 1000;
}
