/**
 * Arithmetic of Fractions, as Python's `fractions` module does it, error texts included.
 *
 * @module
 */

import { builtinException, CalcError } from "./errors.ts";
import { Fraction, gcd } from "./fraction.ts";
import { boundedInt, intModulo, intPower } from "./integer.ts";

/** `left + right`. */
export function addFractions(left: Fraction, right: Fraction): Fraction {
  return bounded(
    left.numerator * right.denominator + right.numerator * left.denominator,
    left.denominator * right.denominator,
  );
}

/** `left - right`. */
export function subtractFractions(left: Fraction, right: Fraction): Fraction {
  return bounded(
    left.numerator * right.denominator - right.numerator * left.denominator,
    left.denominator * right.denominator,
  );
}

/** `left * right`. */
export function multiplyFractions(left: Fraction, right: Fraction): Fraction {
  return bounded(left.numerator * right.numerator, left.denominator * right.denominator);
}

/**
 * `left / right`.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function divideFractions(left: Fraction, right: Fraction): Fraction {
  if (right.numerator === 0n) {
    // Python shortens before it looks: the numerator is 1, -1 or 0 by then.
    const size = gcd(left.numerator, 0n);
    throw zeroDenominator(size > 1n ? left.numerator / size : left.numerator);
  }
  return bounded(left.numerator * right.denominator, left.denominator * right.numerator);
}

/**
 * `left % right`, with the sign of the divisor.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function moduloFractions(left: Fraction, right: Fraction): Fraction {
  return bounded(
    intModulo(left.numerator * right.denominator, right.numerator * left.denominator),
    left.denominator * right.denominator,
  );
}

/**
 * `base ** exponent` for a whole exponent.
 *
 * @throws {CalcError} If 0 is raised to a negative power, or the result has too many digits.
 */
export function powerOfFraction(base: Fraction, exponent: bigint): Fraction {
  if (exponent >= 0n) {
    return bounded(intPower(base.numerator, exponent), intPower(base.denominator, exponent));
  }
  if (base.numerator === 0n) throw zeroDenominator(1n);
  return bounded(intPower(base.denominator, -exponent), intPower(base.numerator, -exponent));
}

/** Less than 0, 0, or more than 0, as `left` is less than, equal to, or more than `right`. */
export function compareFractions(left: Fraction, right: Fraction): number {
  const difference = left.numerator * right.denominator - right.numerator * left.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** A finite float as the fraction that it is exactly. */
export function exactFraction(value: number): Fraction {
  let exponent = 0;
  // A power of two at a time keeps every digit.
  while (!Number.isInteger(value)) {
    value *= 2;
    exponent++;
  }
  return new Fraction(BigInt(value), 1n << BigInt(exponent));
}

function bounded(numerator: bigint, denominator: bigint): Fraction {
  const result = new Fraction(numerator, denominator);
  boundedInt(result.numerator);
  boundedInt(result.denominator);
  return result;
}

function zeroDenominator(numerator: bigint): CalcError {
  return new CalcError(builtinException("ZeroDivisionError", `Fraction(${numerator}, 0)`));
}
