/**
 * Parts of a stored body as the answer to Range (RFC 9110 §14).
 *
 * @module
 */

import type { FieldLine } from "../message/field_reader.ts";
import { formatContentRange, type RangeSpec } from "../fields/range.ts";
import { readStoredHead, writeStoredHead } from "./stored_fields.ts";

/** Bytes `first` to `last` of a body, both included, counted from 0. */
export interface ByteRange {
  /** First byte. */
  readonly first: number;
  /** Last byte. */
  readonly last: number;
}

/** What comes of the ranges that were asked for. */
export type RangePlan =
  /** Send the whole, as if no range had been asked for. */
  | { readonly kind: "whole" }
  /** Send these, in this order, as 206. */
  | { readonly kind: "partial"; readonly ranges: readonly ByteRange[] }
  /** None of them lies within the body: 416. */
  | { readonly kind: "unsatisfiable" };

// RFC 9110 §14.2: many small or overlapping ranges are more of an attack than a question.
const MAX_RANGES = 16;

/**
 * Fits the ranges that were asked for to a body.
 *
 * Ranges beyond the end are cut or left out. More than two that overlap, or more than 16, are not looked at, and the
 * whole is sent.
 *
 * @param specs What {@linkcode parseRange} found.
 * @param total Length of the whole body.
 */
export function fitRanges(specs: readonly RangeSpec[], total: number): RangePlan {
  if (specs.length > MAX_RANGES) return { kind: "whole" };
  const ranges: ByteRange[] = [];
  for (const spec of specs) {
    if ("suffix" in spec) {
      if (spec.suffix > 0 && total > 0) {
        ranges.push({ first: Math.max(0, total - spec.suffix), last: total - 1 });
      }
    } else if (spec.first < total) {
      ranges.push({ first: spec.first, last: Math.min(spec.last ?? total - 1, total - 1) });
    }
  }
  if (ranges.length === 0) return { kind: "unsatisfiable" };
  return countOverlaps(ranges) > 2 ? { kind: "whole" } : { kind: "partial", ranges };
}

function countOverlaps(ranges: readonly ByteRange[]): number {
  const sorted = [...ranges].sort((a, b) => a.first - b.first);
  let overlaps = 0;
  let reached = -1;
  for (const range of sorted) {
    if (range.first <= reached) overlaps++;
    reached = Math.max(reached, range.last);
  }
  return overlaps;
}

// RFC 9110 §15.3.7: a 206 has the fields of the 200, with the range in place of the length.
const NOT_OF_A_PART: ReadonlySet<string> = new Set(["content-range", "content-length"]);

/**
 * Writes the head of a 206 with one range: status line and fields with Content-Range, without Content-Length and
 * without the empty line.
 *
 * @param head The stored head of the 200 or 206.
 */
export function partialHead(head: Uint8Array, range: ByteRange, total: number): Uint8Array {
  const fields = readStoredHead(head).lines().filter(([name]) =>
    !NOT_OF_A_PART.has(name.toLowerCase())
  );
  const contentRange: FieldLine = ["Content-Range", formatContentRange({ ...range, total })];
  return writeStoredHead(206, null, [...fields, contentRange]);
}

/** The pieces of a multipart answer: each part's head, between which the bytes of the ranges go. */
export interface MultipartPlan {
  /** Head of the 206, without Content-Length and without the empty line. */
  readonly head: Uint8Array;
  /** For each range the text that goes before its bytes. */
  readonly before: readonly string[];
  /** The text that goes after the last range. */
  readonly after: string;
  /** Length of the whole body. */
  readonly contentLength: number;
}

/**
 * Plans a 206 with several ranges as `multipart/byteranges` (RFC 9110 §14.6).
 *
 * @param head The stored head of the 200.
 * @param boundary A token that is in none of the parts; a long random one will do.
 */
export function planMultipart(
  head: Uint8Array,
  ranges: readonly ByteRange[],
  total: number,
  boundary: string,
): MultipartPlan {
  const stored = readStoredHead(head);
  const type = stored.get("content-type");
  const typeLine = type === null ? "" : `Content-Type: ${type}\r\n`;
  const before = ranges.map((range, index) =>
    `${index === 0 ? "" : "\r\n"}--${boundary}\r\n${typeLine}Content-Range: ${
      formatContentRange({ ...range, total })
    }\r\n\r\n`
  );
  const after = `\r\n--${boundary}--\r\n`;
  const fields = stored.lines().filter(([name]) =>
    !NOT_OF_A_PART.has(name.toLowerCase()) && name.toLowerCase() !== "content-type"
  );
  let contentLength = after.length;
  for (const text of before) contentLength += text.length;
  for (const range of ranges) contentLength += range.last - range.first + 1;
  return {
    head: writeStoredHead(206, null, [
      ...fields,
      ["Content-Type", `multipart/byteranges; boundary=${boundary}`],
    ]),
    before,
    after,
    contentLength,
  };
}
