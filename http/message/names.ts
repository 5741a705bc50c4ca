/**
 * The field names that the proxy itself asks for, as small numbers, found by length and bytes: no string is made for a
 * name on the way in.
 *
 * @module
 */

import { isToken, latin1Bytes } from "./bytes.ts";

/**
 * Known field names. 0 is any other name. Ids up to 30 have a bit of their own in
 * {@linkcode FieldLines.present}; those up to 6 bear on framing and are read while a head is parsed.
 */
export const Field = {
  other: 0,
  host: 1,
  contentLength: 2,
  transferEncoding: 3,
  connection: 4,
  expect: 5,
  upgrade: 6,
  keepAlive: 7,
  proxyConnection: 8,
  te: 9,
  proxyAuthorization: 10,
  proxyAuthenticate: 11,
  proxyAuthenticationInfo: 12,
  trailer: 13,
  cacheControl: 14,
  pragma: 15,
  authorization: 16,
  range: 17,
  ifRange: 18,
  ifNoneMatch: 19,
  ifModifiedSince: 20,
  ifMatch: 21,
  ifUnmodifiedSince: 22,
  maxForwards: 23,
  via: 24,
  cookie: 25,
  setCookie: 26,
  age: 27,
  vary: 28,
  date: 29,
  acceptEncoding: 30,
  expires: 31,
  etag: 32,
  lastModified: 33,
  contentRange: 34,
  contentType: 35,
  contentEncoding: 36,
  contentLanguage: 37,
  contentLocation: 38,
  contentMd5: 39,
  location: 40,
  cacheStatus: 41,
  cdnCacheControl: 42,
  accept: 43,
  acceptLanguage: 44,
  userAgent: 45,
  referer: 46,
  origin: 47,
  server: 48,
  forwarded: 49,
  xForwardedFor: 50,
  acceptRanges: 51,
  warning: 52,
} as const;

/** A known field name's number; see {@linkcode Field}. */
export type FieldId = (typeof Field)[keyof typeof Field];

/** The highest id that bears on framing. */
export const LAST_FRAMING_ID = 6;

/** The highest id with a bit in {@linkcode FieldLines.present}. */
export const LAST_BIT_ID = 30;

function wireName(key: string): string {
  if (key === "etag" || key === "te") return key;
  return key.replace(/[A-Z]/g, (letter) => "-" + letter.toLowerCase());
}

/** The known names in lower case, by id; the first is empty. */
export const FIELD_NAMES: readonly string[] = (() => {
  const names: string[] = [];
  for (const [key, id] of Object.entries(Field)) names[id] = id === 0 ? "" : wireName(key);
  return names;
})();

const NAME_BYTES: readonly Uint8Array[] = FIELD_NAMES.map(latin1Bytes);
const IDS: ReadonlyMap<string, number> = new Map(FIELD_NAMES.map((name, id) => [name, id]));

// Length and three bytes, times a multiplier for which no two known names share a slot. The search runs once, at load.
const SLOTS = new Uint8Array(1024);
const MULTIPLIER = findMultiplier();

function slotOf(length: number, first: number, middle: number, last: number, by: number): number {
  const mixed = Math.imul(length + (first << 6) + (middle << 12) + (last << 18), by);
  return (mixed >>> 20) & 1023;
}

function findMultiplier(): number {
  for (let by = 0x9e3779b1; by < 0x9e3779b1 + 2_000_000; by += 2) {
    SLOTS.fill(0);
    let clash = false;
    for (let id = 1; id < NAME_BYTES.length && !clash; id++) {
      const name = NAME_BYTES[id];
      const slot = slotOf(
        name.length,
        name[0] & 31,
        name[name.length >> 1] & 31,
        name[name.length - 1] & 31,
        by,
      );
      clash = SLOTS[slot] !== 0;
      SLOTS[slot] = id;
    }
    if (!clash) return by;
  }
  throw new Error("No multiplier tells the known field names apart");
}

/** The id of the name in `bytes[start, end)`, letter case aside, or 0. The bytes are token characters, at least one. */
export function fieldIdOf(bytes: Uint8Array, start: number, end: number): number {
  const length = end - start;
  const slot = slotOf(
    length,
    bytes[start] & 31,
    bytes[start + (length >> 1)] & 31,
    bytes[end - 1] & 31,
    MULTIPLIER,
  );
  const id = SLOTS[slot];
  // Always compared in full: a name made to fall into the slot of another must not pass for it.
  return id !== 0 && isToken(bytes, start, end, NAME_BYTES[id]) ? id : 0;
}

/** The id of `name`, which is in lower case, or 0. */
export function fieldIdOfName(name: string): number {
  return IDS.get(name) ?? 0;
}
