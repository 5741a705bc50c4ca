/**
 * Text as Python writes it: numbers as `str()` does, strings as `repr()` does. Steps and error texts are made of these.
 *
 * @module
 */

import { Fraction } from "./fraction.ts";

/** An int (`bigint`), a float (`number`), a bool or a Fraction: the numbers an expression can hold. */
export type PyNumber = bigint | number | boolean | Fraction;

/**
 * A float as Python's `repr`: the shortest digits that give the same float back, an exponent below 1e-4 and from 1e16.
 *
 * Both languages choose the same digits (the shortest, and of those the nearest), so only the layout differs.
 */
export function floatRepr(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e16) {
    const text = String(value);
    return Number.isInteger(value) ? text + ".0" : text;
  }
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  if (value !== value) return "nan";
  if (size === Infinity) return value > 0 ? "inf" : "-inf";
  const text = value.toExponential();
  // Python writes at least two digits in the exponent: 1e-07.
  return text.at(-2) === "-" || text.at(-2) === "+" ? text.slice(0, -1) + "0" + text.at(-1) : text;
}

const SMALL_INTEGERS = Array.from({ length: 256 }, (_, n) => String(n));

/** A number as Python's `str`: `7`, `2.0`, `1e+16`, `True`, `4/3`. */
export function numberText(value: PyNumber): string {
  switch (typeof value) {
    case "number":
      return floatRepr(value);
    case "bigint":
      return value >= 0n && value < 256n ? SMALL_INTEGERS[Number(value)] : value.toString();
    case "boolean":
      return value ? "True" : "False";
    default:
      return value.toString();
  }
}

/** A number as Python's `repr`: as {@linkcode numberText}, but `Fraction(4, 3)`. */
export function numberRepr(value: PyNumber): string {
  return value instanceof Fraction
    ? `Fraction(${value.numerator}, ${value.denominator})`
    : numberText(value);
}

/** The name of a number's Python type: `int`, `float`, `bool` or `Fraction`. */
export function typeName(value: PyNumber): "int" | "float" | "bool" | "Fraction" {
  switch (typeof value) {
    case "number":
      return "float";
    case "bigint":
      return "int";
    case "boolean":
      return "bool";
    default:
      return "Fraction";
  }
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = {
  "\\": "\\\\",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/** A string as Python's `repr`: in single quotes unless that would need more escapes, unprintable characters escaped. */
export function stringRepr(text: string): string {
  const quote = text.includes("'") && !text.includes('"') ? '"' : "'";
  const body = text.replace(/[\p{C}\p{Z}\\'"]/gu, (char) => {
    if (char === " ") return char;
    if (char === "'" || char === '"') return char === quote ? "\\" + char : char;
    return SHORT_ESCAPES[char] ?? escape(char.codePointAt(0)!);
  });
  return quote + body + quote;
}

function escape(code: number): string {
  const hex = code.toString(16);
  if (code <= 0xff) return "\\x" + hex.padStart(2, "0");
  return code <= 0xffff ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
}
