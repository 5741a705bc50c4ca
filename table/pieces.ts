/**
 * Reads the `KEY=VALUE` pieces of one whole message from its bytes.
 *
 * @module
 */

import type { Integers } from "./integers.ts";
import { Code, MAX_VALUE, Op, type TableMessage } from "./message.ts";

const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const COMMA = 0x2c;
const MINUS = 0x2d;

/** The longest name of an unknown operation that is repeated in the reply. */
const MAX_NAME_BYTES = 16;

const decoder = new TextDecoder();

/** Which pieces a message holds, as bits. */
export const Piece = { OP: 1, IND: 2, DATA: 4, CODE: 8, MSG: 16 } as const;

/** Blank, tab, CR or LF. */
export function isBlank(byte: number): boolean {
  return byte === 0x20 || byte === 0x0d || byte === 0x0a || byte === 0x09;
}

/** The operation whose name is `bytes[start, end)`. */
function opNamed(bytes: Uint8Array, start: number, end: number): Op {
  if (end - start !== 3) return Op.UNKNOWN;
  return opOf(bytes[start], bytes[start + 1], bytes[start + 2]);
}

/** The operation with these three letters, or {@linkcode Op.UNKNOWN}. */
export function opOf(a: number, b: number, c: number): Op {
  switch ((a << 16) | (b << 8) | c) {
    case 0x474554:
      return Op.GET;
    case 0x505554:
      return Op.PUT;
    case 0x414444:
      return Op.ADD;
    case 0x434c52:
      return Op.CLR;
    case 0x494e46:
      return Op.INF;
    default:
      return Op.UNKNOWN;
  }
}

/** Text of a peer as part of a sentence: short, printable, without the characters that mean something on the wire. */
export function quote(bytes: Uint8Array): string {
  const shown = decoder.decode(bytes.subarray(0, 24))
    .replace(/[^\x20-\x7e]/g, "?").replace(/[;=]/g, " ");
  return `"${shown}${bytes.length > 24 ? "..." : ""}"`;
}

/**
 * Reads a list of integers separated by commas into `list`.
 *
 * @returns An empty string, or what is wrong, in a sentence.
 */
function readIntegers(bytes: Uint8Array, start: number, end: number, list: Integers): string {
  let at = start;
  for (;;) {
    const first = at;
    const negative = at < end && bytes[at] === MINUS;
    if (negative) at++;
    const digits = at;
    let value = 0;
    while (at < end) {
      const digit = bytes[at] - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
      at++;
    }
    if (at === digits || (at < end && bytes[at] !== COMMA)) {
      let stop = first;
      while (stop < end && bytes[stop] !== COMMA) stop++;
      return `${quote(bytes.subarray(first, stop))} is not an integer`;
    }
    if (value > MAX_VALUE) {
      return `${
        quote(bytes.subarray(first, at))
      } is beyond the range -${MAX_VALUE} to ${MAX_VALUE}`;
    }
    list.push(negative && value !== 0 ? -value : value);
    if (at === end) return "";
    at++;
  }
}

/**
 * Reads one piece, `bytes[start, end)` without its `;`, into `message`.
 *
 * A key that was given before is passed over, and so is one that is not known: a message may have been answered before
 * the rest of it has arrived, and its meaning must not depend on that.
 *
 * @param given The bits of {@linkcode Piece} that are there already.
 * @returns `given` and the bit of this piece, if it brought one.
 */
export function readPiece(
  message: TableMessage,
  bytes: Uint8Array,
  start: number,
  end: number,
  given: number,
): number {
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  if (start === end) return given;
  let equals = start;
  while (equals < end && bytes[equals] !== EQUALS) equals++;
  if (equals === end) {
    message.blame(
      Code.BAD_REQUEST,
      `expected pieces KEY VALUE joined by an equals sign, found ${
        quote(bytes.subarray(start, end))
      }`,
    );
    return given;
  }
  const value = equals + 1;
  const keyLength = equals - start;
  if (keyLength === 2 && bytes[start] === 0x4f && bytes[start + 1] === 0x50) { // OP
    if ((given & Piece.OP) !== 0) return given;
    message.op = opNamed(bytes, value, end);
    if (value === end) {
      message.op = Op.NONE;
      message.blame(Code.BAD_REQUEST, "OP is empty");
    } else if (message.op === Op.UNKNOWN) {
      const name = decoder.decode(bytes.subarray(value, Math.min(end, value + MAX_NAME_BYTES + 1)));
      if (/^[A-Z]{1,16}$/.test(name)) message.opName = name;
      message.blame(
        Code.UNKNOWN_OP,
        `there is no operation ${quote(bytes.subarray(value, end))}, only GET PUT ADD CLR INF`,
      );
    }
    return given | Piece.OP;
  }
  if (keyLength === 3 && bytes[start] === 0x49) { // IND
    if (bytes[start + 1] !== 0x4e || bytes[start + 2] !== 0x44) return given;
    if ((given & Piece.IND) !== 0 || isAbsent(bytes, value, end)) return given;
    const fault = readIntegers(bytes, value, end, message.indices);
    if (fault !== "") message.blame(Code.BAD_REQUEST, `IND ${fault}`);
    return given | Piece.IND;
  }
  if (keyLength === 4 && bytes[start] === 0x44) { // DATA
    if (bytes[start + 1] !== 0x41 || bytes[start + 2] !== 0x54 || bytes[start + 3] !== 0x41) {
      return given;
    }
    if ((given & Piece.DATA) !== 0 || isAbsent(bytes, value, end)) return given;
    const fault = readIntegers(bytes, value, end, message.values);
    // Whether DATA counts is known only with OP.
    if (fault !== "") message.dataFault = `DATA ${fault}`;
    return given | Piece.DATA;
  }
  if (keyLength === 4 && bytes[start] === 0x43) { // CODE
    if (decoder.decode(bytes.subarray(start, equals)) === "CODE" && (given & Piece.CODE) === 0) {
      const code = Number(decoder.decode(bytes.subarray(value, end)));
      message.code = Number.isInteger(code) && code >= 100 && code <= 999 ? code : 999;
      return given | Piece.CODE;
    }
  }
  if (keyLength === 3 && (given & Piece.CODE) !== 0) { // MSG
    if (decoder.decode(bytes.subarray(start, equals)) === "MSG") {
      message.text = decoder.decode(bytes.subarray(value, end));
      return given | Piece.MSG;
    }
  }
  return given;
}

/** `IND=`, `DATA=` and `IND=None` mean that there is none. */
function isAbsent(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return true;
  return end - start === 4 && bytes[start] === 0x4e && bytes[start + 1] === 0x6f &&
    bytes[start + 2] === 0x6e && bytes[start + 3] === 0x65;
}

/** Reads all pieces of `bytes[start, end)`. Returns which there were, as bits of {@linkcode Piece}. */
export function readPieces(
  message: TableMessage,
  bytes: Uint8Array,
  start: number,
  end: number,
): number {
  let given = 0;
  while (start < end) {
    let stop = start;
    while (stop < end && bytes[stop] !== SEMICOLON) stop++;
    given = readPiece(message, bytes, start, stop, given);
    start = stop + 1;
  }
  return given;
}
