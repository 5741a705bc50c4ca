/**
 * Dictionaries of structured fields (RFC 9651 §3.2, §4.2.2): as much of them as targeted cache fields need.
 *
 * Reading stops at the first fault, and a field with a fault is no field at all. That is the point of this format.
 *
 * @module
 */

/** The value of a member: its type, and for booleans, integers and strings what it says. */
export interface DictionaryItem {
  /** The type of the item; of what is not looked into only that it was there. */
  readonly type: "boolean" | "integer" | "decimal" | "string" | "token" | "other";
  /** The value of a boolean, integer, string or token. */
  readonly value: boolean | number | string;
}

const KEY = /[a-z*][a-z0-9_\-.*]*/y;
const NUMBER = /-?(?:[0-9]{1,12}\.[0-9]{1,3}|[0-9]{1,15})(?![0-9.])/y;
const STRING = /"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"/y;
const TOKEN = /[A-Za-z*][!#$%&'*+\-.^_`|~0-9A-Za-z:/]*/y;
const BYTES = /:[A-Za-z0-9+/]*={0,2}:/y;
const DISPLAY_STRING = /%"(?:[\x20-\x21\x23-\x24\x26-\x7e]|%[0-9a-f]{2})*"/y;
const BOOLEAN = /\?[01]/y;
const DATE = /@-?[0-9]{1,15}(?![0-9.])/y;

class Cursor {
  at = 0;
  constructor(readonly text: string) {}

  take(pattern: RegExp): string | null {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return null;
    this.at += found[0].length;
    return found[0];
  }

  eat(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at++;
    return true;
  }

  skip(characters: string): void {
    while (this.at < this.text.length && characters.includes(this.text[this.at])) this.at++;
  }
}

/**
 * Reads a dictionary. Where a key comes twice, the last counts. Parameters are read over.
 *
 * @returns Members by key, or `null` if the value is no dictionary.
 */
export function parseDictionary(value: string): Map<string, DictionaryItem> | null {
  const members = new Map<string, DictionaryItem>();
  const cursor = new Cursor(value.replace(/^ +| +$/g, ""));
  const end = cursor.text.length;
  while (cursor.at < end) {
    const key = cursor.take(KEY);
    if (key === null) return null;
    let item: DictionaryItem | null = { type: "boolean", value: true };
    if (cursor.eat("=")) item = parseMember(cursor);
    if (item === null || !skipParameters(cursor)) return null;
    members.delete(key);
    members.set(key, item);
    cursor.skip(" \t");
    if (cursor.at === end) return members;
    if (!cursor.eat(",")) return null;
    cursor.skip(" \t");
    // A comma after the last member.
    if (cursor.at === end) return null;
  }
  return members;
}

function parseMember(cursor: Cursor): DictionaryItem | null {
  if (!cursor.eat("(")) return parseItem(cursor);
  for (;;) {
    cursor.skip(" ");
    if (cursor.eat(")")) return { type: "other", value: "" };
    if (parseItem(cursor) === null || !skipParameters(cursor)) return null;
    const next = cursor.text[cursor.at];
    if (next !== " " && next !== ")") return null;
  }
}

function parseItem(cursor: Cursor): DictionaryItem | null {
  const number = cursor.take(NUMBER);
  if (number !== null) {
    return { type: number.includes(".") ? "decimal" : "integer", value: Number(number) };
  }
  const string = cursor.take(STRING);
  if (string !== null) {
    return { type: "string", value: string.slice(1, -1).replace(/\\(.)/g, "$1") };
  }
  const token = cursor.take(TOKEN);
  if (token !== null) return { type: "token", value: token };
  const boolean = cursor.take(BOOLEAN);
  if (boolean !== null) return { type: "boolean", value: boolean === "?1" };
  const other = cursor.take(BYTES) ?? cursor.take(DATE) ?? cursor.take(DISPLAY_STRING);
  return other === null ? null : { type: "other", value: other };
}

function skipParameters(cursor: Cursor): boolean {
  while (cursor.eat(";")) {
    cursor.skip(" ");
    if (cursor.take(KEY) === null) return false;
    if (cursor.eat("=") && parseItem(cursor) === null) return false;
  }
  return true;
}
