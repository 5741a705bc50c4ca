/**
 * What the pickle reader's stack holds besides numbers and strings, and the errors for what does not belong there.
 *
 * @module
 */

import {
  builtinException,
  NOT_AN_EXPRESSION_TEXT,
  PickleError,
  type PyException,
} from "./errors.ts";
import type { Expression } from "./expression.ts";
import { Fraction } from "./fraction.ts";
import type { RandomFunction } from "./functions.ts";
import type { RandomState } from "./mersenne_twister.ts";
import type { Associativity, BinaryOperator, NamedFunction, UnaryOperator } from "./operators.ts";
import type { GlobalName, NodeClass } from "./pickle_globals.ts";
import type { PyNumber } from "./python_repr.ts";

/** Everything that can stand on the stack. */
export type PickleValue =
  | PyNumber
  | string
  | null
  | PickleTuple
  | PickleList
  | PickleDict
  | PickleObject
  | GlobalName
  | EnumMember
  | RandomObject
  | RandomMethod
  | ComplexNumber
  | PickledException;

/** A tuple. */
export class PickleTuple {
  constructor(readonly items: readonly PickleValue[]) {}
}

/** A list, which may grow until something uses it. */
export class PickleList {
  readonly items: PickleValue[] = [];
  used = false;
}

/** A dict of attributes: keys and values in turn. */
export class PickleDict {
  items: PickleValue[] = [];

  get(key: string): PickleValue | undefined {
    const items = this.items;
    for (let i = items.length - 2; i >= 0; i -= 2) {
      if (items[i] === key) return items[i + 1];
    }
    return undefined;
  }
}

/** An object of one of the original's classes; `value` is there once its state is. */
export class PickleObject {
  value: Expression | BinaryOperator | UnaryOperator | NamedFunction | undefined;
  constructor(readonly className: NodeClass) {}
}

/** A member of `Associativity`. */
export class EnumMember {
  constructor(readonly name: Associativity) {}
}

/** A `random.Random`; `state` is there once it is built. */
export class RandomObject {
  state: RandomState | undefined;
}

/** The `uniform` of a {@linkcode RandomObject}. */
export class RandomMethod {
  #callable: RandomFunction | undefined;
  constructor(readonly owner: RandomObject) {}

  /** The same object each time, so that one generator stays one. */
  get callable(): RandomFunction | undefined {
    const state = this.owner.state;
    if (!this.#callable && state) this.#callable = { module: "random", name: "uniform", state };
    return this.#callable;
  }
}

/** A complex number: read, since the original answers with them, but good for nothing. */
export class ComplexNumber {
  constructor(readonly real: number, readonly imaginary: number) {}
}

/** An exception, with the length of its text and its depth. */
export class PickledException {
  constructor(
    readonly exception: PyException,
    readonly textLength: number,
    readonly depth: number,
  ) {}
}

/** The number that a value is, or `undefined`. */
export function asNumber(value: PickleValue | undefined): PyNumber | undefined {
  switch (typeof value) {
    case "bigint":
    case "number":
    case "boolean":
      return value;
    default:
      return value instanceof Fraction ? value : undefined;
  }
}

/** The error for a pickle that is well-formed but asks for what no legitimate one does. */
export function typeFault(detail: string): PickleError {
  return new PickleError("type", detail);
}

/** The error for a pickle beyond a limit; `what` completes "Expected …". */
export function limitFault(what: string): PickleError {
  const text = `Expected ${what}`;
  return new PickleError("limit", text, builtinException("ValueError", text));
}

/** The error for a pickle of something other than an expression, in the original's words. */
export function notAnExpression(wanted: string): PickleError {
  return new PickleError(
    "type",
    `Expected ${wanted}, found something else`,
    builtinException("ValueError", NOT_AN_EXPRESSION_TEXT),
  );
}
