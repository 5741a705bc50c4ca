/**
 * The closed table of functions that an expression can name, each with Python's arity errors and Python's behaviour.
 *
 * A pickle names a function by module and name; nothing outside this table is ever found. Spec: calc, 2.3.
 *
 * @module
 */

import { builtinException, CalcError } from "./errors.ts";
import { floatDivide, toFloat } from "./float.ts";
import { Fraction } from "./fraction.ts";
import { bitLength, modularPower } from "./integer.ts";
import { cosRounded, logRounded, sinRounded, tanRounded } from "./libm.ts";
import type { MersenneTwister, RandomState } from "./mersenne_twister.ts";
import {
  add,
  divide,
  isLess,
  modulo,
  multiply,
  negate,
  positive,
  power,
  type PyNumber,
  subtract,
} from "./numbers.ts";
import { typeName } from "./python_repr.ts";

/** A function of the table: what it is called in a pickle, and what it does. */
export interface PyFunction {
  /** Python module, such as `math`. */
  readonly module: string;
  /** Name in that module, such as `sin`. */
  readonly name: string;
  /** Computes the result. @throws {CalcError} As Python would raise. */
  readonly call: (args: readonly PyNumber[]) => PyNumber;
}

/** `random.Random.uniform` bound to a generator whose state travels with it. */
export interface RandomFunction {
  /** Tells it from a {@linkcode PyFunction}. */
  readonly module: "random";
  /** Always `uniform`. */
  readonly name: "uniform";
  /** The state to draw from; one object is one generator, however often it is named. */
  readonly state: RandomState;
}

/** Anything an operator or a function of an expression can stand for. */
export type Callable = PyFunction | RandomFunction;

/** Every function, by module and then by name. */
export const FUNCTIONS: ReadonlyMap<string, ReadonlyMap<string, PyFunction>> = new Map([
  table("_operator", {
    add: binary("add", add),
    sub: binary("sub", subtract),
    mul: binary("mul", multiply),
    truediv: binary("truediv", divide),
    mod: binary("mod", modulo),
    pow: binary("pow", power),
    neg: unary("_operator.neg", negate),
    pos: unary("_operator.pos", positive),
  }),
  table("math", {
    sin: unary("math.sin", (x) => finite(sinRounded, x)),
    cos: unary("math.cos", (x) => finite(cosRounded, x)),
    tan: unary("math.tan", (x) => finite(tanRounded, x)),
    sqrt: unary("math.sqrt", squareRoot),
    log: logarithm,
  }),
  table("builtins", {
    max: (args) => extreme("max", args, (item, best) => isLess(best, item)),
    min: (args) => extreme("min", args, (item, best) => isLess(item, best)),
    pow: powerOfTwoOrThree,
  }),
]);

/**
 * Python's `uniform(a, b)`: `a + (b - a) * random()`.
 *
 * @throws {CalcError} If there are not two arguments, or the arithmetic fails.
 */
export function uniform(generator: MersenneTwister, args: readonly PyNumber[]): PyNumber {
  const [a, b] = args;
  switch (args.length) {
    case 2:
      return add(a, multiply(subtract(b, a), generator.random()));
    case 1:
      throw typeError("Random.uniform() missing 1 required positional argument: 'b'");
    case 0:
      throw typeError("Random.uniform() missing 2 required positional arguments: 'a' and 'b'");
    default:
      throw typeError(
        `Random.uniform() takes 3 positional arguments but ${args.length + 1} were given`,
      );
  }
}

function table(
  module: string,
  calls: Record<string, PyFunction["call"]>,
): [string, ReadonlyMap<string, PyFunction>] {
  return [
    module,
    new Map(Object.entries(calls).map(([name, call]) => [name, { module, name, call }])),
  ];
}

function binary(name: string, call: (a: PyNumber, b: PyNumber) => PyNumber): PyFunction["call"] {
  return (args) => {
    if (args.length !== 2) throw typeError(`${name} expected 2 arguments, got ${args.length}`);
    return call(args[0], args[1]);
  };
}

function unary(name: string, call: (x: PyNumber) => PyNumber): PyFunction["call"] {
  return (args) => {
    if (args.length !== 1) {
      throw typeError(`${name}() takes exactly one argument (${args.length} given)`);
    }
    return call(args[0]);
  };
}

function finite(call: (x: number) => number, value: PyNumber): number {
  const x = toFloat(value);
  if (x === Infinity || x === -Infinity) throw domainError();
  return call(x);
}

function squareRoot(value: PyNumber): number {
  const x = toFloat(value);
  if (x < 0) throw domainError();
  return Math.sqrt(x);
}

function logarithm(args: readonly PyNumber[]): number {
  if (args.length < 1 || args.length > 2) throw typeError("math.log requires 1 to 2 arguments");
  const dividend = naturalLog(args[0]);
  return args.length === 1 ? dividend : floatDivide(dividend, naturalLog(args[1]));
}

function naturalLog(value: PyNumber): number {
  if (typeof value !== "bigint") {
    const x = toFloat(value);
    if (x <= 0) throw domainError();
    return logRounded(x);
  }
  if (value <= 0n) throw domainError();
  const x = Number(value);
  if (x !== Infinity) return logRounded(x);
  // Beyond the largest float: log(m * 2**e) from a mantissa within 0.5..1.
  let exponent = bitLength(value);
  const shift = BigInt(exponent - 64);
  const kept = value >> shift;
  // A last bit for what is cut off, so that Number() rounds as if it saw all of it.
  let mantissa = Number(kept << shift === value ? kept : kept | 1n) / 2 ** 64;
  if (mantissa === 1) {
    mantissa = 0.5;
    exponent++;
  }
  return logRounded(mantissa) + Math.LN2 * exponent;
}

function extreme(
  name: string,
  args: readonly PyNumber[],
  wins: (item: PyNumber, best: PyNumber) => boolean,
): PyNumber {
  if (args.length === 0) throw typeError(`${name} expected at least 1 argument, got 0`);
  if (args.length === 1) throw typeError(`'${typeName(args[0])}' object is not iterable`);
  let best = args[0];
  for (let i = 1; i < args.length; i++) {
    if (wins(args[i], best)) best = args[i];
  }
  return best;
}

function powerOfTwoOrThree(args: readonly PyNumber[]): PyNumber {
  if (args.length === 2) return power(args[0], args[1]);
  if (args.length === 0) throw typeError("pow() missing required argument 'base' (pos 1)");
  if (args.length === 1) throw typeError("pow() missing required argument 'exp' (pos 2)");
  if (args.length > 3) throw typeError(`pow() takes at most 3 arguments (${args.length} given)`);
  const [base, exponent, modulus] = args;
  if (base instanceof Fraction) {
    throw typeError("Fraction.__pow__() takes 2 positional arguments but 3 were given");
  }
  if (typeof base === "number" || typeof exponent === "number" || typeof modulus === "number") {
    throw typeError("pow() 3rd argument not allowed unless all arguments are integers");
  }
  if (exponent instanceof Fraction || modulus instanceof Fraction) {
    const types = args.map((arg) => `'${typeName(arg)}'`).join(", ");
    throw typeError(`unsupported operand type(s) for ** or pow(): ${types}`);
  }
  return modularPower(BigInt(base), BigInt(exponent), BigInt(modulus));
}

function typeError(text: string): CalcError {
  return new CalcError(builtinException("TypeError", text));
}

function domainError(): CalcError {
  return new CalcError(builtinException("ValueError", "math domain error"));
}
