/**
 * Whether a stored response answers a request (RFC 9111 §4, §4.2.4, §5.2.1; RFC 5861).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseRequestDirectives, type RequestDirectives } from "../fields/cache_control.ts";
import type { ForwardReason } from "../fields/cache_status.ts";
import type { PolicyOptions } from "./options.ts";
import { isServerError } from "./status.ts";
import type { StoredResponse } from "./stored.ts";

/** What to do with a request. */
export type Reuse =
  /** Answer from the cache. */
  | { readonly kind: "fresh" }
  /** Answer from the cache, though it is stale: the client allows it. */
  | { readonly kind: "stale" }
  /** Answer from the cache, though it is stale, and validate it meanwhile. */
  | { readonly kind: "stale-while-revalidate" }
  /** Ask the origin whether it still holds; see {@linkcode conditionalFields}. */
  | { readonly kind: "validate"; readonly reason: ForwardReason }
  /** Fetch. */
  | { readonly kind: "forward"; readonly reason: ForwardReason }
  /** Answer 504: the client wants nothing but what is stored (§5.2.1.7). */
  | { readonly kind: "gateway-timeout" };

const FRESH: Reuse = { kind: "fresh" };
const STALE: Reuse = { kind: "stale" };
const STALE_WHILE_REVALIDATE: Reuse = { kind: "stale-while-revalidate" };
const GATEWAY_TIMEOUT: Reuse = { kind: "gateway-timeout" };

/**
 * Whether a plain request, {@linkcode RequestHead.plain}, is answered by this stored response as it is. For other
 * requests {@linkcode decideReuse} says.
 */
export function isFreshHit(stored: StoredResponse, nowMs: number): boolean {
  return nowMs < stored.freshUntilMs && stored.status !== 206;
}

/**
 * Decides what to do with a request.
 *
 * A GET with a body is no question for the cache, and goes by it. Conditions and ranges of the client are no matter of this decision, but If-Match and If-Unmodified-Since are for the
 * origin alone (§4.3.2). Which bytes of a stored body are sent is for {@linkcode planBody}.
 *
 * @param method Method of the request.
 * @param request Its fields.
 * @param stored What {@linkcode selectStored} picked, or `null`.
 * @param nowMs Now, in milliseconds since 1970.
 * @param hasOtherVariants Whether the key holds responses that didn't match, for the reason that is reported.
 */
export function decideReuse(
  method: string,
  request: FieldReader,
  stored: StoredResponse | null,
  nowMs: number,
  hasOtherVariants = false,
): Reuse {
  const directives = parseRequestDirectives(request);
  if (method !== "GET" && method !== "HEAD") return forward("method");
  const oic = directives.onlyIfCached;
  if (stored === null) {
    return oic ? GATEWAY_TIMEOUT : forward(hasOtherVariants ? "vary-miss" : "uri-miss");
  }
  // §5.2.1.5 says only that nothing is stored; whoever sends it doesn't want an old answer either.
  if (directives.noStore) return oic ? GATEWAY_TIMEOUT : forward("bypass");
  if (request.get("if-match") !== null || request.get("if-unmodified-since") !== null) {
    return oic ? GATEWAY_TIMEOUT : forward("request");
  }
  const found = judge(directives, stored, nowMs);
  return oic && found.kind === "validate" ? GATEWAY_TIMEOUT : found;
}

function forward(reason: ForwardReason): Reuse {
  return { kind: "forward", reason };
}

function judge(directives: RequestDirectives, stored: StoredResponse, nowMs: number): Reuse {
  if (directives.noCache) return { kind: "validate", reason: "request" };
  if (stored.alwaysValidate) return { kind: "validate", reason: "stale" };
  // §5.2.1.1, §5.2.1.3. A number that can't be read asks for the most that it could.
  const ageMs = nowMs - stored.bornAtMs;
  const maxAge = directives.maxAge;
  const tooOld = maxAge !== null && (maxAge <= 0 || ageMs > maxAge * 1000);
  const freshForMs = stored.staleAtMs - nowMs;
  const minFresh = directives.minFresh;
  const tooShort = minFresh !== null && (minFresh < 0 || freshForMs < minFresh * 1000);
  if (tooOld || tooShort) return { kind: "validate", reason: "request" };
  if (freshForMs > 0) return FRESH;
  // §4.2.4, and §5.2.2.2: what the origin forbids, no client can allow.
  if (stored.mustRevalidate) return { kind: "validate", reason: "stale" };
  if (directives.maxStale !== null && -freshForMs <= directives.maxStale * 1000) return STALE;
  if (
    -freshForMs <= stored.staleWhileRevalidateSeconds * 1000 &&
    stored.staleWhileRevalidateSeconds > 0
  ) {
    return STALE_WHILE_REVALIDATE;
  }
  return { kind: "validate", reason: "stale" };
}

/** What came of the attempt to ask the origin. */
export type UpstreamFailure =
  /** It could not be reached, closed without an answer, or took too long. */
  | "disconnected"
  /** A status, which counts if it is 500, 502, 503 or 504. */
  | number;

/**
 * Whether a stored response stands in for an error of the origin (RFC 5861 §4, RFC 9111 §4.2.4).
 *
 * @param request Fields of the request, which may carry `stale-if-error` itself.
 * @param nowMs Now, in milliseconds since 1970.
 */
export function mayServeOnError(
  stored: StoredResponse,
  request: FieldReader,
  failure: UpstreamFailure,
  nowMs: number,
  options: Pick<PolicyOptions, "staleWhenDisconnected">,
): boolean {
  if (failure !== "disconnected" && !isServerError(failure)) return false;
  if (stored.mustRevalidate) return false;
  const directives = parseRequestDirectives(request);
  if (directives.noCache || directives.noStore) return false;
  const staleForMs = nowMs - stored.staleAtMs;
  const allowed = Math.max(stored.staleIfErrorSeconds, directives.staleIfError ?? 0);
  if (allowed > 0 && staleForMs <= allowed * 1000) return true;
  return failure === "disconnected" && options.staleWhenDisconnected;
}
