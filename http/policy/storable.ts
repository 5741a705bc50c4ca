/**
 * What may be stored (RFC 9111 §3), and what is then known about it.
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseRequestDirectives } from "../fields/cache_control.ts";
import { parseContentRange } from "../fields/range.ts";
import { parseVary } from "../fields/vary.ts";
import { initialAgeMs } from "./age.ts";
import { type EffectiveDirectives, effectiveDirectives } from "./directives.ts";
import { dateOf, lastModifiedOf, lifetimeOf } from "./freshness.ts";
import type { PolicyOptions } from "./options.ts";
import { resolveReference } from "./reference.ts";
import { varyKeyOf } from "./selection.ts";
import { isHeuristicallyCacheable, isOfOneRequest, isUnderstood } from "./status.ts";
import type { ExchangeTimes, StoredResponse } from "./stored.ts";
import { fieldsToStore, writeStoredHead } from "./stored_fields.ts";

/** A request as far as policy is concerned. */
export interface PolicyRequest {
  /** Its method. */
  readonly method: string;
  /** Its URI; see {@linkcode cacheKey}. */
  readonly uri: string;
  /** Its fields, as they were received. */
  readonly fields: FieldReader;
  /** Whether it came with a body. */
  readonly hasBody?: boolean;
}

/** A response as far as policy is concerned. */
export interface PolicyResponse {
  /** Its status code. */
  readonly status: number;
  /** Its reason phrase, or `null` for the usual one. */
  readonly reason?: string | null;
  /** Its fields, as they were received. */
  readonly fields: FieldReader;
}

/** The reasons not to store a response, as Cache-Status details and metrics name them. */
export type NotStorable =
  | "method"
  | "status"
  | "request-body"
  | "request-no-store"
  | "no-store"
  | "private"
  | "authorization"
  | "not-understood"
  | "no-freshness"
  | "not-reusable"
  | "vary"
  | "partial"
  | "post"
  | "no-must-revalidate";

/**
 * Why a response must not, or need not, be stored.
 *
 * Whether the body is whole is not known yet when the head has come: a response that is cut off is dropped by the proxy,
 * or kept as the part that it is (§3.3).
 *
 * @returns `null` if it may be stored.
 */
export function whyNotStorable(
  request: PolicyRequest,
  response: PolicyResponse,
  options: PolicyOptions,
): NotStorable | null {
  const { status, fields } = response;
  const directives = effectiveDirectives(fields, options);
  if (request.method !== "GET" && request.method !== "POST") return "method";
  if (status < 200 || isOfOneRequest(status)) return "status";
  // A body with a GET is no part of the key: what it was answered with must not be given to others.
  if (request.method === "GET" && request.hasBody) return "request-body";
  if (status === 206 && parseContentRange(fields.get("content-range")) === null) return "partial";
  if (parseRequestDirectives(request.fields).noStore) return "request-no-store";
  // §5.2.2.3: must-understand makes no-store void for a status that is understood, and forbids any other.
  if (directives.mustUnderstand) {
    if (!isUnderstood(status)) return "not-understood";
  } else if (directives.noStore) return "no-store";
  if (directives.private) return "private";
  if (options.onlyMustRevalidate && (!directives.mustRevalidate || directives.noCache)) {
    return "no-must-revalidate";
  }
  if (request.fields.get("authorization") !== null && !allowsAuthorization(directives)) {
    return "authorization";
  }
  if (parseVary(fields.values("vary")) === null) return "vary";
  return whyNotReusable(request, response, directives, options);
}

// §3.5.
function allowsAuthorization(directives: EffectiveDirectives): boolean {
  return directives.public || directives.mustRevalidate || directives.sMaxage !== null;
}

function whyNotReusable(
  request: PolicyRequest,
  { status, fields }: PolicyResponse,
  directives: EffectiveDirectives,
  options: PolicyOptions,
): NotStorable | null {
  const lifetime = lifetimeOf(status, fields, directives, 0, options);
  if (request.method === "POST") {
    // RFC 9110 §9.3.3: for later GETs, if it says how long it is fresh, and that it is what a GET would give.
    const location = fields.get("content-location");
    const same = location !== null && resolveReference(location, request.uri) === request.uri;
    if (!same || lifetime.source !== "explicit" || status === 206) return "post";
  }
  // The last condition of §3.
  if (lifetime.source === "none" && !directives.public && !isHeuristicallyCacheable(status)) {
    return "no-freshness";
  }
  const canValidate = fields.get("etag") !== null || fields.get("last-modified") !== null;
  if (!canValidate && (directives.noCache || lifetime.source === "none")) return "not-reusable";
  return null;
}

/**
 * What is known about a response that may be stored.
 *
 * @param nowMs When it is stored, in milliseconds since 1970.
 */
export function makeStored(
  request: PolicyRequest,
  response: PolicyResponse,
  times: ExchangeTimes,
  nowMs: number,
  options: PolicyOptions,
): StoredResponse {
  const { status, fields } = response;
  const directives = effectiveDirectives(fields, options);
  const varyNames = parseVary(fields.values("vary")) ?? ["*"];
  const lifetime = lifetimeOf(status, fields, directives, times.responseTimeMs, options);
  const head = writeStoredHead(
    status,
    response.reason ?? null,
    fieldsToStore(fields, directives, times.responseTimeMs),
  );
  return {
    status,
    head,
    varyNames,
    varyKey: varyKeyOf(varyNames, request.fields),
    ...timesOf(fields, directives, lifetime.seconds, times, nowMs, options),
    etag: fields.get("etag"),
    lastModified: fields.get("last-modified"),
    lastModifiedMs: lastModifiedOf(fields, times.responseTimeMs),
    contentRange: status === 206 ? parseContentRange(fields.get("content-range")) : null,
    requestRange: status === 206 ? request.fields.get("range") : null,
  };
}

/** The members of a {@linkcode StoredResponse} that a validation works out anew. */
export type StoredTimes = Pick<
  StoredResponse,
  | "storedAtMs"
  | "staleAtMs"
  | "deleteAtMs"
  | "bornAtMs"
  | "freshUntilMs"
  | "dateMs"
  | "alwaysValidate"
  | "mustRevalidate"
  | "staleWhileRevalidateSeconds"
  | "staleIfErrorSeconds"
>;

/** Works out the times of a response that came, or was validated, now. */
export function timesOf(
  fields: FieldReader,
  directives: EffectiveDirectives,
  lifetimeSeconds: number,
  times: ExchangeTimes,
  nowMs: number,
  options: PolicyOptions,
): StoredTimes {
  const age = initialAgeMs(fields, times, options);
  // An age that nobody knows makes the response stale from the start, and no older than its lifetime.
  const known = age !== Infinity;
  const bornAtMs = times.responseTimeMs - (known ? age : lifetimeSeconds * 1000);
  const staleAtMs = bornAtMs + lifetimeSeconds * 1000;
  const whileRevalidate = Math.max(0, directives.staleWhileRevalidate ?? 0);
  const ifError = Math.max(0, directives.staleIfError ?? 0);
  const alwaysValidate = directives.noCache || options.alwaysValidate;
  // §5.2.2.10: s-maxage has the meaning of proxy-revalidate as well.
  const mustRevalidate = directives.mustRevalidate || directives.proxyRevalidate ||
    directives.sMaxage !== null || directives.noCache;
  return {
    storedAtMs: nowMs,
    staleAtMs,
    deleteAtMs: Math.max(staleAtMs, nowMs) +
      Math.max(options.keepStaleSeconds, whileRevalidate, ifError) * 1000,
    bornAtMs,
    freshUntilMs: alwaysValidate ? -Infinity : staleAtMs,
    dateMs: dateOf(fields, times.responseTimeMs),
    alwaysValidate,
    mustRevalidate,
    staleWhileRevalidateSeconds: whileRevalidate,
    staleIfErrorSeconds: ifError,
  };
}
