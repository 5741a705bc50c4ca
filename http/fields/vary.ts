/**
 * Vary (RFC 9110 §12.5.5).
 *
 * @module
 */

import { splitList } from "./list.ts";

/**
 * Reads Vary.
 *
 * @param values Each line's value.
 * @returns The lower-case names, sorted, each once; `null` for `*`, alone or anywhere in a list: no request matches.
 */
export function parseVary(values: readonly string[]): string[] | null {
  const names = new Set<string>();
  for (const value of values) {
    for (const name of splitList(value)) {
      if (name === "*") return null;
      names.add(name.toLowerCase());
    }
  }
  return [...names].sort();
}
