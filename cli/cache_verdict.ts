/**
 * What a cache did with a request, in one word, out of its Cache-Status (RFC 9211).
 *
 * @module
 */

/** The word: `hit` from the cache, `validated` after asking whether it still holds, `stored` for the next time. */
export type CacheVerdict = "hit" | "validated" | "stored" | "miss" | "unknown";

const MEMBER = /(?:"(?:[^"\\]|\\.)*"|[^,"])+/g;
const PARAMETER = /;\s*([a-z*][a-z0-9_\-.*]*)(?:=("(?:[^"\\]|\\.)*"|[^;\s]*))?/g;

/**
 * Reads what the cache nearest to us did: its member is the last (RFC 9211 §2).
 *
 * @param cacheStatus The field's value, or `null` without one.
 */
export function cacheVerdictOf(cacheStatus: string | null): CacheVerdict {
  const members = cacheStatus?.match(MEMBER) ?? [];
  const parameters = new Map<string, string>();
  for (const [, name, value] of (members[members.length - 1] ?? "").matchAll(PARAMETER)) {
    parameters.set(name, value ?? "?1");
  }
  if (parameters.get("hit") === "?1") return "hit";
  if (!parameters.has("fwd")) return "unknown";
  if (parameters.get("fwd-status") === "304") return "validated";
  return parameters.get("stored") === "?1" ? "stored" : "miss";
}
