/**
 * Cache-Control, of requests and of responses (RFC 9111 §5.2), and Pragma (§5.4).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { parseDeltaSeconds } from "./delta_seconds.ts";
import { splitList, unquote } from "./list.ts";

/**
 * A number of seconds that a directive gave. `null`: the directive isn't there. {@linkcode INVALID_SECONDS}: it is, but
 * no number can be made of it.
 */
export type DirectiveSeconds = number | null;

/** A directive that wants a number of seconds, and has none that can be read. */
export const INVALID_SECONDS: number = -1;

/** The directives of a response (RFC 9111 §5.2.2, RFC 5861). */
export interface ResponseDirectives {
  /** `max-age`. */
  maxAge: DirectiveSeconds;
  /** `s-maxage`. */
  sMaxage: DirectiveSeconds;
  /** `stale-while-revalidate`. */
  staleWhileRevalidate: DirectiveSeconds;
  /** `stale-if-error`. */
  staleIfError: DirectiveSeconds;
  /** `no-store`. */
  noStore: boolean;
  /** `no-cache` without field names. */
  noCache: boolean;
  /** Lower-case names of the fields that `no-cache="…"` lists. */
  noCacheFields: string[];
  /** `private` without field names. */
  private: boolean;
  /** Lower-case names of the fields that `private="…"` lists. */
  privateFields: string[];
  /** `public`. */
  public: boolean;
  /** `must-revalidate`. */
  mustRevalidate: boolean;
  /** `proxy-revalidate`. */
  proxyRevalidate: boolean;
  /** `must-understand`. */
  mustUnderstand: boolean;
}

/** The directives of a request (RFC 9111 §5.2.1, RFC 5861). */
export interface RequestDirectives {
  /** `max-age`. */
  maxAge: DirectiveSeconds;
  /** `min-fresh`. */
  minFresh: DirectiveSeconds;
  /** `max-stale`; `Infinity` without a number. */
  maxStale: DirectiveSeconds;
  /** `stale-if-error`. */
  staleIfError: DirectiveSeconds;
  /** `no-cache`, or `Pragma: no-cache` where there is no Cache-Control. */
  noCache: boolean;
  /** `no-store`. */
  noStore: boolean;
  /** `only-if-cached`. */
  onlyIfCached: boolean;
}

/** A directive's name in lower case, and its argument without quotes; `null` without one, or with one that is broken. */
export type Directive = readonly [name: string, argument: string | null];

/**
 * Takes a value apart into directives. A name inside a quoted string is no directive; an argument may be a token or a
 * quoted string, whichever of the two the directive is written with elsewhere (§5.2).
 */
export function parseDirectives(value: string): Directive[] {
  return splitList(value).map((member) => {
    const equals = member.indexOf("=");
    if (equals < 0) return [member.toLowerCase(), null];
    // A space before the sign belongs to no token; the directive is there all the same, so its number counts as broken.
    const name = member.slice(0, equals).trimEnd().toLowerCase();
    const clean = name.length === equals;
    const argument = member.slice(equals + 1);
    if (!clean) return [name, null];
    return [name, argument.startsWith('"') ? unquote(argument) : argument];
  });
}

/**
 * Reads the Cache-Control of a response, all of its lines joined.
 *
 * Where a directive with a number comes twice, the first counts (RFC 9111 §4.2.1). A number that can't be read is
 * {@linkcode INVALID_SECONDS}, which makes the response stale rather than fresh.
 */
export function parseResponseDirectives(value: string | null): ResponseDirectives {
  const found = noResponseDirectives();
  if (value === null) return found;
  for (const [name, argument] of parseDirectives(value)) {
    applyResponseDirective(found, name, argument);
  }
  return found;
}

/** A response's directives when it has none. */
export function noResponseDirectives(): ResponseDirectives {
  return {
    maxAge: null,
    sMaxage: null,
    staleWhileRevalidate: null,
    staleIfError: null,
    noStore: false,
    noCache: false,
    noCacheFields: [],
    private: false,
    privateFields: [],
    public: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
  };
}

function seconds(before: DirectiveSeconds, argument: string | null): DirectiveSeconds {
  if (before !== null) return before;
  return argument === null ? INVALID_SECONDS : parseDeltaSeconds(argument) ?? INVALID_SECONDS;
}

function names(argument: string | null): string[] {
  return argument === null ? [] : splitList(argument).map((name) => name.toLowerCase());
}

function applyResponseDirective(
  found: ResponseDirectives,
  name: string,
  argument: string | null,
): void {
  switch (name) {
    case "max-age":
      found.maxAge = seconds(found.maxAge, argument);
      break;
    case "s-maxage":
      found.sMaxage = seconds(found.sMaxage, argument);
      break;
    case "stale-while-revalidate":
      found.staleWhileRevalidate = seconds(found.staleWhileRevalidate, argument);
      break;
    case "stale-if-error":
      found.staleIfError = seconds(found.staleIfError, argument);
      break;
    case "no-store":
      found.noStore = true;
      break;
    case "no-cache": {
      // Without names that can be read, the directive holds for the whole response.
      const listed = names(argument);
      if (listed.length > 0) found.noCacheFields.push(...listed);
      else found.noCache = true;
      break;
    }
    case "private": {
      const listed = names(argument);
      if (listed.length > 0) found.privateFields.push(...listed);
      else found.private = true;
      break;
    }
    case "public":
      found.public = true;
      break;
    case "must-revalidate":
      found.mustRevalidate = true;
      break;
    case "proxy-revalidate":
      found.proxyRevalidate = true;
      break;
    case "must-understand":
      found.mustUnderstand = true;
      break;
  }
}

/** Reads Cache-Control and Pragma of a request. */
export function parseRequestDirectives(request: FieldReader): RequestDirectives {
  const found: RequestDirectives = {
    maxAge: null,
    minFresh: null,
    maxStale: null,
    staleIfError: null,
    noCache: false,
    noStore: false,
    onlyIfCached: false,
  };
  const value = request.get("cache-control");
  if (value === null) {
    // §5.4: only where there is no Cache-Control.
    const pragma = request.get("pragma");
    found.noCache = pragma !== null && splitList(pragma.toLowerCase()).includes("no-cache");
    return found;
  }
  for (const [name, argument] of parseDirectives(value)) {
    switch (name) {
      case "max-age":
        found.maxAge = seconds(found.maxAge, argument);
        break;
      case "min-fresh":
        found.minFresh = seconds(found.minFresh, argument);
        break;
      case "max-stale":
        found.maxStale ??= argument === null ? Infinity : seconds(null, argument);
        break;
      case "stale-if-error":
        found.staleIfError = seconds(found.staleIfError, argument);
        break;
      case "no-cache":
        found.noCache = true;
        break;
      case "no-store":
        found.noStore = true;
        break;
      case "only-if-cached":
        found.onlyIfCached = true;
        break;
    }
  }
  return found;
}
