/**
 * A stored response as bytes, for a file or another store: its body, then what is known of it, then a mark that says
 * where that begins. A body can be written while it comes, and what is known be written anew without it.
 *
 * ```
 * body            the parts that are held, one after the other
 * description     JSON: key, times, head, parts, check sums of the body's blocks
 * mark, 16 bytes  length and check sum of the description, "halfway1"
 * ```
 *
 * @module
 */

import { latin1, latin1Bytes } from "../message/bytes.ts";
import type { StoredResponse } from "../policy/stored.ts";
import { checkSum } from "./block_checks.ts";
import type { Variant } from "./variant.ts";

/** A stored response but for the bytes of its body. */
export interface StoredRecord {
  /** The key. */
  readonly key: string;
  /** What policy knows of it. */
  readonly stored: StoredResponse;
  /** What is held of the body: where each part begins in the whole, and how long it is. */
  readonly parts: readonly (readonly [first: number, length: number])[];
  /** Length of the whole body, or `null` if it isn't known. */
  readonly total: number | null;
  /** Whether its own body came to its end. */
  readonly receivedWhole: boolean;
  /** Check sums of the blocks of all parts together. */
  readonly sums: readonly number[];
}

/** What there is to say of a response whose body has these check sums. */
export function describe(key: string, variant: Variant, sums: readonly number[]): StoredRecord {
  const { stored, total, receivedWhole } = variant;
  const parts = variant.parts.map(({ first, bytes }) => [first, bytes.length] as const);
  return { key, stored, parts, total, receivedWhole, sums };
}

/** Bytes of the mark at the end. */
export const MARK_BYTES = 16;

/** A description is not longer: heads have a limit, and a body of a terabyte has 128 MB of check sums. */
const MAX_DESCRIPTION_BYTES = 256 * 1024 * 1024;

const MAGIC = latin1Bytes("halfway1");
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** Writes all that follows the body. */
export function writeTail(record: StoredRecord): Uint8Array {
  const { stored } = record;
  const json = JSON.stringify(
    { ...record, stored: { ...stored, head: latin1(stored.head, 0, stored.head.length) } },
    (_, value) => value === Infinity ? "never" : value === -Infinity ? "always" : value,
  );
  const description = encoder.encode(json);
  const tail = new Uint8Array(description.length + MARK_BYTES);
  tail.set(description);
  const view = new DataView(tail.buffer, description.length);
  view.setUint32(0, description.length);
  view.setUint32(4, checkSum(description));
  tail.set(MAGIC, description.length + 8);
  return tail;
}

/**
 * Finds how many bytes follow the body.
 *
 * @param end The last bytes of a record, at least {@linkcode MARK_BYTES} of them.
 * @returns `null` if it is none.
 */
export function tailLength(end: Uint8Array): number | null {
  const at = end.length - MARK_BYTES;
  if (at < 0 || MAGIC.some((byte, i) => end[at + 8 + i] !== byte)) return null;
  const length = new DataView(end.buffer, end.byteOffset + at).getUint32(0);
  return length <= MAX_DESCRIPTION_BYTES ? length + MARK_BYTES : null;
}

/**
 * Reads what follows the body.
 *
 * @param tail All of it: {@linkcode tailLength} bytes.
 * @param bodyBytes Bytes before it.
 * @returns `null` if it was damaged, or does not fit the body.
 */
export function readTail(tail: Uint8Array, bodyBytes: number): StoredRecord | null {
  const description = tail.subarray(0, tail.length - MARK_BYTES);
  const view = new DataView(tail.buffer, tail.byteOffset + description.length);
  if (view.getUint32(0) !== description.length || view.getUint32(4) !== checkSum(description)) {
    return null;
  }
  try {
    const record = readRecord(JSON.parse(decoder.decode(description), revive));
    const held = record.parts.reduce((sum, [, length]) => sum + length, 0);
    return held === bodyBytes ? record : null;
  } catch {
    return null;
  }
}

const TIMES = new Set(["storedAtMs", "staleAtMs", "deleteAtMs", "bornAtMs", "freshUntilMs"]);

function revive(name: string, value: unknown): unknown {
  if (!TIMES.has(name)) return value;
  return value === "never" ? Infinity : value === "always" ? -Infinity : value;
}

type Json = Readonly<Record<string, unknown>>;

function readRecord(json: Json): StoredRecord {
  const { key, parts, sums, receivedWhole } = json;
  return {
    key: text(key),
    stored: readStored(object(json.stored)),
    parts: list(parts).map((part) => {
      const [first, length] = list(part);
      return [count(first), count(length)] as const;
    }),
    total: orNull(count, json.total),
    receivedWhole: truth(receivedWhole),
    sums: list(sums).map(count),
  };
}

function readStored(json: Json): StoredResponse {
  const range = json.contentRange === null ? null : object(json.contentRange);
  return {
    status: count(json.status),
    head: latin1Bytes(text(json.head)),
    varyNames: list(json.varyNames).map(text),
    varyKey: text(json.varyKey),
    storedAtMs: number(json.storedAtMs),
    staleAtMs: number(json.staleAtMs),
    deleteAtMs: number(json.deleteAtMs),
    bornAtMs: number(json.bornAtMs),
    freshUntilMs: number(json.freshUntilMs),
    dateMs: number(json.dateMs),
    alwaysValidate: truth(json.alwaysValidate),
    mustRevalidate: truth(json.mustRevalidate),
    staleWhileRevalidateSeconds: number(json.staleWhileRevalidateSeconds),
    staleIfErrorSeconds: number(json.staleIfErrorSeconds),
    etag: orNull(text, json.etag),
    lastModified: orNull(text, json.lastModified),
    lastModifiedMs: orNull(number, json.lastModifiedMs),
    contentRange: range === null
      ? null
      : { first: count(range.first), last: count(range.last), total: orNull(count, range.total) },
    requestRange: orNull(text, json.requestRange),
  };
}

function fail(expected: string): never {
  throw new TypeError(`Expected ${expected}`);
}

function text(value: unknown): string {
  return typeof value === "string" ? value : fail("a text");
}

function number(value: unknown): number {
  return typeof value === "number" ? value : fail("a number");
}

function count(value: unknown): number {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? value as number : fail("a count");
}

function truth(value: unknown): boolean {
  return typeof value === "boolean" ? value : fail("true or false");
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : fail("a list");
}

function object(value: unknown): Json {
  return typeof value === "object" && value !== null ? value as Json : fail("an object");
}

function orNull<T>(read: (value: unknown) => T, value: unknown): T | null {
  return value === null ? null : read(value);
}
