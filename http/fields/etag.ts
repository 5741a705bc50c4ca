/**
 * Entity tags and the conditions that list them (RFC 9110 §8.8.3, §13.1).
 *
 * @module
 */

import { trimOws } from "./list.ts";

/** Whether a tag is weak: `W/"…"`. */
export function isWeakEtag(tag: string): boolean {
  return tag.startsWith("W/");
}

/** Whether a tag follows the grammar; others are compared, and sent, as they are, but are never strong. */
export function isStrongEtag(tag: string): boolean {
  return /^"[\x21\x23-\x7e\x80-\xff]*"$/.test(tag);
}

/** Weak comparison: the same tag, weakness aside (§8.8.3.2). */
export function weakMatch(a: string, b: string): boolean {
  return (isWeakEtag(a) ? a.slice(2) : a) === (isWeakEtag(b) ? b.slice(2) : b);
}

/** Strong comparison: the same tag, and it isn't weak (§8.8.3.2). */
export function strongMatch(a: string, b: string): boolean {
  return a === b && isStrongEtag(a);
}

/**
 * The members of If-None-Match or If-Match. A tag may hold commas, and has no escapes; members that follow no grammar
 * are given as they are.
 *
 * @returns `["*"]` for `*`.
 */
export function parseEtagList(value: string): string[] {
  const tags: string[] = [];
  const pattern = /\s*((?:W\/)?"[^"]*"|[^,]+)\s*(?:,|$)|[^,]*,/y;
  while (pattern.lastIndex < value.length) {
    const found = pattern.exec(value);
    if (found === null) break;
    const tag = found[1] === undefined ? "" : trimOws(found[1]);
    if (tag !== "") tags.push(tag);
  }
  return tags;
}
