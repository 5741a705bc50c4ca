/**
 * Asking the origin whether stored responses still hold, and what its 304 says about which of them (RFC 9111 §4.3.1,
 * §4.3.3, §4.3.4).
 *
 * @module
 */

import type { FieldLine, FieldReader } from "../message/field_reader.ts";
import { formatHttpDate } from "../fields/date.ts";
import { isStrongEtag, weakMatch } from "../fields/etag.ts";
import { hasStrongDate } from "./conditions.ts";
import type { PolicyOptions } from "./options.ts";
import type { StoredResponse } from "./stored.ts";

/** Request fields that a validation puts in place of the client's own, in lower case. */
export const CONDITION_FIELDS: readonly string[] = [
  "if-none-match",
  "if-modified-since",
  "if-range",
  "range",
];

/**
 * The conditions for a validating request: the tags of all responses that the origin might name, and the
 * Last-Modified if there is but one (§4.3.1).
 *
 * @param nominated Stored responses under the key: the one that was selected, or all variants where none matched.
 * @returns No lines if none of them can be validated; the request then goes on without conditions of ours.
 */
export function conditionalFields(
  nominated: readonly StoredResponse[],
  options: Pick<PolicyOptions, "validateByDate">,
): FieldLine[] {
  const whole = nominated.filter((stored) => stored.status !== 206);
  const lines: FieldLine[] = [];
  if (options.validateByDate) {
    if (whole.length !== 1) return lines;
    const [{ lastModified, dateMs }] = whole;
    // RFC 9110 §13.1.3: without a Last-Modified, the Date of the response.
    return [["If-Modified-Since", lastModified ?? formatHttpDate(dateMs)]];
  }
  const tags = new Set(whole.flatMap((stored) => stored.etag === null ? [] : [stored.etag]));
  if (tags.size > 0) lines.push(["If-None-Match", [...tags].join(", ")]);
  if (whole.length === 1 && whole[0].lastModified !== null) {
    lines.push(["If-Modified-Since", whole[0].lastModified]);
  }
  return lines;
}

/** What a 304 means for the responses that a validation nominated. */
export type Validated =
  /** These are updated from it; the first is the one to answer with. */
  | { readonly kind: "update"; readonly targets: readonly StoredResponse[] }
  /** This one still holds, but takes nothing over from the 304. */
  | { readonly kind: "touch"; readonly target: StoredResponse }
  /** It says nothing about any of them: ask again without conditions. */
  | { readonly kind: "none" };

/**
 * Finds the stored responses that a 304 is about (§4.3.4).
 *
 * @param nominated What {@linkcode conditionalFields} was called with.
 * @param notModified Fields of the 304.
 */
export function identifyValidated(
  nominated: readonly StoredResponse[],
  notModified: FieldReader,
): Validated {
  const etag = notModified.get("etag");
  const lastModified = notModified.get("last-modified");
  const only = nominated.length === 1 ? nominated[0] : null;
  if (etag !== null && isStrongEtag(etag)) {
    const targets = newestFirst(nominated.filter((stored) => stored.etag === etag));
    if (targets.length > 0) return { kind: "update", targets };
    // It must update nothing. But we named one response and the origin said that it holds: it does, with the fields
    // that it has.
    return only === null ? { kind: "none" } : { kind: "touch", target: only };
  }
  if (etag !== null) {
    const targets = newestFirst(
      nominated.filter((stored) => stored.etag !== null && weakMatch(stored.etag, etag)),
    );
    if (targets.length > 0) return { kind: "update", targets: targets.slice(0, 1) };
    return only === null ? { kind: "none" } : { kind: "touch", target: only };
  }
  if (lastModified !== null) {
    const targets = newestFirst(nominated.filter((stored) => stored.lastModified === lastModified));
    // A strong date names every response that has it, a weak one the newest.
    const strong = targets.filter(hasStrongDate);
    if (strong.length > 0) return { kind: "update", targets: strong };
    if (targets.length > 0) return { kind: "update", targets: targets.slice(0, 1) };
    return only === null ? { kind: "none" } : { kind: "touch", target: only };
  }
  return only === null ? { kind: "none" } : { kind: "update", targets: [only] };
}

function newestFirst(stored: StoredResponse[]): StoredResponse[] {
  return stored.sort((a, b) => b.dateMs - a.dateMs || b.storedAtMs - a.storedAtMs);
}
