/**
 * Strings out of a pickle. Those that every packet holds are recognised from their bytes, without making a new string.
 *
 * @module
 */

import { PickleError } from "./errors.ts";

/** What legitimate pickles are made of: attributes, classes, modules, functions, symbols. */
const COMMON =
  ("calculator Constant NamedConstant BinaryExpr BinaryOperator UnaryExpr UnaryOperator " +
    "FunctionCallExpr Function Associativity value name left_operand operator right_operand symbol " +
    "function associativity operand args _operator add sub mul truediv mod pow neg pos math sin cos " +
    "tan sqrt log builtins max min rand getattr LEFT RIGHT random Random uniform PI TAU E + - * / " +
    "% ** copy_reg _reconstructor __builtin__ object api CalculatorServerError " +
    "CalculatorClientError ZeroDivisionError ValueError TypeError OverflowError").split(" ");

const SLOTS = 256;
const TABLE: string[][] = Array.from({ length: SLOTS }, () => []);
for (const text of COMMON) {
  const bytes = new TextEncoder().encode(text);
  TABLE[slot(bytes, 0, bytes.length)].push(text);
}

const DECODER = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The UTF-8 string in `bytes[start, end)`.
 *
 * @throws {PickleError} If the bytes are not UTF-8.
 */
export function readString(bytes: Uint8Array, start: number, end: number): string {
  const length = end - start;
  if (length === 0) return "";
  if (length <= 24) {
    for (const text of TABLE[slot(bytes, start, length)]) {
      if (matches(text, bytes, start, length)) return text;
    }
  }
  try {
    return DECODER.decode(bytes.subarray(start, end));
  } catch (cause) {
    throw new PickleError("syntax", `Expected UTF-8 at byte ${start}: ${cause}`);
  }
}

/** The Latin-1 text in `bytes[start, end)`: an argument line of protocol 0. */
export function readLine(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let i = start; i < end; i++) text += String.fromCharCode(bytes[i]);
  return text;
}

function slot(bytes: Uint8Array, start: number, length: number): number {
  const last = start + length - 1;
  return (length * 67 + bytes[start] * 31 + bytes[last] * 7 + bytes[start + (length >> 1)]) &
    (SLOTS - 1);
}

function matches(text: string, bytes: Uint8Array, start: number, length: number): boolean {
  if (text.length !== length) return false;
  for (let i = 0; i < length; i++) {
    if (text.charCodeAt(i) !== bytes[start + i]) return false;
  }
  return true;
}
