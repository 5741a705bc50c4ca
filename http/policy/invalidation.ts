/**
 * What a request that changes something makes void (RFC 9111 §4.4).
 *
 * @module
 */

import { isSameOrigin, resolveReference } from "./reference.ts";
import type { PolicyRequest, PolicyResponse } from "./storable.ts";

// RFC 9110 §9.2.1. A method that isn't known may change anything.
const SAFE: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"]);

/** Whether a method changes nothing at the origin. */
export function isSafeMethod(method: string): boolean {
  return SAFE.has(method);
}

/**
 * The URIs whose stored responses are void after an exchange: that of the request, and those that Location and
 * Content-Location name, if they have the same origin: one origin can't empty the cache of another.
 *
 * @returns None after a safe method or an error; each URI once.
 */
export function invalidatedUris(request: PolicyRequest, response: PolicyResponse): string[] {
  if (isSafeMethod(request.method)) return [];
  if (response.status < 200 || response.status > 399) return [];
  const uris = new Set([request.uri]);
  for (const name of ["location", "content-location"]) {
    for (const value of response.fields.values(name)) {
      const uri = resolveReference(value, request.uri);
      if (uri !== null && isSameOrigin(uri, request.uri)) uris.add(uri);
    }
  }
  return [...uris];
}
