/**
 * Operators and functions as an expression holds them: how they are shown, and what they stand for.
 *
 * Those of the original programs are single objects here, as they are there: an encoder writes the second use of an
 * object as a reference to the first. Spec: calc, 2.3.
 *
 * @module
 */

import { type Callable, FUNCTIONS, type PyFunction } from "./functions.ts";
import { RandomState } from "./mersenne_twister.ts";

/** Which way a chain of one operator folds; the pickled value is 0 for left, 1 for right. */
export type Associativity = "LEFT" | "RIGHT";

/** An operator between two operands. */
export class BinaryOperator {
  /** How it is shown, such as `+`. */
  readonly symbol: string;
  /** What it computes. */
  readonly function: Callable;
  /** Which way a chain of it folds. */
  readonly associativity: Associativity;

  /** Makes an operator; the usual ones are {@linkcode ADD} … {@linkcode POW}. */
  constructor(symbol: string, fn: Callable, associativity: Associativity) {
    this.symbol = symbol;
    this.function = fn;
    this.associativity = associativity;
  }
}

/** An operator before one operand. */
export class UnaryOperator {
  /** How it is shown, such as `-`. */
  readonly symbol: string;
  /** What it computes. */
  readonly function: Callable;

  /** Makes an operator; the usual ones are {@linkcode NEG} and {@linkcode POS}. */
  constructor(symbol: string, fn: Callable) {
    this.symbol = symbol;
    this.function = fn;
  }
}

/** A function that an expression calls. */
export class NamedFunction {
  /** How it is shown, such as `max`. */
  readonly name: string;
  /** What it computes. */
  readonly function: Callable;

  /** Makes a function; the usual ones are in {@linkcode NAMED_FUNCTIONS}. */
  constructor(name: string, fn: Callable) {
    this.name = name;
    this.function = fn;
  }
}

/** `+` */
export const ADD: BinaryOperator = new BinaryOperator("+", find("_operator", "add"), "LEFT");
/** `-` between operands */
export const SUB: BinaryOperator = new BinaryOperator("-", find("_operator", "sub"), "LEFT");
/** `*` */
export const MUL: BinaryOperator = new BinaryOperator("*", find("_operator", "mul"), "LEFT");
/** `/` */
export const DIV: BinaryOperator = new BinaryOperator("/", find("_operator", "truediv"), "LEFT");
/** `%` */
export const MOD: BinaryOperator = new BinaryOperator("%", find("_operator", "mod"), "LEFT");
/** `**` */
export const POW: BinaryOperator = new BinaryOperator("**", find("_operator", "pow"), "RIGHT");
/** `-` before an operand */
export const NEG: UnaryOperator = new UnaryOperator("-", find("_operator", "neg"));
/** `+` before an operand */
export const POS: UnaryOperator = new UnaryOperator("+", find("_operator", "pos"));

/** The binary operators by symbol. */
export const BINARY_OPERATORS: ReadonlyMap<string, BinaryOperator> = new Map(
  [ADD, SUB, MUL, DIV, MOD, POW].map((operator) => [operator.symbol, operator]),
);

/** The unary operators by symbol. */
export const UNARY_OPERATORS: ReadonlyMap<string, UnaryOperator> = new Map(
  [NEG, POS].map((operator) => [operator.symbol, operator]),
);

/** The functions by name, but for `rand`, whose generator is each client's own: see {@linkcode randomFunction}. */
export const NAMED_FUNCTIONS: ReadonlyMap<string, NamedFunction> = new Map(
  ["sin", "cos", "tan", "sqrt", "log", "max", "min", "pow"].map((name) => {
    const module = ["max", "min", "pow"].includes(name) ? "builtins" : "math";
    return [name, new NamedFunction(name, find(module, name))];
  }),
);

/**
 * `rand(a, b)` with a generator whose state travels in the request.
 *
 * @param words 624 random words, each 0..2**32-1, such as `crypto.getRandomValues(new Uint32Array(624))`.
 */
export function randomFunction(words: Uint32Array): NamedFunction {
  return new NamedFunction("rand", {
    module: "random",
    name: "uniform",
    state: new RandomState(words, words.length),
  });
}

function find(module: string, name: string): PyFunction {
  return FUNCTIONS.get(module)!.get(name)!;
}
