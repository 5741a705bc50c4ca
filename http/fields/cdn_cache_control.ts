/**
 * CDN-Cache-Control, the targeted field for caches in front of an origin (RFC 9213).
 *
 * @module
 */

import {
  type DirectiveSeconds,
  noResponseDirectives,
  type ResponseDirectives,
} from "./cache_control.ts";
import { MAX_DELTA_SECONDS } from "./delta_seconds.ts";
import { splitList } from "./list.ts";
import { type DictionaryItem, parseDictionary } from "./structured.ts";

/**
 * Reads the field, all of its lines joined.
 *
 * @returns The directives that take the place of Cache-Control and Expires, or `null` if the field isn't there, is
 * empty, or isn't valid, as a whole or in a directive that we know; Cache-Control then counts as ever (RFC 9213 §2.1).
 */
export function parseCdnCacheControl(value: string | null): ResponseDirectives | null {
  if (value === null) return null;
  const members = parseDictionary(value);
  if (members === null || members.size === 0) return null;
  const found = noResponseDirectives();
  for (const [name, item] of members) {
    if (!applyMember(found, name, item)) return null;
  }
  return found;
}

function applyMember(found: ResponseDirectives, name: string, item: DictionaryItem): boolean {
  switch (name) {
    case "max-age":
      return (found.maxAge = seconds(item)) !== null;
    case "s-maxage":
      return (found.sMaxage = seconds(item)) !== null;
    case "stale-while-revalidate":
      return (found.staleWhileRevalidate = seconds(item)) !== null;
    case "stale-if-error":
      return (found.staleIfError = seconds(item)) !== null;
    case "no-store":
      found.noStore = item.value === true;
      return item.type === "boolean";
    case "no-cache":
      if (item.type === "string") found.noCacheFields = fieldNames(item);
      found.noCache = holdsForAll(item, found.noCacheFields);
      return item.type === "string" || item.type === "boolean";
    case "private":
      if (item.type === "string") found.privateFields = fieldNames(item);
      found.private = holdsForAll(item, found.privateFields);
      return item.type === "string" || item.type === "boolean";
    case "public":
      found.public = item.value === true;
      return item.type === "boolean";
    case "must-revalidate":
      found.mustRevalidate = item.value === true;
      return item.type === "boolean";
    case "proxy-revalidate":
      found.proxyRevalidate = item.value === true;
      return item.type === "boolean";
    case "must-understand":
      found.mustUnderstand = item.value === true;
      return item.type === "boolean";
    default:
      return true;
  }
}

function seconds(item: DictionaryItem): DirectiveSeconds {
  if (item.type !== "integer" || (item.value as number) < 0) return null;
  return Math.min(item.value as number, MAX_DELTA_SECONDS);
}

function fieldNames(item: DictionaryItem): string[] {
  return splitList(item.value as string).map((name) => name.toLowerCase());
}

function holdsForAll(item: DictionaryItem, fields: readonly string[]): boolean {
  return item.type === "string" ? fields.length === 0 : item.value === true;
}
