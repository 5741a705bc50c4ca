/**
 * Via: which proxies a message has passed (RFC 9110 §7.6.3), which also shows a loop.
 *
 * @module
 */

import { splitList } from "./list.ts";

/**
 * Writes Via with this proxy added.
 *
 * @param before What came, or `null`.
 * @param minorVersion Of the message as it was received.
 * @param name The pseudonym of this proxy, a token.
 */
export function appendVia(before: string | null, minorVersion: number, name: string): string {
  const member = `1.${minorVersion} ${name}`;
  return before === null || before === "" ? member : `${before}, ${member}`;
}

/** Whether a message has passed the proxy `name` before. */
export function hasPassed(via: string | null, name: string): boolean {
  if (via === null) return false;
  return splitList(via).some((member) =>
    member.split(/[ \t]+/)[1]?.toLowerCase() === name.toLowerCase()
  );
}
