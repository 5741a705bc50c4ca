/**
 * Writes pickles of protocol 4, byte for byte as Python 3.8 to 3.13 do. Spec: calc, 2.3 "Exact encoder".
 *
 * @module
 */

import { PyException } from "./errors.ts";
import type { Expression } from "./expression.ts";
import { Fraction } from "./fraction.ts";
import type { Callable } from "./functions.ts";
import { HEADER_LENGTH } from "./header.ts";
import type { RandomState } from "./mersenne_twister.ts";
import { OP } from "./opcodes.ts";
import { BinaryOperator, type NamedFunction, type UnaryOperator } from "./operators.ts";
import { PickleSink } from "./pickle_sink.ts";
import type { PyNumber } from "./python_repr.ts";

/** Items that one APPENDS takes. */
const BATCH = 1000;

/** Writes one pickle after another into one buffer. */
export class PickleWriter {
  readonly #sink: PickleSink;

  /** Makes a writer with room for one packet, unless another buffer is given. */
  constructor(buffer?: Uint8Array) {
    this.#sink = new PickleSink(buffer);
  }

  /** The buffer written to; a pickle stands from the offset it was given to the one that was returned. */
  get buffer(): Uint8Array {
    return this.#sink.buffer;
  }

  /** Writes the pickle of an expression at `start`, and returns its end. The tree must be within the limits. */
  writeExpression(expression: Expression, start: number): number {
    this.#sink.begin(start);
    this.#expression(expression);
    return this.#sink.finish();
  }

  /**
   * Writes the pickle of a result and its steps at `start`, and returns its end.
   *
   * @param steps The text of each step, or, to learn the length of what can't be built, its length in bytes.
   */
  writeResult(value: PyNumber, steps: readonly (string | number)[], start: number): number {
    this.#sink.begin(start);
    this.#number(value);
    this.#sink.boundary();
    this.#sink.byte(OP.EMPTY_LIST);
    this.#sink.memoize();
    this.#batches(steps, (step) => {
      if (typeof step === "string") this.#sink.freshString(step);
      else this.#sink.blankString(step);
    });
    this.#sink.byte(OP.TUPLE2);
    this.#sink.memoize();
    return this.#sink.finish();
  }

  /** Writes the pickle of an exception at `start`, and returns its end. */
  writeException(exception: PyException, start: number): number {
    this.#sink.begin(start);
    this.#exception(exception);
    return this.#sink.finish();
  }

  #number(value: PyNumber): void {
    const sink = this.#sink;
    if (!(value instanceof Fraction)) return sink.number(value);
    this.#global("fractions", "Fraction", Fraction);
    sink.number(value.numerator);
    sink.number(value.denominator);
    sink.byte(OP.TUPLE2);
    sink.memoize();
    sink.byte(OP.REDUCE);
    sink.memoize();
  }

  /** A class or function by module and name; `identity` is the object that stands for it in the memo. */
  #global(module: string, name: string, identity: unknown, ownName = false): void {
    if (this.#sink.known(identity)) return;
    this.#sink.string(module);
    if (ownName) this.#sink.freshString(name);
    else this.#sink.string(name);
    this.#sink.byte(OP.STACK_GLOBAL);
    this.#sink.memoize(identity);
  }

  /** The class and the empty state of an object of the original's `calculator` module; its attributes follow. */
  #object(className: ClassName, identity: unknown): void {
    this.#global("calculator", className, CLASSES[className]);
    this.#sink.byte(OP.EMPTY_TUPLE);
    this.#sink.byte(OP.NEWOBJ);
    this.#sink.memoize(identity);
    this.#sink.boundary();
    this.#sink.byte(OP.EMPTY_DICT);
    this.#sink.memoize();
  }

  #expression(node: Expression): void {
    if (this.#sink.known(node)) return;
    switch (node.kind) {
      case "constant":
        this.#object("Constant", node);
        this.#sink.string("value");
        this.#number(node.value);
        this.#sink.byte(OP.SETITEM);
        break;
      case "named":
        this.#object("NamedConstant", node);
        this.#sink.byte(OP.MARK);
        this.#sink.string("name");
        this.#sink.string(node.name);
        this.#sink.string("value");
        this.#number(node.value);
        this.#sink.byte(OP.SETITEMS);
        break;
      case "binary":
        this.#object("BinaryExpr", node);
        this.#sink.byte(OP.MARK);
        this.#sink.string("left_operand");
        this.#expression(node.operands[0]);
        this.#sink.string("operator");
        this.#operator(node.operator);
        this.#sink.string("right_operand");
        this.#expression(node.operands[1]);
        this.#sink.byte(OP.SETITEMS);
        break;
      case "unary":
        this.#object("UnaryExpr", node);
        this.#sink.byte(OP.MARK);
        this.#sink.string("operator");
        this.#operator(node.operator);
        this.#sink.string("operand");
        this.#expression(node.operands[0]);
        this.#sink.byte(OP.SETITEMS);
        break;
      case "call":
        this.#object("FunctionCallExpr", node);
        this.#sink.byte(OP.MARK);
        this.#sink.string("function");
        this.#namedFunction(node.operator);
        this.#sink.string("args");
        this.#sink.boundary();
        this.#sink.byte(OP.EMPTY_LIST);
        this.#sink.memoize();
        this.#batches(node.operands, (operand) => this.#expression(operand));
        this.#sink.byte(OP.SETITEMS);
    }
    this.#sink.byte(OP.BUILD);
  }

  #operator(operator: BinaryOperator | UnaryOperator): void {
    if (this.#sink.known(operator)) return;
    const isBinary = operator instanceof BinaryOperator;
    this.#object(isBinary ? "BinaryOperator" : "UnaryOperator", operator);
    this.#sink.byte(OP.MARK);
    this.#sink.string("symbol");
    this.#sink.string(operator.symbol);
    this.#sink.string("function");
    this.#callable(operator.function);
    if (isBinary) {
      this.#sink.string("associativity");
      this.#associativity(operator.associativity);
    }
    this.#sink.byte(OP.SETITEMS);
    this.#sink.byte(OP.BUILD);
  }

  #associativity(value: "LEFT" | "RIGHT"): void {
    const identity = value === "LEFT" ? LEFT : RIGHT;
    if (this.#sink.known(identity)) return;
    this.#global("calculator", "Associativity", CLASSES.Associativity);
    this.#sink.byte(OP.BININT1);
    this.#sink.byte(value === "LEFT" ? 0 : 1);
    this.#sink.byte(OP.TUPLE1);
    this.#sink.memoize();
    this.#sink.byte(OP.REDUCE);
    this.#sink.memoize(identity);
  }

  #namedFunction(fn: NamedFunction): void {
    if (this.#sink.known(fn)) return;
    this.#object("Function", fn);
    this.#sink.byte(OP.MARK);
    this.#sink.string("name");
    this.#sink.string(fn.name);
    this.#sink.string("function");
    this.#callable(fn.function);
    this.#sink.byte(OP.SETITEMS);
    this.#sink.byte(OP.BUILD);
  }

  #callable(callable: Callable): void {
    if (this.#sink.known(callable)) return;
    if ("call" in callable) {
      // Python asks the function for its name, and gets a string that nobody else has.
      this.#global(callable.module, callable.name, callable, true);
      return;
    }
    this.#global("builtins", "getattr", GETATTR);
    this.#randomState(callable.state);
    this.#sink.string("uniform");
    this.#sink.byte(OP.TUPLE2);
    this.#sink.memoize();
    this.#sink.byte(OP.REDUCE);
    this.#sink.memoize(callable);
  }

  #randomState(state: RandomState): void {
    if (this.#sink.known(state)) return;
    this.#global("random", "Random", RANDOM);
    this.#sink.byte(OP.EMPTY_TUPLE);
    this.#sink.byte(OP.REDUCE);
    this.#sink.memoize(state);
    this.#sink.number(3n);
    this.#sink.byte(OP.MARK);
    for (const word of state.words) this.#sink.number(BigInt(word));
    this.#sink.number(BigInt(state.position));
    this.#sink.byte(OP.TUPLE);
    this.#sink.memoize();
    if (state.nextGauss === null) this.#sink.byte(OP.NONE);
    else this.#sink.number(state.nextGauss);
    this.#sink.byte(OP.TUPLE3);
    this.#sink.memoize();
    this.#sink.byte(OP.BUILD);
  }

  #exception(exception: PyException): void {
    if (this.#sink.known(exception)) return;
    const { module, name, args } = exception;
    this.#global(module, name, `${module}\n${name}`);
    if (args.length === 0) this.#sink.byte(OP.EMPTY_TUPLE);
    if (args.length > 3) this.#sink.byte(OP.MARK);
    for (const arg of args) {
      this.#sink.boundary();
      if (typeof arg === "string") this.#sink.freshString(arg);
      else if (arg === null) this.#sink.byte(OP.NONE);
      else if (arg instanceof PyException) this.#exception(arg);
      else this.#number(arg);
    }
    if (args.length > 0) {
      this.#sink.byte(args.length > 3 ? OP.TUPLE : OP.TUPLE1 + args.length - 1);
      this.#sink.memoize();
    }
    this.#sink.byte(OP.REDUCE);
    this.#sink.memoize(exception);
  }

  #batches<T>(items: readonly T[], write: (item: T) => void): void {
    if (items.length === 1) {
      write(items[0]);
      this.#sink.byte(OP.APPEND);
      return;
    }
    for (let i = 0; i < items.length; i++) {
      if (i % BATCH === 0) this.#sink.byte(OP.MARK);
      write(items[i]);
      if (i % BATCH === BATCH - 1 || i === items.length - 1) this.#sink.byte(OP.APPENDS);
    }
  }
}

/** The length of the packet that a result and steps of these lengths would make, in bytes. */
export function resultPacketLength(value: PyNumber, stepLengths: readonly number[]): number {
  const writer = new PickleWriter(new Uint8Array(0));
  return HEADER_LENGTH + writer.writeResult(value, stepLengths, 0);
}

type ClassName = keyof typeof CLASSES;

/** What stands for each class in the memo; strings are in it by their text, so these are objects. */
const CLASSES = {
  Constant: {},
  NamedConstant: {},
  BinaryExpr: {},
  BinaryOperator: {},
  UnaryExpr: {},
  UnaryOperator: {},
  FunctionCallExpr: {},
  Function: {},
  Associativity: {},
};
const LEFT = {};
const RIGHT = {};
const GETATTR = {};
const RANDOM = {};
