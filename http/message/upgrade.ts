/**
 * Changes of protocol that are passed on (RFC 9110 §7.8).
 *
 * @module
 */

import { Field } from "./names.ts";
import type { RequestHead } from "./request_head.ts";

/**
 * Protocols that carry HTTP again. Requests in them would go past the cache and the rules unseen, so they are not offered
 * to the origin, and it answers in HTTP/1.1.
 */
const CARRIES_HTTP = /^(?:h[23]c?(?:-\d+)?|(?:https?|tls)(?:\/.*)?)$/i;

/** The protocols that a request offers to change to, as far as they are passed on; empty if there is none. */
export function offeredProtocols(head: RequestHead): string {
  if (!head.wantsUpgrade) return "";
  const offered = (head.value(Field.upgrade) ?? "").split(",").map((name) => name.trim());
  return offered.filter((name) => name !== "" && !CARRIES_HTTP.test(name)).join(", ");
}
