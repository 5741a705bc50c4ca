/**
 * Python's number tower and its operators: int is `bigint`, float is `number`, bool is `boolean`, Fraction is a class.
 *
 * An int and a float are told apart by their JavaScript type, and the common cases are one `typeof` away from the
 * machine's own operation. Spec: calc, 2.4 and 2.7.
 *
 * @module
 */

import { floatDivide, floatModulo, floatPower, toFloat } from "./float.ts";
import { Fraction } from "./fraction.ts";
import {
  addFractions,
  compareFractions,
  divideFractions,
  exactFraction,
  moduloFractions,
  multiplyFractions,
  powerOfFraction,
  subtractFractions,
} from "./fraction_math.ts";
import { boundedInt, intDivide, intModulo, intPower } from "./integer.ts";
import type { PyNumber } from "./python_repr.ts";

export type { PyNumber } from "./python_repr.ts";

/** `left + right`. @throws {CalcError} If an int would have too many digits. */
export function add(left: PyNumber, right: PyNumber): PyNumber {
  if (typeof left === "number" && typeof right === "number") return left + right;
  if (typeof left === "bigint" && typeof right === "bigint") return boundedInt(left + right);
  return mixed(left, right, (a, b) => boundedInt(a + b), addFractions, (a, b) => a + b);
}

/** `left - right`. @throws {CalcError} If an int would have too many digits. */
export function subtract(left: PyNumber, right: PyNumber): PyNumber {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "bigint" && typeof right === "bigint") return boundedInt(left - right);
  return mixed(left, right, (a, b) => boundedInt(a - b), subtractFractions, (a, b) => a - b);
}

/** `left * right`. @throws {CalcError} If an int would have too many digits. */
export function multiply(left: PyNumber, right: PyNumber): PyNumber {
  if (typeof left === "number" && typeof right === "number") return left * right;
  if (typeof left === "bigint" && typeof right === "bigint") return boundedInt(left * right);
  return mixed(left, right, (a, b) => boundedInt(a * b), multiplyFractions, (a, b) => a * b);
}

/** `left / right`, true division. @throws {CalcError} If `right` is 0, or the quotient is too large. */
export function divide(left: PyNumber, right: PyNumber): PyNumber {
  return mixed(left, right, intDivide, divideFractions, floatDivide);
}

/** `left % right`, with the sign of the divisor. @throws {CalcError} If `right` is 0. */
export function modulo(left: PyNumber, right: PyNumber): PyNumber {
  return mixed(left, right, intModulo, moduloFractions, floatModulo);
}

/**
 * `base ** exponent`.
 *
 * @throws {CalcError} If the result is too large, would be complex, or 0 is raised to a negative power.
 */
export function power(base: PyNumber, exponent: PyNumber): PyNumber {
  if (typeof base === "boolean") base = base ? 1n : 0n;
  if (typeof exponent === "boolean") exponent = exponent ? 1n : 0n;
  if (exponent instanceof Fraction && exponent.denominator === 1n) {
    // Python leaves Fractions by way of the exponent's numerator, but keeps them for a negative one.
    const whole = exponent.numerator;
    if (whole >= 0n || typeof base === "number") exponent = whole;
    else if (typeof base === "bigint") return powerOfFraction(new Fraction(base), whole);
  }
  if (typeof exponent === "bigint") {
    if (base instanceof Fraction) return powerOfFraction(base, exponent);
    if (typeof base === "bigint" && exponent >= 0n) return intPower(base, exponent);
  } else if (base instanceof Fraction && exponent instanceof Fraction) {
    if (exponent.denominator === 1n) return powerOfFraction(base, exponent.numerator);
  }
  return floatPower(toFloat(base), toFloat(exponent));
}

/** `-value`. */
export function negate(value: PyNumber): PyNumber {
  if (value instanceof Fraction) return new Fraction(-value.numerator, value.denominator);
  if (typeof value === "boolean") return value ? -1n : 0n;
  return -value;
}

/** `+value`: a bool becomes an int, anything else stays. */
export function positive(value: PyNumber): PyNumber {
  return typeof value === "boolean" ? (value ? 1n : 0n) : value;
}

/** Whether `left < right`, compared exactly; false when either is nan. */
export function isLess(left: PyNumber, right: PyNumber): boolean {
  if (left instanceof Fraction || right instanceof Fraction) {
    return compareWithFraction(left, right) < 0;
  }
  return left < right;
}

function compareWithFraction(left: PyNumber, right: PyNumber): number {
  if (typeof left === "number" && !Number.isFinite(left)) {
    return left === Infinity ? 1 : left === -Infinity ? -1 : NaN;
  }
  if (typeof right === "number" && !Number.isFinite(right)) {
    return right === Infinity ? -1 : right === -Infinity ? 1 : NaN;
  }
  return compareFractions(asFraction(left), asFraction(right));
}

function asFraction(value: PyNumber): Fraction {
  if (value instanceof Fraction) return value;
  return typeof value === "number" ? exactFraction(value) : new Fraction(BigInt(value));
}

/** Runs the operation of the wider of the two types: int, then Fraction, then float. */
function mixed(
  left: PyNumber,
  right: PyNumber,
  ints: (a: bigint, b: bigint) => PyNumber,
  fractions: (a: Fraction, b: Fraction) => Fraction,
  floats: (a: number, b: number) => number,
): PyNumber {
  if (typeof left === "number" || typeof right === "number") {
    return floats(toFloat(left), toFloat(right));
  }
  if (left instanceof Fraction || right instanceof Fraction) {
    return fractions(asFraction(left), asFraction(right));
  }
  return ints(BigInt(left), BigInt(right));
}
