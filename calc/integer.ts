/**
 * Python's integers on `bigint`, kept within the 4 300 digits that an answer can show.
 *
 * No operation here starts work whose result would be refused, so none takes longer than a few milliseconds.
 *
 * @module
 */

import { builtinException, CalcError } from "./errors.ts";

/** The most decimal digits an integer may have, as in Python's own text conversion. */
export const MAX_DIGITS = 4300;

const LIMIT = 10n ** BigInt(MAX_DIGITS);
/** Bits of the largest integer allowed. */
const MAX_BITS = LIMIT.toString(2).length;
const SAFE = BigInt(Number.MAX_SAFE_INTEGER);
/** Cost in word multiplications beyond which a modular power would take longer than a few milliseconds. */
const MAX_POWER_COST = 2_000_000;

/** The error for an integer of more than {@linkcode MAX_DIGITS} digits, in Python's words. */
export function tooManyDigits(): CalcError {
  const text = `Exceeds the limit (${MAX_DIGITS} digits) for integer string conversion; ` +
    "use sys.set_int_max_str_digits() to increase the limit";
  return new CalcError(builtinException("ValueError", text));
}

/**
 * Returns `value` when it has at most {@linkcode MAX_DIGITS} digits.
 *
 * @throws {CalcError} If it has more.
 */
export function boundedInt(value: bigint): bigint {
  if (value >= LIMIT || value <= -LIMIT) throw tooManyDigits();
  return value;
}

/** The number of bits of the absolute value; 0 for 0. */
export function bitLength(value: bigint): number {
  if (value < 0n) value = -value;
  if (value <= SAFE) {
    const small = Number(value);
    return small === 0 ? 0 : Math.floor(Math.log2(small)) + 1;
  }
  const hex = value.toString(16);
  return hex.length * 4 - Math.clz32(parseInt(hex[0], 16)) + 28;
}

/**
 * `left % right` with the sign of the divisor.
 *
 * @throws {CalcError} If `right` is 0.
 */
export function intModulo(left: bigint, right: bigint): bigint {
  if (right === 0n) {
    throw new CalcError(builtinException("ZeroDivisionError", "integer modulo by zero"));
  }
  const rest = left % right;
  return rest !== 0n && (rest < 0n) !== (right < 0n) ? rest + right : rest;
}

/**
 * `base ** exponent` for an exponent that is not negative.
 *
 * @throws {CalcError} If the result would have too many digits; it is not computed then.
 */
export function intPower(base: bigint, exponent: bigint): bigint {
  if (base === 0n || base === 1n) return exponent === 0n ? 1n : base;
  if (base === -1n) return (exponent & 1n) === 0n ? 1n : -1n;
  // A base of n bits is at least 2 ** (n - 1).
  if (exponent > SAFE || (bitLength(base) - 1) * Number(exponent) > MAX_BITS) throw tooManyDigits();
  return boundedInt(base ** exponent);
}

/**
 * `left / right`, the nearest float to the exact quotient.
 *
 * @throws {CalcError} If `right` is 0, or the quotient is beyond the largest float.
 */
export function intDivide(left: bigint, right: bigint): number {
  if (right === 0n) throw new CalcError(builtinException("ZeroDivisionError", "division by zero"));
  if (left <= SAFE && left >= -SAFE && right <= SAFE && right >= -SAFE) {
    return Number(left) / Number(right);
  }
  const negative = (left < 0n) !== (right < 0n);
  const size = positiveQuotient(left < 0n ? -left : left, right < 0n ? -right : right);
  return negative ? -size : size;
}

function positiveQuotient(left: bigint, right: bigint): number {
  if (left === 0n) return 0;
  const magnitude = bitLength(left) - bitLength(right);
  // Below the smallest subnormal float (2 ** -1074), its half included, everything is 0.
  if (magnitude < -1076) return 0;
  if (magnitude > 1024) throw quotientTooLarge();
  // A quotient of 64 bits or more, and no bit below the last one that a float of this size has. Its last bit is set
  // when something was left over, so that Number() rounds as if it saw the exact value.
  const shift = Math.min(64 - magnitude, 1076);
  let quotient: bigint;
  let exact: boolean;
  if (shift >= 0) {
    const scaled = left << BigInt(shift);
    quotient = scaled / right;
    exact = quotient * right === scaled;
  } else {
    const scaled = right << BigInt(-shift);
    quotient = left / scaled;
    exact = quotient * scaled === left;
  }
  if (!exact) quotient |= 1n;
  const result = shift === 1076 ? subnormal(quotient) : scale(Number(quotient), -shift);
  if (result === Infinity) throw quotientTooLarge();
  return result;
}

/** `quotient * 2 ** -1076` rounded once: a float this small has fewer than 53 bits, so Number() can't do it alone. */
function subnormal(quotient: bigint): number {
  if (quotient >= 1n << 56n) return scale(Number(quotient), -1076);
  const kept = quotient >> 2n;
  const rest = quotient & 3n;
  const up = rest === 3n || (rest === 2n && (kept & 1n) === 1n);
  return scale(Number(up ? kept + 1n : kept), -1074);
}

/** `value * 2 ** exponent`, in two steps so that neither factor is out of range; exact unless the result overflows. */
function scale(value: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return value * 2 ** half * 2 ** (exponent - half);
}

function quotientTooLarge(): CalcError {
  return new CalcError(
    builtinException("OverflowError", "integer division result too large for a float"),
  );
}

/**
 * Python's `pow(base, exponent, modulus)` for integers.
 *
 * @throws {CalcError} If the modulus is 0, no inverse exists, or the work would take too long.
 */
export function modularPower(base: bigint, exponent: bigint, modulus: bigint): bigint {
  if (modulus === 0n) throw valueError("pow() 3rd argument cannot be 0");
  const size = modulus < 0n ? -modulus : modulus;
  if (exponent < 0n) {
    base = inverse(base, size);
    exponent = -exponent;
  }
  const words = bitLength(size) / 64 + 1;
  if (bitLength(exponent) * words * words > MAX_POWER_COST) {
    throw valueError("pow() with these 3 arguments would take too long");
  }
  let result = 1n % size;
  let square = intModulo(base, size);
  for (const bit of Array.from(exponent.toString(2)).reverse()) {
    if (bit === "1") result = result * square % size;
    square = square * square % size;
  }
  return intModulo(result, modulus);
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [a, b] = [intModulo(value, modulus), modulus];
  let [x, y] = [1n, 0n];
  while (b !== 0n) {
    const quotient = a / b;
    [a, b] = [b, a - quotient * b];
    [x, y] = [y, x - quotient * y];
  }
  if (a !== 1n) throw valueError("base is not invertible for the given modulus");
  return intModulo(x, modulus);
}

function valueError(text: string): CalcError {
  return new CalcError(builtinException("ValueError", text));
}
