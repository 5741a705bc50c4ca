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

/** How often a message has passed a proxy named `name`, in any case. */
export function timesPassed(via: string | null, name: string): number {
  if (via === null) return 0;
  return splitList(via).filter((member) =>
    member.split(/[ \t]+/)[1]?.toLowerCase() === name.toLowerCase()
  ).length;
}
