/**
 * Values by the pattern that a path matches: `img/**=max-age=86400`.
 *
 * @module
 */

import { VALUE } from "../message/bytes.ts";

/** A value for the paths that match a pattern. */
export type PathRule = readonly [glob: string, value: string];

/**
 * Finds the value for a path: that of the first rule whose pattern it matches.
 *
 * In a pattern `*` stands for any characters but a slash, `**` for any at all, `?` for one but a slash. A pattern
 * without a slash is held against the last name alone, so that `*.html` counts in every directory; a slash at the
 * beginning ties it to the root.
 *
 * @param path The path from the root, without a slash before it.
 * @returns `null` if no rule matches.
 */
export function matchPathRules(rules: readonly PathRule[], path: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1);
  for (const [glob, value] of rules) {
    const isTied = glob.startsWith("/");
    const pattern = isTied ? glob.slice(1) : glob;
    if (matchesGlob(pattern, isTied || pattern.includes("/") ? path : name)) return value;
  }
  return null;
}

/**
 * Checks rules before they are used.
 *
 * @throws {RangeError} If a pattern is empty, or a value may not stand in a field.
 */
export function checkPathRules(rules: readonly PathRule[]): void {
  for (const [glob, value] of rules) {
    if (glob === "" || glob === "/") throw new RangeError("Expected a pattern, found none");
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i);
      if (code > 255 || VALUE[code] === 0) {
        throw new RangeError(`Expected a field value for ${glob}, found ${JSON.stringify(value)}`);
      }
    }
  }
}

/** Compares by a table of what matches so far: the work is the product of the lengths, whatever the pattern. */
function matchesGlob(glob: string, text: string): boolean {
  let reached = new Uint8Array(text.length + 1);
  reached[0] = 1;
  for (let at = 0; at < glob.length; at++) {
    const next = new Uint8Array(text.length + 1);
    const isStar = glob[at] === "*";
    const crossesSlash = isStar && glob[at + 1] === "*";
    if (crossesSlash) at++;
    for (let i = 0; i <= text.length; i++) {
      if (isStar) {
        next[i] = reached[i] || (i > 0 && next[i - 1] && (crossesSlash || text[i - 1] !== "/"))
          ? 1
          : 0;
      } else if (i > 0 && reached[i - 1]) {
        next[i] = glob[at] === "?" ? Number(text[i - 1] !== "/") : Number(text[i - 1] === glob[at]);
      }
    }
    reached = next;
  }
  return reached[text.length] === 1;
}
