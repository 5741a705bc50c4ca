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
  return sum(left, right.numerator, right.denominator);
}

/** `left - right`. */
export function subtractFractions(left: Fraction, right: Fraction): Fraction {
  return sum(left, -right.numerator, right.denominator);
}

/** Only what the denominators share can be left to shorten (Knuth, 4.5.1): that is far smaller than the result. */
function sum(left: Fraction, numerator: bigint, denominator: bigint): Fraction {
  const shared = gcd(left.denominator, denominator);
  const part = left.denominator / shared;
  const total = left.numerator * (denominator / shared) + numerator * part;
  const rest = gcd(total, shared);
  return bounded(total / rest, part * (denominator / rest));
}

/** `left * right`. */
export function multiplyFractions(left: Fraction, right: Fraction): Fraction {
  return product(left, right.numerator, right.denominator);
}

/** Each part can share a divisor only with the other's opposite. */
function product(left: Fraction, numerator: bigint, denominator: bigint): Fraction {
  const first = gcd(left.numerator, denominator);
  const second = gcd(numerator, left.denominator);
  return bounded(
    (left.numerator / first) * (numerator / second),
    (left.denominator / second) * (denominator / first),
  );
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
  return right.numerator > 0n
    ? product(left, right.denominator, right.numerator)
    : product(left, -right.denominator, -right.numerator);
}

/**
 * `left % right`, with the sign of the divisor.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function moduloFractions(left: Fraction, right: Fraction): Fraction {
  const result = new Fraction(
    intModulo(left.numerator * right.denominator, right.numerator * left.denominator),
    left.denominator * right.denominator,
  );
  return bounded(result.numerator, result.denominator);
}

/**
 * `base ** exponent` for a whole exponent.
 *
 * @throws {CalcError} If 0 is raised to a negative power, or the result has too many digits.
 */
export function powerOfFraction(base: Fraction, exponent: bigint): Fraction {
  if (exponent >= 0n) {
    return Fraction.ofLowestTerms(
      intPower(base.numerator, exponent),
      intPower(base.denominator, exponent),
    );
  }
  if (base.numerator === 0n) throw zeroDenominator(1n);
  // The sign stands above the line.
  const sign = base.numerator < 0n ? -1n : 1n;
  return Fraction.ofLowestTerms(
    intPower(sign * base.denominator, -exponent),
    intPower(sign * base.numerator, -exponent),
  );
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

/** A fraction in lowest terms whose parts have at most 4 300 digits. */
function bounded(numerator: bigint, denominator: bigint): Fraction {
  return Fraction.ofLowestTerms(boundedInt(numerator), boundedInt(denominator));
}

function zeroDenominator(numerator: bigint): CalcError {
  return new CalcError(builtinException("ZeroDivisionError", `Fraction(${numerator}, 0)`));
}
