/**
 * Python's floats: IEEE doubles, with Python's modulo, power and conversion errors.
 *
 * @module
 */

import { builtinException, CalcError, unknownTypeError } from "./errors.ts";
import { Fraction } from "./fraction.ts";
import { intDivide } from "./integer.ts";
import { powRounded } from "./libm.ts";
import type { PyNumber } from "./python_repr.ts";

/**
 * The nearest float to a number.
 *
 * @throws {CalcError} If the number is beyond the largest float.
 */
export function toFloat(value: PyNumber): number {
  if (typeof value === "number") return value;
  if (value instanceof Fraction) return intDivide(value.numerator, value.denominator);
  const result = Number(value);
  if (result === Infinity || result === -Infinity) {
    throw new CalcError(builtinException("OverflowError", "int too large to convert to float"));
  }
  return result;
}

/**
 * `left / right`.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function floatDivide(left: number, right: number): number {
  if (right === 0) {
    throw new CalcError(builtinException("ZeroDivisionError", "float division by zero"));
  }
  return left / right;
}

/**
 * `left % right` with the sign of the divisor, the sign of a zero included.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function floatModulo(left: number, right: number): number {
  if (right === 0) throw new CalcError(builtinException("ZeroDivisionError", "float modulo"));
  // A nan as the processor makes it, with the sign bit that Python's has.
  if (left === Infinity || left === -Infinity) return right === right ? left - left : right;
  const rest = left % right;
  if (rest === 0) return right < 0 ? -0 : 0;
  return (rest < 0) !== (right < 0) ? rest + right : rest;
}

/**
 * `base ** exponent`.
 *
 * @throws {CalcError} If the result is too large, would be complex, or 0 is raised to a negative power.
 */
export function floatPower(base: number, exponent: number): number {
  if (exponent === 0 || base === 1) return 1;
  // The nan itself, whose sign bit travels in an answer.
  if (base !== base) return base;
  if (exponent !== exponent) return exponent;
  // Python gives 1 where JavaScript gives NaN.
  if (base === -1 && (exponent === Infinity || exponent === -Infinity)) return 1;
  if (base === 0 && exponent < 0) {
    throw new CalcError(
      builtinException("ZeroDivisionError", "0.0 cannot be raised to a negative power"),
    );
  }
  if (base < 0 && base !== -Infinity && !Number.isInteger(exponent) && Number.isFinite(exponent)) {
    // Python computes the complex number before anyone can refuse it.
    if ((-base) ** exponent === Infinity) {
      throw new CalcError(builtinException("OverflowError", "complex exponentiation"));
    }
    throw unknownTypeError("complex");
  }
  const result = powRounded(base, exponent);
  if (
    (result === Infinity || result === -Infinity) && Number.isFinite(base) &&
    Number.isFinite(exponent)
  ) {
    throw new CalcError(
      builtinException("OverflowError", 34n, "Numerical result out of range"),
    );
  }
  return result;
}
