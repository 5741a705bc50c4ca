/**
 * Stored responses brought up to date by a 304 or by the answer to a HEAD (RFC 9111 §3.2, §4.3.4, §4.3.5).
 *
 * @module
 */

import { type FieldLine, FieldList, type FieldReader } from "../message/field_reader.ts";
import { parseVary } from "../fields/vary.ts";
import { connectionNames, isHopByHopName } from "../message/hop_by_hop.ts";
import { effectiveDirectives } from "./directives.ts";
import { lastModifiedOf, lifetimeOf } from "./freshness.ts";
import type { PolicyOptions } from "./options.ts";
import { varyKeyOf } from "./selection.ts";
import { type PolicyResponse, timesOf } from "./storable.ts";
import type { ExchangeTimes, StoredResponse } from "./stored.ts";
import { fieldsToStore, readStoredHead, writeStoredHead } from "./stored_fields.ts";

// §3.2: what the stored bytes depend on. A 304 comes without the bytes that would make another value true.
const KEPT: ReadonlySet<string> = new Set([
  "content-length",
  "content-encoding",
  "content-range",
  "content-md5",
  "etag",
]);

/** Options of {@linkcode freshen}. */
export interface FreshenOptions {
  /** The policy. */
  readonly policy: PolicyOptions;
  /**
   * Fields of the request that was validated. The response is then kept for requests like that one; without them it is
   * kept for the requests that it was kept for.
   */
  readonly request?: FieldReader;
}

/**
 * Takes the fields of a 304, or of a 200 to HEAD, over into a stored response, and works its times out anew.
 *
 * A field that the new response has takes the place of all stored lines of that name. What ends at the hop, and what the
 * stored body depends on, is left as it is.
 *
 * @param update Fields of the new response.
 * @param times When the validation took place.
 * @param nowMs Now, in milliseconds since 1970.
 */
export function freshen(
  stored: StoredResponse,
  update: FieldReader,
  times: ExchangeTimes,
  nowMs: number,
  options: FreshenOptions,
): StoredResponse {
  const head = readStoredHead(stored.head);
  const named = connectionNames(update.values("connection"));
  const taken: FieldLine[] = update.lines().filter(([name]) => {
    const key = name.toLowerCase();
    return !KEPT.has(key) && !isHopByHopName(key) && !named.has(key);
  });
  const replaced = new Set(taken.map(([name]) => name.toLowerCase()));
  // Date is that of the message which was stored; the validation is another message, with a time of its own.
  replaced.add("date");
  const kept = head.lines().filter(([name]) => !replaced.has(name.toLowerCase()));
  return rebuild(stored, head.reason, new FieldList([...kept, ...taken]), times, nowMs, options);
}

/**
 * Restarts the clock of a stored response that was validated, without taking any field over; Date becomes the time of
 * the validation.
 */
export function touch(
  stored: StoredResponse,
  times: ExchangeTimes,
  nowMs: number,
  policy: PolicyOptions,
): StoredResponse {
  const head = readStoredHead(stored.head);
  const lines = head.lines().filter(([name]) => name.toLowerCase() !== "date");
  return rebuild(stored, head.reason, new FieldList(lines), times, nowMs, { policy });
}

function rebuild(
  stored: StoredResponse,
  reason: string,
  fields: FieldReader,
  times: ExchangeTimes,
  nowMs: number,
  options: FreshenOptions,
): StoredResponse {
  const policy = options.policy;
  const directives = effectiveDirectives(fields, policy);
  const lifetime = lifetimeOf(stored.status, fields, directives, times.responseTimeMs, policy);
  const varyNames = options.request === undefined
    ? stored.varyNames
    : parseVary(fields.values("vary")) ?? ["*"];
  return {
    ...stored,
    head: writeStoredHead(
      stored.status,
      reason,
      fieldsToStore(fields, directives, times.responseTimeMs),
    ),
    varyNames,
    varyKey: options.request === undefined ? stored.varyKey : varyKeyOf(varyNames, options.request),
    ...timesOf(fields, directives, lifetime.seconds, times, nowMs, policy),
    etag: fields.get("etag"),
    lastModified: fields.get("last-modified"),
    lastModifiedMs: lastModifiedOf(fields, times.responseTimeMs),
  };
}

/**
 * What the answer to a HEAD means for a stored response that a GET with the same fields would select (§4.3.5).
 *
 * @param bodyBytes Length of the stored body.
 * @returns `update` if it is still the same, `invalidate` if it isn't, `ignore` if the answer says nothing about it.
 */
export function judgeHead(
  stored: StoredResponse,
  bodyBytes: number,
  response: PolicyResponse,
): "update" | "invalidate" | "ignore" {
  if (response.status !== 200 || stored.status !== 200) return "ignore";
  const { fields } = response;
  const etag = fields.get("etag");
  const lastModified = fields.get("last-modified");
  const length = fields.get("content-length");
  const same = (etag === null || etag === stored.etag) &&
    (lastModified === null || lastModified === stored.lastModified) &&
    (length === null || Number(length) === bodyBytes);
  return same ? "update" : "invalidate";
}

/** Whether a validation has made a response one that must not be kept: it is used once more, and dropped. */
export function mustDrop(update: FieldReader, policy: PolicyOptions): boolean {
  const directives = effectiveDirectives(update, policy);
  return (directives.noStore && !directives.mustUnderstand) || directives.private;
}
