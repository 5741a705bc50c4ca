/**
 * Expressions as trees: five kinds of node, and the builders that put them together as the original's do.
 *
 * A node knows how large and how deep the tree below it is. Both are counted with every use of a shared node, so a
 * limit on them bounds the work of whoever walks the tree, and lets that walk recurse. Spec: calc, 2.3.
 *
 * @module
 */

import { builtinException, CalcError } from "./errors.ts";
import type { BinaryOperator, NamedFunction, UnaryOperator } from "./operators.ts";
import type { PyNumber } from "./python_repr.ts";

/** The most nodes an expression may have, shared nodes counted at each use. */
export const MAX_NODES = 20_000;
/** The deepest nesting an expression may have. */
export const MAX_DEPTH = 1_000;

/** A node of an expression. */
export type Expression = Constant | NamedConstant | Operation;
/** A node that computes something from its operands. */
export type Operation = BinaryExpr | UnaryExpr | FunctionCallExpr;

/** A plain number. */
export class Constant {
  /** Tells the kinds of node apart. */
  readonly kind = "constant";
  /** Nodes in this tree. */
  readonly size = 1;
  /** Nodes on the longest way down. */
  readonly depth = 1;
  /** The number. */
  readonly value: PyNumber;

  /** Wraps a number. */
  constructor(value: PyNumber) {
    this.value = value;
  }
}

/** A number that is shown by its name until it is used. */
export class NamedConstant {
  /** Tells the kinds of node apart. */
  readonly kind = "named";
  /** Nodes in this tree. */
  readonly size = 1;
  /** Nodes on the longest way down. */
  readonly depth = 1;
  /** How it is shown, such as `PI`. */
  readonly name: string;
  /** The number. */
  readonly value: PyNumber;

  /** Makes a named number; the usual ones are {@linkcode PI}, {@linkcode TAU} and {@linkcode E}. */
  constructor(name: string, value: PyNumber) {
    this.name = name;
    this.value = value;
  }
}

/** An operator between two operands. */
export class BinaryExpr {
  /** Tells the kinds of node apart. */
  readonly kind = "binary";
  /** Nodes in this tree, each use of a shared node counted. */
  readonly size: number;
  /** Nodes on the longest way down. */
  readonly depth: number;
  /** The operator. */
  readonly operator: BinaryOperator;
  /** The left and the right operand. */
  readonly operands: readonly [Expression, Expression];

  /** Joins two expressions. */
  constructor(left: Expression, operator: BinaryOperator, right: Expression) {
    this.operator = operator;
    this.operands = [left, right];
    this.size = left.size + right.size + 1;
    this.depth = (left.depth > right.depth ? left.depth : right.depth) + 1;
  }
}

/** An operator before one operand. */
export class UnaryExpr {
  /** Tells the kinds of node apart. */
  readonly kind = "unary";
  /** Nodes in this tree, each use of a shared node counted. */
  readonly size: number;
  /** Nodes on the longest way down. */
  readonly depth: number;
  /** The operator. */
  readonly operator: UnaryOperator;
  /** The one operand. */
  readonly operands: readonly [Expression];

  /** Applies an operator to an expression. */
  constructor(operator: UnaryOperator, operand: Expression) {
    this.operator = operator;
    this.operands = [operand];
    this.size = operand.size + 1;
    this.depth = operand.depth + 1;
  }
}

/** A function called with any number of arguments. */
export class FunctionCallExpr {
  /** Tells the kinds of node apart. */
  readonly kind = "call";
  /** Nodes in this tree, each use of a shared node counted. */
  readonly size: number;
  /** Nodes on the longest way down. */
  readonly depth: number;
  /** The function. */
  readonly operator: NamedFunction;
  /** The arguments. */
  readonly operands: readonly Expression[];

  /** Calls a function; the list of arguments is not copied. */
  constructor(fn: NamedFunction, args: readonly Expression[]) {
    this.operator = fn;
    this.operands = args;
    let size = 1;
    let depth = 0;
    for (const arg of args) {
      size += arg.size;
      if (arg.depth > depth) depth = arg.depth;
    }
    this.size = size;
    this.depth = depth + 1;
  }
}

/** The ratio of a circle's circumference to its diameter. */
export const PI: NamedConstant = new NamedConstant("PI", Math.PI);
/** Twice {@linkcode PI}. */
export const TAU: NamedConstant = new NamedConstant("TAU", 2 * Math.PI);
/** The base of natural logarithms. */
export const E: NamedConstant = new NamedConstant("E", Math.E);

/** The named constants by name. */
export const NAMED_CONSTANTS: ReadonlyMap<string, NamedConstant> = new Map(
  [PI, TAU, E].map((constant) => [constant.name, constant]),
);

/** What the builders take: an expression, or a number that they wrap. A JavaScript number is a Python float. */
export type Operand = Expression | PyNumber;

/** Wraps a number as a new {@linkcode Constant}; an expression stays what it is. */
export function expression(operand: Operand): Expression {
  return typeof operand === "object" && "kind" in operand ? operand : new Constant(operand);
}

/**
 * A chain of one operator: `binary(ADD, a, b, c)` is `(a + b) + c`, `binary(POW, a, b, c)` is `a ** (b ** c)`.
 *
 * @throws {RangeError} If there are fewer than two operands.
 */
export function binary(operator: BinaryOperator, ...operands: Operand[]): BinaryExpr {
  if (operands.length < 2) {
    throw new RangeError(`Expected at least 2 operands, found ${operands.length}`);
  }
  const nodes = operands.map(expression);
  const join = operator.associativity === "LEFT"
    ? nodes.reduce((left, right) => new BinaryExpr(left, operator, right))
    : nodes.reduceRight((right, left) => new BinaryExpr(left, operator, right));
  return join as BinaryExpr;
}

/** An operator before one operand: `unary(NEG, 5n)`. */
export function unary(operator: UnaryOperator, operand: Operand): UnaryExpr {
  return new UnaryExpr(operator, expression(operand));
}

/** A function call: `call(NAMED_FUNCTIONS.get("max")!, 2n, 3n)`. */
export function call(fn: NamedFunction, ...args: Operand[]): FunctionCallExpr {
  return new FunctionCallExpr(fn, args.map(expression));
}

/**
 * Makes sure that an expression is small enough to be walked recursively, as all code here does.
 *
 * @throws {CalcError} If it has more than {@linkcode MAX_NODES} nodes or is deeper than {@linkcode MAX_DEPTH}.
 */
export function checkExtent(expression: Expression): void {
  if (expression.size > MAX_NODES) {
    throw limitError(`Expected an expression of at most ${MAX_NODES} nodes`);
  }
  if (expression.depth > MAX_DEPTH) {
    throw limitError(`Expected an expression nested at most ${MAX_DEPTH} deep`);
  }
}

function limitError(text: string): CalcError {
  return new CalcError(builtinException("ValueError", text));
}
