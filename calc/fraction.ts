/**
 * Python's `fractions.Fraction` as a value. Its arithmetic is in `fraction_math.ts`.
 *
 * @module
 */

/** The greatest common divisor of two integers, never negative; 0 when both are 0. */
export function gcd(a: bigint, b: bigint): bigint {
  if (a < 0n) a = -a;
  if (b < 0n) b = -b;
  while (b !== 0n) [a, b] = [b, a % b];
  return a;
}

/** A rational number in lowest terms; the denominator is above zero. */
export class Fraction {
  /** The part above the line, with the sign. */
  readonly numerator: bigint;
  /** The part below the line, at least 1. */
  readonly denominator: bigint;

  /**
   * Reduces `numerator / denominator` to lowest terms.
   *
   * @throws {RangeError} If the denominator is 0.
   */
  constructor(numerator: bigint, denominator = 1n) {
    if (denominator === 0n) throw new RangeError("Expected a denominator other than 0");
    const divisor = gcd(numerator, denominator);
    const sign = denominator < 0n ? -1n : 1n;
    this.numerator = sign * numerator / divisor;
    this.denominator = sign * denominator / divisor;
  }

  /** Takes a numerator and a denominator above 0 that are in lowest terms already. */
  static ofLowestTerms(numerator: bigint, denominator: bigint): Fraction {
    // The one place that makes a Fraction past its constructor, whose search for a common divisor is the costly part.
    const fraction = Object.create(Fraction.prototype);
    fraction.numerator = numerator;
    fraction.denominator = denominator;
    return fraction;
  }

  /** As Python's `str`: `4/3`, or `4` when the denominator is 1. */
  toString(): string {
    return this.denominator === 1n ? `${this.numerator}` : `${this.numerator}/${this.denominator}`;
  }
}
