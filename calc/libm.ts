/**
 * sin, cos, tan, log and pow, correctly rounded, so that every runtime gives the same digits.
 *
 * `Math` may be off by one in the last digit, and JavaScript engines differ in that: one in thirty results between two
 * versions of V8. Steps show every digit, and are compared byte for byte. So the functions are computed here with
 * twice the digits, and rounded once. Python's come from the C library, which is correctly rounded but for a few in a
 * thousand.
 *
 * @module
 */

import {
  addDouble,
  divideDouble,
  type DoubleDouble,
  doubleOfFixed,
  multiplyDouble,
  polynomial,
  scaleDouble,
} from "./double_double.ts";

/** Bits after the point in which an angle is reduced; more for angles whose size needs them. */
const ANGLE_BITS = 260;
const LARGE_ANGLE_BITS = 1400;
/** Angles below this are their own sine and tangent, and have cosine 1, to the last digit. */
const TINY_ANGLE = 2 ** -27;

const ONE: DoubleDouble = [1, 0];
const VIEW = new DataView(new ArrayBuffer(8));

/** The sine of a finite angle, or nan of nan. */
export function sinRounded(angle: number): number {
  if (!(Math.abs(angle) >= TINY_ANGLE)) return angle;
  const [quarter, rest] = reduce(angle);
  const size = (quarter & 1) === 0 ? sine(rest) : cosine(rest);
  return (quarter & 2) === 0 ? size[0] : -size[0];
}

/** The cosine of a finite angle, or nan of nan. */
export function cosRounded(angle: number): number {
  if (!(Math.abs(angle) >= TINY_ANGLE)) return angle === angle ? 1 : angle;
  const [quarter, rest] = reduce(angle);
  const size = (quarter & 1) === 0 ? cosine(rest) : sine(rest);
  return quarter === 0 || quarter === 3 ? size[0] : -size[0];
}

/** The tangent of a finite angle, or nan of nan. */
export function tanRounded(angle: number): number {
  if (!(Math.abs(angle) >= TINY_ANGLE)) return angle;
  const [quarter, rest] = reduce(angle);
  return (quarter & 1) === 0
    ? divideDouble(sine(rest), cosine(rest))[0]
    : -divideDouble(cosine(rest), sine(rest))[0];
}

/** The natural logarithm of a number above 0. */
export function logRounded(x: number): number {
  return x === Infinity || x !== x ? x : logarithm(x)[0];
}

/** `base ** exponent`, as JavaScript has it where a result is infinite, nan, 0 or 1. */
export function powRounded(base: number, exponent: number): number {
  const size = Math.abs(base);
  const plain = size ** exponent;
  if (
    size === 0 || size === 1 || exponent === 0 || exponent === 1 || !Number.isFinite(size) ||
    !Number.isFinite(exponent) || (base < 0 && !Number.isInteger(exponent))
  ) return base ** exponent;
  const result = power(size, exponent, plain);
  return base < 0 && exponent % 2 !== 0 ? -result : result;
}

/** `size ** exponent` from its logarithm; `plain` is what JavaScript makes of it. */
function power(size: number, exponent: number, plain: number): number {
  // At the ends of the range there is nothing to round, or not by the same measure.
  if (!(plain > 1e-300 && plain < 1e300)) return plain;
  const [high, low, scale] = exponential(multiplyDouble(logarithm(size), [exponent, 0]));
  // What lies between two floats, or as good as, C libraries round either way; a runtime that calls one agrees with
  // Python.
  const difference = timesPowerOfTwo(plain, -scale) - high;
  return low / difference > 31 / 64 && low / difference < 33 / 64
    ? plain
    : timesPowerOfTwo(high, scale);
}

/** A float above 0 as `mantissa * 2 ** scale`. */
function decompose(value: number): [bigint, number] {
  VIEW.setFloat64(0, value);
  const bits = VIEW.getBigUint64(0) & 0x7fffffffffffffffn;
  const exponent = Number(bits >> 52n);
  const fraction = bits & 0xfffffffffffffn;
  return exponent === 0 ? [fraction, -1074] : [fraction | 0x10000000000000n, exponent - 1075];
}

/** `value * 2 ** exponent`, in two steps, since one factor may be out of range where the result is not. */
function timesPowerOfTwo(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

/** The angle as a number of quarter turns, 0..3, and what is left, at most an eighth of a turn either way. */
function reduce(angle: number): [number, DoubleDouble] {
  const size = Math.abs(angle);
  if (size < 0.785) return [0, [angle, 0]];
  const bits = size < 2 ** 40 ? ANGLE_BITS : LARGE_ANGLE_BITS;
  const quarter = quarterTurn(bits);
  const [mantissa, scale] = decompose(size);
  const fixed = mantissa << BigInt(scale + bits);
  const turns = (2n * fixed + quarter) / (2n * quarter);
  const rest = (fixed - turns * quarter) >> BigInt(bits - ANGLE_BITS);
  const count = Number(turns & 3n);
  const [high, low] = doubleOfFixed(rest, ANGLE_BITS);
  return angle < 0 ? [(4 - count) & 3, [-high, -low]] : [count, [high, low]];
}

const QUARTERS = new Map<number, bigint>();

/** Half of pi with that many bits after the point. */
function quarterTurn(bits: number): bigint {
  let quarter = QUARTERS.get(bits);
  if (quarter === undefined) {
    // Machin: pi / 4 = 4 atan(1/5) - atan(1/239), with some bits to spare.
    const one = 1n << BigInt(bits + 32);
    quarter = (2n * (4n * inverseTangent(5n, one) - inverseTangent(239n, one))) >> 32n;
    QUARTERS.set(bits, quarter);
  }
  return quarter;
}

function inverseTangent(inverse: bigint, one: bigint): bigint {
  let power = one / inverse;
  let sum = power;
  for (let n = 3n, sign = -1n; power !== 0n; n += 2n, sign = -sign) {
    power /= inverse * inverse;
    sum += sign * power / n;
  }
  return sum;
}

/** 1/0!, 1/1!, 1/2! … */
const INVERSE_FACTORIALS: readonly DoubleDouble[] = inverseFactorials(30);
const SINE = alternating(INVERSE_FACTORIALS.filter((_, n) => n % 2 === 1));
const COSINE = alternating(INVERSE_FACTORIALS.filter((_, n) => n % 2 === 0));
const EXPONENTIAL = INVERSE_FACTORIALS.slice(1, 16);
/** 1, 1/3, 1/5 … */
const ODD_INVERSES: readonly DoubleDouble[] = Array.from(
  { length: 24 },
  (_, n) => divideDouble(ONE, [2 * n + 1, 0]),
);
// 2 atanh(1/3)
const LOG_2: DoubleDouble = twiceAtanh(divideDouble(ONE, [3, 0]));

function inverseFactorials(count: number): DoubleDouble[] {
  const values: DoubleDouble[] = [ONE];
  for (let n = 1; n < count; n++) values.push(divideDouble(values[n - 1], [n, 0]));
  return values;
}

function alternating(values: readonly DoubleDouble[]): DoubleDouble[] {
  return values.map(([high, low], n) => n % 2 === 0 ? [high, low] : [-high, -low]);
}

function sine(rest: DoubleDouble): DoubleDouble {
  return multiplyDouble(rest, polynomial(SINE, multiplyDouble(rest, rest)));
}

function cosine(rest: DoubleDouble): DoubleDouble {
  return polynomial(COSINE, multiplyDouble(rest, rest));
}

function twiceAtanh(x: DoubleDouble): DoubleDouble {
  return scaleDouble(multiplyDouble(x, polynomial(ODD_INVERSES, multiplyDouble(x, x))), 1);
}

/** The logarithm of a finite number above 0: of `m * 2 ** e` with m around 1. */
function logarithm(x: number): DoubleDouble {
  const [integer, scale] = decompose(x);
  let mantissa = Number(integer);
  let exponent = scale;
  const shift = Math.floor(Math.log2(mantissa / Math.SQRT1_2));
  mantissa *= 2 ** -shift;
  exponent += shift;
  // log m = 2 atanh((m - 1) / (m + 1)); m - 1 is exact.
  const ratio = divideDouble([mantissa - 1, 0], addDouble([mantissa, 0], ONE));
  return addDouble(multiplyDouble(LOG_2, [exponent, 0]), twiceAtanh(ratio));
}

/** `e ** x` as the two parts of a number around 1, and the power of two to multiply it with. */
function exponential(x: DoubleDouble): [number, number, number] {
  const exponent = Math.round(x[0] / LOG_2[0]);
  // The series is for a 64th of what is left; six squarings of 1 + u make up for that.
  const rest = scaleDouble(addDouble(x, multiplyDouble(LOG_2, [-exponent, 0])), -6);
  let u = multiplyDouble(rest, polynomial(EXPONENTIAL, rest));
  for (let i = 0; i < 6; i++) u = addDouble(scaleDouble(u, 1), multiplyDouble(u, u));
  return [...addDouble(ONE, u), exponent];
}
