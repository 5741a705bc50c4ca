/**
 * Lists in field values (RFC 9110 §5.6.1).
 *
 * @module
 */

/**
 * Splits a value at its commas, those inside quoted strings aside. Empty members are left out, whitespace around
 * members is cut off. A quote that nothing closes is a character like any other, so that it hides no `no-store`.
 */
export function splitList(value: string): string[] {
  if (!value.includes('"')) {
    const plain: string[] = [];
    for (const part of value.split(",")) {
      const member = trimOws(part);
      if (member !== "") plain.push(member);
    }
    return plain;
  }
  const members: string[] = [];
  let from = 0;
  let quoted = false;
  for (let at = 0; at <= value.length; at++) {
    const character = value[at];
    if (quoted) {
      if (character === "\\") at++;
      else if (character === '"') quoted = false;
    } else if (character === '"') quoted = true;
    else if (character === "," || at === value.length) {
      const member = trimOws(value.slice(from, at));
      if (member !== "") members.push(member);
      from = at + 1;
    }
  }
  if (quoted) members.push(...value.slice(from).split(",").map(trimOws).filter((m) => m !== ""));
  return members;
}

/** Cuts spaces and tabs off both ends. */
export function trimOws(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && (text[from] === " " || text[from] === "\t")) from++;
  while (to > from && (text[to - 1] === " " || text[to - 1] === "\t")) to--;
  return text.slice(from, to);
}

/** The text of a quoted string (RFC 9110 §5.6.4), or `null` if `text` isn't exactly one. */
export function unquote(text: string): string | null {
  if (text.length < 2 || text[0] !== '"' || !text.endsWith('"')) return null;
  const inner = text.slice(1, -1);
  if (!/^(?:[^"\\]|\\.)*$/.test(inner)) return null;
  return inner.replace(/\\(.)/g, "$1");
}
