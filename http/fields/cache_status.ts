/**
 * Cache-Status: what each cache on the way did (RFC 9211).
 *
 * @module
 */

/** Why a request went on to the next server (RFC 9211 §2.2). */
export type ForwardReason =
  | "bypass"
  | "method"
  | "uri-miss"
  | "vary-miss"
  | "miss"
  | "request"
  | "stale"
  | "partial";

/** What this cache did with a request. */
export interface CacheStatus {
  /** `true` if the response came out of the cache without asking. */
  readonly hit?: boolean;
  /** Why it went on, if it did. */
  readonly forward?: ForwardReason;
  /** The status that came back, where it differs from what is sent: 304 after a validation. */
  readonly forwardStatus?: number;
  /** Seconds that it stays fresh, negative when stale. */
  readonly ttlSeconds?: number;
  /** Whether the response was stored. */
  readonly stored?: boolean;
  /** Whether this request waited for another one's answer. */
  readonly collapsed?: boolean;
  /** More for people, in ASCII. */
  readonly detail?: string;
}

/**
 * Writes the member for this cache. It goes after the members that came from upstream (RFC 9211 §2).
 *
 * @param cache The name of this cache, a token.
 */
export function formatCacheStatus(cache: string, status: CacheStatus): string {
  let text = cache;
  if (status.hit) text += "; hit";
  if (status.forward !== undefined) text += `; fwd=${status.forward}`;
  if (status.forwardStatus !== undefined) text += `; fwd-status=${status.forwardStatus}`;
  if (status.ttlSeconds !== undefined) text += `; ttl=${Math.trunc(status.ttlSeconds)}`;
  if (status.stored) text += "; stored";
  if (status.collapsed) text += "; collapsed";
  if (status.detail !== undefined) text += `; detail=${quote(status.detail)}`;
  return text;
}

function quote(text: string): string {
  return `"${text.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`;
}
