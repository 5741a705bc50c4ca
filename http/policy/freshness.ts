/**
 * How long a response is fresh (RFC 9111 §4.2).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import type { DirectiveSeconds } from "../fields/cache_control.ts";
import { parseHttpDate } from "../fields/date.ts";
import type { EffectiveDirectives } from "./directives.ts";
import type { PolicyOptions } from "./options.ts";
import { isHeuristicallyCacheable } from "./status.ts";

/** How long a response is fresh, and who says so. */
export interface Lifetime {
  /** Seconds from its birth at the origin; 0 for not at all. */
  readonly seconds: number;
  /** `explicit` if the response says it itself. */
  readonly source: "explicit" | "heuristic" | "none";
}

/** The time of Date, or that of the response where Date is missing or no date (RFC 9110 §6.6.1). */
export function dateOf(response: FieldReader, responseTimeMs: number): number {
  const date = response.get("date");
  return (date === null ? null : parseHttpDate(date, responseTimeMs)) ?? responseTimeMs;
}

/** The time of Last-Modified, or `null` where it is missing or no date. */
export function lastModifiedOf(response: FieldReader, responseTimeMs: number): number | null {
  const value = response.get("last-modified");
  return value === null ? null : parseHttpDate(value, responseTimeMs);
}

/**
 * The freshness lifetime of a response in a shared cache: `s-maxage`, else `max-age`, else Expires less Date, else by
 * heuristic (RFC 9111 §4.2.1, §4.2.2). What can't be read means not fresh.
 *
 * @param status Status of the response.
 * @param response Its fields.
 * @param directives What {@linkcode effectiveDirectives} found in them.
 * @param responseTimeMs When it came, in milliseconds since 1970.
 */
export function lifetimeOf(
  status: number,
  response: FieldReader,
  directives: EffectiveDirectives,
  responseTimeMs: number,
  options: PolicyOptions,
): Lifetime {
  const given = firstGiven(directives.sMaxage, directives.maxAge);
  if (given !== null) return { seconds: given, source: "explicit" };
  if (!directives.targeted) {
    const expires = response.values("expires");
    if (expires.length > 0) {
      return {
        seconds: expiresIn(expires, dateOf(response, responseTimeMs), responseTimeMs),
        source: "explicit",
      };
    }
  }
  // §4.2.2: only for a status that allows it, or a response marked public.
  if (!isHeuristicallyCacheable(status) && !directives.public) {
    return { seconds: 0, source: "none" };
  }
  const lastModified = lastModifiedOf(response, responseTimeMs);
  if (lastModified === null) return { seconds: 0, source: "none" };
  const unchanged = (dateOf(response, responseTimeMs) - lastModified) / 1000;
  const seconds = Math.floor(
    Math.min(Math.max(unchanged, 0) * options.heuristicFraction, options.maxHeuristicSeconds),
  );
  return { seconds, source: "heuristic" };
}

function firstGiven(a: DirectiveSeconds, b: DirectiveSeconds): DirectiveSeconds {
  const given = a ?? b;
  return given === null ? null : Math.max(given, 0);
}

// §5.3: a value that is no date, "0" above all, is in the past. Two lines that differ contradict each other (§4.2.1).
function expiresIn(values: readonly string[], dateMs: number, responseTimeMs: number): number {
  if (values.some((value) => value !== values[0])) return 0;
  const expires = parseHttpDate(values[0], responseTimeMs);
  return expires === null ? 0 : Math.max(0, (expires - dateMs) / 1000);
}
