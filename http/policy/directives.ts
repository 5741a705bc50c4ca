/**
 * Which directives a response is cached by: the targeted ones where they count and are there, else its Cache-Control
 * (RFC 9213 §2.2).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseResponseDirectives, type ResponseDirectives } from "../fields/cache_control.ts";
import { parseCdnCacheControl } from "../fields/cdn_cache_control.ts";
import type { PolicyOptions } from "./options.ts";

/** The directives that count for a response. */
export interface EffectiveDirectives extends ResponseDirectives {
  /** Whether they came from a targeted field, so that Expires doesn't count. */
  readonly targeted: boolean;
}

/** Finds the directives that count for a response. */
export function effectiveDirectives(
  response: FieldReader,
  options: Pick<PolicyOptions, "targeted">,
): EffectiveDirectives {
  const targeted = options.targeted
    ? parseCdnCacheControl(response.get("cdn-cache-control"))
    : null;
  return targeted !== null
    ? { ...targeted, targeted: true }
    : { ...parseResponseDirectives(response.get("cache-control")), targeted: false };
}
