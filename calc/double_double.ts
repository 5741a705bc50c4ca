/**
 * Numbers of about 106 bits, each the sum of two floats: what the functions of `libm.ts` are computed with.
 *
 * Products and sums of two floats are split into the rounded result and exactly what rounding cut off (Dekker, Knuth).
 *
 * @module
 */

/** A number as the sum of a float and a much smaller one. */
export type DoubleDouble = readonly [number, number];

const SPLITTER = 2 ** 27 + 1;

function normalized(high: number, low: number): DoubleDouble {
  const sum = high + low;
  return [sum, low - (sum - high)];
}

/** `a + b`. */
export function addDouble(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const sum = a[0] + b[0];
  const part = sum - a[0];
  const rest = (a[0] - (sum - part)) + (b[0] - part);
  return normalized(sum, rest + a[1] + b[1]);
}

/** `a * b`; neither may be larger than about 1e300. */
export function multiplyDouble(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const product = a[0] * b[0];
  let scaled = SPLITTER * a[0];
  const aHigh = scaled - (scaled - a[0]);
  const aLow = a[0] - aHigh;
  scaled = SPLITTER * b[0];
  const bHigh = scaled - (scaled - b[0]);
  const bLow = b[0] - bHigh;
  const rest = ((aHigh * bHigh - product) + aHigh * bLow + aLow * bHigh) + aLow * bLow;
  return normalized(product, rest + (a[0] * b[1] + a[1] * b[0]));
}

/** `a / b`. */
export function divideDouble(a: DoubleDouble, b: DoubleDouble): DoubleDouble {
  const first = a[0] / b[0];
  const rest = addDouble(a, multiplyDouble(b, [-first, 0]));
  const second = rest[0] / b[0];
  const last = addDouble(rest, multiplyDouble(b, [-second, 0]));
  return addDouble(normalized(first, second), [last[0] / b[0], 0]);
}

/** `a * 2 ** exponent`, exactly; the exponent must not take it out of a float's range. */
export function scaleDouble(a: DoubleDouble, exponent: number): DoubleDouble {
  const factor = 2 ** exponent;
  return [a[0] * factor, a[1] * factor];
}

/** `integer / 2 ** bits` for an integer below `2 ** 1000`, rounded to what two floats hold. */
export function doubleOfFixed(integer: bigint, bits: number): DoubleDouble {
  const high = Number(integer);
  return scaleDouble([high, Number(integer - BigInt(high))], -bits);
}

/** `c[0] + c[1] x + c[2] x² …` */
export function polynomial(coefficients: readonly DoubleDouble[], x: DoubleDouble): DoubleDouble {
  let sum = coefficients[coefficients.length - 1];
  for (let i = coefficients.length - 2; i >= 0; i--) {
    sum = addDouble(multiplyDouble(sum, x), coefficients[i]);
  }
  return sum;
}
