/**
 * The bytes of a pickle, and the arguments that its opcodes take from them.
 *
 * @module
 */

import { PickleError } from "./errors.ts";
import { boundedInt, MAX_DIGITS, tooManyDigits } from "./integer.ts";
import { readLine, readString } from "./pickle_strings.ts";
import { limitFault } from "./pickle_values.ts";

/** The most bytes a pickle may have. */
export const MAX_PICKLE_LENGTH = 65_536;
/** Bytes of the longest integer that can have 4 300 digits. */
const MAX_INTEGER_BYTES = 1786;

/** Reads forwards through the bytes of one pickle. All methods throw a {@linkcode PickleError} where they can't. */
export class PickleInput {
  readonly #bytes: Uint8Array;
  readonly #end: number;
  #at: number;

  /** Begins at `start`. @throws {PickleError} If there are more than 64 KiB. */
  constructor(bytes: Uint8Array, start: number, end: number) {
    if (end - start > MAX_PICKLE_LENGTH) {
      throw limitFault(`a pickle of at most ${MAX_PICKLE_LENGTH} bytes`);
    }
    this.#bytes = bytes;
    this.#at = start;
    this.#end = end;
  }

  /** The next byte: an opcode, or an argument of one byte. */
  byte(): number {
    if (this.#at >= this.#end) throw this.truncated();
    return this.#bytes[this.#at++];
  }

  /** How many bytes are left. */
  get left(): number {
    return this.#end - this.#at;
  }

  /** A signed little-endian integer of 4 bytes. */
  int32(): number {
    return this.length(4) | 0;
  }

  /** A big-endian float of 8 bytes. */
  float64(): number {
    const at = this.#skip(8);
    FLOAT_BYTES.set(this.#bytes.subarray(at, at + 8));
    return FLOAT_VIEW.getFloat64(0);
  }

  #skip(count: number): number {
    const at = this.#at;
    if (count > this.#end - at) throw this.truncated();
    this.#at = at + count;
    return at;
  }

  /** An unsigned little-endian integer of that many bytes, at most 8. */
  length(width: number): number {
    const at = this.#skip(width);
    let length = 0;
    for (let i = width - 1; i >= 0; i--) length = length * 256 + this.#bytes[at + i];
    return length;
  }

  /** A UTF-8 string of that many bytes. */
  text(length: number): string {
    const at = this.#skip(length);
    return readString(this.#bytes, at, at + length);
  }

  /** A little-endian integer in two's complement of that many bytes. */
  integer(length: number): bigint {
    const at = this.#skip(length);
    if (length > MAX_INTEGER_BYTES) throw tooManyDigits();
    if (length === 0) return 0n;
    let hex = "0x";
    for (let i = at + length - 1; i >= at; i--) {
      hex += (this.#bytes[i] | 0x100).toString(16).slice(1);
    }
    const value = BigInt.asIntN(length * 8, BigInt(hex));
    // Only an integer of the full length can have a digit too many.
    return length === MAX_INTEGER_BYTES ? boundedInt(value) : value;
  }

  /** The rest of a line; protocols 0 and 1 write arguments so. */
  line(): string {
    const newline = this.#bytes.subarray(this.#at, this.#end).indexOf(0x0a);
    if (newline < 0) throw this.truncated();
    const at = this.#skip(newline + 1);
    return readLine(this.#bytes, at, at + newline);
  }

  /** The integer that a line writes in decimal digits. */
  decimal(line: string): bigint {
    if (!/^[+-]?\d+$/.test(line)) throw this.fault("Expected decimal digits");
    if (line.length > MAX_DIGITS + 1) throw tooManyDigits();
    return boundedInt(BigInt(line.replace("+", "")));
  }

  /** The float that a line writes as Python's `repr`. */
  float(line: string): number {
    const special = /^([+-]?)(inf|nan)$/.exec(line);
    if (special) return special[2] === "nan" ? NaN : special[1] === "-" ? -Infinity : Infinity;
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(line)) throw this.fault("Expected a float");
    return Number(line);
  }

  /** The string that a line writes with escapes for what is not Latin-1. */
  rawUnicode(line: string): string {
    if (!line.includes("\\")) return line;
    return line.replace(/\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})/g, (_, short, long) => {
      const code = parseInt(short ?? long, 16);
      if (code > 0x10ffff) throw this.fault("Expected a Unicode code point");
      return String.fromCodePoint(code);
    });
  }

  /** A line that is a place in the memo. */
  index(): number {
    const line = this.line();
    if (!/^\d{1,9}$/.test(line)) throw this.fault("Expected a place in the memo");
    return Number(line);
  }

  /** The error for bytes that are no pickle; `text` says what was expected. */
  fault(text: string): PickleError {
    return new PickleError("syntax", `${text}, before byte ${this.#at}`);
  }

  /** The error for bytes that end too soon. */
  truncated(): PickleError {
    return this.fault("Expected more bytes");
  }
}

const FLOAT_BYTES = new Uint8Array(8);
const FLOAT_VIEW = new DataView(FLOAT_BYTES.buffer);
