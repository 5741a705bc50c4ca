/**
 * Fields that end at this hop and are not passed on (RFC 9110 §7.6.1).
 *
 * @module
 */

import { TOKEN } from "./bytes.ts";
import { ConnectionBit } from "./framing.ts";
import type { MessageHead } from "./head.ts";
import { Field, FIELD_NAMES } from "./names.ts";

// Trailer is passed on, because trailers are. Proxy-Authenticate and its like are between us and our neighbour
// (RFC 9110 §11.7); RFC 9111 §3.1 names them among what is not stored.
const HOP_BY_HOP_BITS = 1 << Field.connection | 1 << Field.proxyConnection | 1 << Field.keepAlive |
  1 << Field.te | 1 << Field.transferEncoding | 1 << Field.upgrade |
  1 << Field.proxyAuthorization | 1 << Field.proxyAuthenticate | 1 << Field.proxyAuthenticationInfo;

const HOP_BY_HOP_NAMES: ReadonlySet<string> = new Set(
  FIELD_NAMES.filter((_, id) => id > 0 && id <= 30 && (HOP_BY_HOP_BITS & (1 << id)) !== 0),
);

/** Whether the field `name`, in lower case, always ends at this hop. */
export function isHopByHopName(name: string): boolean {
  return HOP_BY_HOP_NAMES.has(name);
}

/** The names, in lower case, that the values of Connection list beside `close` and `keep-alive`. */
export function connectionNames(values: readonly string[]): Set<string> {
  const names = new Set<string>();
  for (const value of values) {
    for (const part of value.split(",")) {
      const name = part.trim().toLowerCase();
      if (name !== "" && name !== "close" && name !== "keep-alive") names.add(name);
    }
  }
  return names;
}

/**
 * Whether line `index` of a head ends at this hop.
 *
 * @param named What {@linkcode namedByConnection} gave for this head.
 */
export function endsHere(
  head: MessageHead,
  index: number,
  named: ReadonlySet<string> | null,
): boolean {
  const id = head.idAt(index);
  if (id !== Field.other && id <= 30 && (HOP_BY_HOP_BITS & (1 << id)) !== 0) return true;
  if (named === null) return false;
  const name = id !== Field.other ? FIELD_NAMES[id] : lowerName(head, index);
  return named.has(name);
}

/** The names that the head's Connection lists, or `null` if there are none, which is nearly always. */
export function namedByConnection(head: MessageHead): ReadonlySet<string> | null {
  if ((head.connection & ConnectionBit.names) === 0) return null;
  return connectionNames(head.values("connection"));
}

function lowerName(head: MessageHead, index: number): string {
  let name = "";
  for (let at = head.nameStart(index); at < head.nameEnd(index); at++) {
    name += String.fromCharCode(TOKEN[head.buffer[at]]);
  }
  return name;
}
