/**
 * What the HTTP tests share: text as bytes, the three ways in which bytes arrive, and heads read from text.
 *
 * @module
 */

import { latin1Bytes } from "../../http/message/bytes.ts";
import { HttpLimitError, HttpSyntaxError } from "../../http/message/errors.ts";
import { type FieldLine, FieldList } from "../../http/message/field_reader.ts";
import { RequestHead } from "../../http/message/request_head.ts";
import { ResponseHead } from "../../http/message/response_head.ts";
import { NEED_MORE } from "../../net/decoder.ts";

/** Anything that reads a head. */
export interface Parser {
  parse(buffer: Uint8Array, start: number, end: number): number;
}

/** Reads a request head that is there as a whole. */
export function request(text: string): RequestHead {
  const head = new RequestHead();
  const bytes = latin1Bytes(text);
  head.parse(bytes, 0, bytes.length);
  return head;
}

/** Reads a response head that is there as a whole. */
export function response(text: string, method = "GET"): ResponseHead {
  const head = new ResponseHead();
  const bytes = latin1Bytes(text);
  head.parse(bytes, 0, bytes.length, method);
  return head;
}

/** Fields from a list. */
export function fields(...lines: FieldLine[]): FieldList {
  return new FieldList(lines);
}

/**
 * Lets `bytes` arrive up to each of `ends`, each time at another place of another buffer, as it is when a receive buffer
 * is moved together.
 *
 * @returns What the last call returned, relative to the first byte.
 */
export function feed(parser: Parser, bytes: Uint8Array, ends: readonly number[]): number {
  let result = NEED_MORE;
  for (const [index, end] of ends.entries()) {
    const at = index % 3;
    const buffer = new Uint8Array(at + bytes.length + 5).fill(10);
    buffer.set(bytes.subarray(0, end), at);
    result = parser.parse(buffer, at, at + end);
    if (result !== NEED_MORE) return result - at;
  }
  return result;
}

/** Every end from 1 to `length`: byte by byte. */
export function everyEnd(length: number): number[] {
  return Array.from({ length }, (_, index) => index + 1);
}

/** Ends at the given fractions of `length`, and at `length`. */
export function endsAt(length: number, fractions: readonly number[]): number[] {
  const ends = fractions.map((fraction) => 1 + Math.floor(fraction * (length - 1)));
  return [...ends.sort((a, b) => a - b), length];
}

/** The status of one of our errors; anything else is given back as it is. */
export function statusOf(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    if (error instanceof HttpSyntaxError || error instanceof HttpLimitError) return error.status;
    throw error;
  }
}
