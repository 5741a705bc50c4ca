/**
 * Which of the responses stored under one key fits a request (RFC 9111 §4.1).
 *
 * @module
 */

import type { FieldReader } from "../message/field_reader.ts";
import { splitList } from "../fields/list.ts";
import type { StoredResponse } from "./stored.ts";

// Fields whose members may come in any order and any case without meaning something else.
const UNORDERED: ReadonlySet<string> = new Set([
  "accept-language",
  "accept-encoding",
  "accept-charset",
]);

/**
 * Brings the lines of one request field into the form that is compared: lines joined, whitespace around members and
 * empty members left out; for the Accept fields whose order means nothing also sorted and in lower case.
 *
 * @param name Lower-case field name.
 * @returns `null` if the field isn't there, which is not the same as an empty one.
 */
export function normaliseSelecting(name: string, values: readonly string[]): string | null {
  if (values.length === 0) return null;
  const members = values.flatMap(splitList);
  if (!UNORDERED.has(name)) return members.join(",");
  return members.map((member) => member.toLowerCase().replace(/[ \t]*([;=])[ \t]*/g, "$1")).sort()
    .join(",");
}

/**
 * The key of a variant: what the fields that Vary lists are in a request. Two requests match in them if and only if
 * their keys are the same.
 *
 * @param varyNames Lower-case names, sorted.
 */
export function varyKeyOf(varyNames: readonly string[], request: FieldReader): string {
  let key = "";
  for (const name of varyNames) {
    // It never reached the origin (RFC 9110 §11.7), and no password is stored.
    if (name === "proxy-authorization") continue;
    const value = normaliseSelecting(name, request.values(name));
    // No value holds a line break, so none can look like two.
    key += value === null ? `${name}\n` : `${name}:${value}\n`;
  }
  return key;
}

/** Whether a stored response was given for a request like this one; never where Vary is `*`. */
export function matchesRequest(stored: StoredResponse, request: FieldReader): boolean {
  if (stored.varyNames[0] === "*") return false;
  return stored.varyNames.length === 0 || stored.varyKey === varyKeyOf(stored.varyNames, request);
}

/**
 * Picks the stored response for a request: of those that match, the one with the latest Date, and of two with the same
 * Date the one that was stored last.
 */
export function selectStored(
  variants: readonly StoredResponse[],
  request: FieldReader,
): StoredResponse | null {
  let selected: StoredResponse | null = null;
  for (const variant of variants) {
    if (!matchesRequest(variant, request)) continue;
    if (
      selected === null || variant.dateMs > selected.dateMs ||
      (variant.dateMs === selected.dateMs && variant.storedAtMs >= selected.storedAtMs)
    ) selected = variant;
  }
  return selected;
}
