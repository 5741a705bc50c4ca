/**
 * The byte classes of the grammar as tables, and text made from bytes. Fields are read as Latin-1, one byte a
 * character, so that obs-text (RFC 9110 §5.5) comes out as it went in.
 *
 * @module
 */

/** Carriage return. */
export const CR = 13;
/** Line feed. */
export const LF = 10;
/** Space. */
export const SP = 32;
/** Horizontal tab. */
export const HTAB = 9;
/** Colon. */
export const COLON = 58;
/** Comma. */
export const COMMA = 44;
/** Percent sign. */
export const PERCENT = 37;

function table(members: string, value: (code: number) => number = () => 1): Uint8Array {
  const bytes = new Uint8Array(256);
  for (let i = 0; i < members.length; i++) {
    const code = members.charCodeAt(i);
    bytes[code] = value(code);
  }
  return bytes;
}

const DIGITS = "0123456789";
const LOWER_LETTERS = "abcdefghijklmnopqrstuvwxyz";
const LETTERS = LOWER_LETTERS + LOWER_LETTERS.toUpperCase();

/** For a token character (RFC 9110 §5.6.2) its lower-case form, for any other byte 0. */
export const TOKEN: Uint8Array = table(
  "!#$%&'*+-.^_`|~" + DIGITS + LETTERS,
  (code) => code >= 65 && code <= 90 ? code + 32 : code,
);

/** 1 for the bytes that a field value may hold: HTAB, SP, VCHAR and obs-text (RFC 9110 §5.5). */
export const VALUE: Uint8Array = new Uint8Array(256).map((_, code) =>
  code === HTAB || (code >= SP && code !== 127) ? 1 : 0
);

/** 1 for the bytes that may stand in path and query (RFC 3986 §3.3, §3.4) as they are. */
export const PATH: Uint8Array = table("-._~:/?@!$&'()*+,;=" + DIGITS + LETTERS);

/**
 * For the bytes of a request target: 1 for those of {@linkcode PATH}, 2 for the percent sign, 3 for those that browsers
 * send as they are in path or query (the URL standard leaves them so), and that a URI has percent-encoded only.
 */
export const TARGET: Uint8Array = PATH.map((member, code) =>
  code === PERCENT ? 2 : "[]\\^`{|}".includes(String.fromCharCode(code)) ? 3 : member
);

/** 1 for the bytes of a host and port: a name or address, an IPv6 address in brackets, a colon and digits. */
export const AUTHORITY: Uint8Array = table("-._:[]" + DIGITS + LETTERS);

/** For a hexadecimal digit its value plus 1, for any other byte 0. */
export const HEX: Uint8Array = table(
  DIGITS + "abcdefABCDEF",
  (code) => (code <= 57 ? code - 48 : (code | 32) - 87) + 1,
);

const CHARACTERS: readonly string[] = Array.from(
  { length: 256 },
  (_, code) => String.fromCharCode(code),
);

/** The text of `bytes[start, end)`, one character a byte. */
export function latin1(bytes: Uint8Array, start: number, end: number): string {
  if (end - start > 48) {
    let text = "";
    for (let at = start; at < end; at += 4096) {
      const part = bytes.subarray(at, Math.min(at + 4096, end));
      text += String.fromCharCode.apply(null, part as unknown as number[]);
    }
    return text;
  }
  let text = "";
  for (let at = start; at < end; at++) text += CHARACTERS[bytes[at]];
  return text;
}

/** The bytes of `text`, one byte a character. Characters beyond U+00FF become a question mark. */
export function latin1Bytes(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    bytes[i] = code > 255 ? 63 : code;
  }
  return bytes;
}

/** Whether the token `bytes[start, end)` is `name`, letter case aside. `name` is in lower case. */
export function isToken(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  if (end - start !== name.length) return false;
  for (let i = 0; i < name.length; i++) {
    if (TOKEN[bytes[start + i]] !== name[i]) return false;
  }
  return true;
}
