/**
 * How the objects of a pickle are put together: the few calls and states that legitimate packets hold.
 *
 * An object is finished by its state (BUILD), and may be used within others only once it is: so nothing can contain
 * itself, and the size and depth of a tree are known as it grows. Python writes every legitimate tree in that order.
 *
 * @module
 */

import { type ExceptionArg, PyException, unknownTypeError } from "./errors.ts";
import {
  BinaryExpr,
  Constant,
  type Expression,
  FunctionCallExpr,
  MAX_DEPTH,
  MAX_NODES,
  NAMED_CONSTANTS,
  NamedConstant,
  UnaryExpr,
} from "./expression.ts";
import { Fraction } from "./fraction.ts";
import { boundedInt } from "./integer.ts";
import { RandomState } from "./mersenne_twister.ts";
import {
  BINARY_OPERATORS,
  BinaryOperator,
  NAMED_FUNCTIONS,
  NamedFunction,
  UNARY_OPERATORS,
  UnaryOperator,
} from "./operators.ts";
import { GlobalName, type NodeClass } from "./pickle_globals.ts";
import {
  asNumber,
  ComplexNumber,
  EnumMember,
  limitFault,
  notAnExpression,
  PickledException,
  PickleDict,
  PickleList,
  PickleObject,
  PickleTuple,
  type PickleValue,
  RandomMethod,
  RandomObject,
  typeFault,
} from "./pickle_values.ts";
import type { PyNumber } from "./python_repr.ts";

/** The longest symbol or name that is shown in steps. */
const MAX_NAME_LENGTH = 64;
/** The most text that an exception may show, whatever is named in it more than once. */
const MAX_EXCEPTION_TEXT = 262_144;

const LEFT = new EnumMember("LEFT");
const RIGHT = new EnumMember("RIGHT");

/**
 * The result of REDUCE: one of the few calls that legitimate pickles ask for, none of which runs anything.
 *
 * @throws {PickleError} If it is any other.
 */
export function reduce(callee: PickleValue, args: PickleValue): PickleValue {
  if (!(callee instanceof GlobalName) || !(args instanceof PickleTuple)) {
    throw typeFault("Expected a name of the list and a tuple before REDUCE");
  }
  const global = callee.global;
  const [first, second] = args.items;
  switch (global.kind) {
    case "exception":
      return exception(global.module, global.name, args.items);
    case "associativity":
      if (first === 0n && args.items.length === 1) return LEFT;
      if (first === 1n && args.items.length === 1) return RIGHT;
      break;
    case "getattr":
      if (args.items.length !== 2) break;
      if (first instanceof GlobalName && first.global.kind === "associativity") {
        if (second === "LEFT") return LEFT;
        if (second === "RIGHT") return RIGHT;
      } else if (first instanceof RandomObject && second === "uniform") {
        return new RandomMethod(first);
      }
      break;
    case "random":
      if (args.items.length === 0) return new RandomObject();
      break;
    case "fraction":
      return fraction(args.items);
    case "complex":
      if (typeof first === "number" && typeof second === "number") {
        return new ComplexNumber(first, second);
      }
      break;
    case "reconstructor":
      if (
        args.items.length === 3 && args.items[2] === null && second instanceof GlobalName &&
        second.global.kind === "object"
      ) return newObject(first);
  }
  throw typeFault(`Expected a call that legitimate pickles make, found one of ${global.kind}`);
}

/**
 * The result of NEWOBJ without arguments.
 *
 * @throws {PickleError} If the class is none of the original's.
 */
export function newObject(callee: PickleValue): PickleObject {
  if (!(callee instanceof GlobalName) || callee.global.kind !== "class") {
    throw typeFault("Expected a class of the original's to make an object of");
  }
  return new PickleObject(callee.global.name);
}

/**
 * Gives an object its state (BUILD).
 *
 * @throws {PickleError} If the state does not fit the object, or the object has one.
 * @throws {CalcError} If a constant is no number.
 */
export function build(target: PickleValue, state: PickleValue): void {
  if (target instanceof PickleObject) {
    if (!(state instanceof PickleDict)) throw typeFault("Expected a dict as an object's state");
    // Whoever holds the object already has counted its size.
    if (target.value !== undefined) throw typeFault("Expected an object without a state");
    target.value = BUILDERS[target.className](state);
  } else if (target instanceof RandomObject) {
    if (target.state) throw typeFault("Expected a generator without a state");
    target.state = randomState(state);
  } else if (!(target instanceof PickledException)) {
    throw typeFault("Expected an object before BUILD");
  }
  // An exception's further attributes are shown nowhere.
}

const BUILDERS: Readonly<
  Record<NodeClass, (state: PickleDict) => NonNullable<PickleObject["value"]>>
> = {
  Constant: (state) => new Constant(number(state)),
  NamedConstant: (state) => {
    const name = shownName(state.get("name"));
    const value = number(state);
    const known = NAMED_CONSTANTS.get(name);
    return known && known.value === value ? known : new NamedConstant(name, value);
  },
  BinaryExpr: (state) => {
    const operator = built(state.get("operator"));
    if (!(operator instanceof BinaryOperator)) throw notAnExpression("a binary operator");
    return bounded(
      new BinaryExpr(
        asExpression(state.get("left_operand")),
        operator,
        asExpression(state.get("right_operand")),
      ),
    );
  },
  UnaryExpr: (state) => {
    const operator = built(state.get("operator"));
    if (!(operator instanceof UnaryOperator)) throw notAnExpression("a unary operator");
    return bounded(new UnaryExpr(operator, asExpression(state.get("operand"))));
  },
  FunctionCallExpr: (state) => {
    const fn = built(state.get("function"));
    if (!(fn instanceof NamedFunction)) throw notAnExpression("a function");
    const args = state.get("args");
    if (args instanceof PickleList) args.used = true;
    else if (!(args instanceof PickleTuple)) throw notAnExpression("a list of arguments");
    return bounded(new FunctionCallExpr(fn, args.items.map(asExpression)));
  },
  BinaryOperator: (state) => {
    const symbol = shownName(state.get("symbol"));
    const fn = callable(state);
    const associativity = state.get("associativity");
    if (!(associativity instanceof EnumMember)) throw notAnExpression("an associativity");
    const known = BINARY_OPERATORS.get(symbol);
    if (known && known.function === fn && known.associativity === associativity.name) return known;
    return new BinaryOperator(symbol, fn, associativity.name);
  },
  UnaryOperator: (state) => {
    const symbol = shownName(state.get("symbol"));
    const fn = callable(state);
    const known = UNARY_OPERATORS.get(symbol);
    return known && known.function === fn ? known : new UnaryOperator(symbol, fn);
  },
  Function: (state) => {
    const name = shownName(state.get("name"));
    const fn = callable(state);
    const known = NAMED_FUNCTIONS.get(name);
    return known && known.function === fn ? known : new NamedFunction(name, fn);
  },
};

/**
 * The expression that a value is.
 *
 * @throws {PickleError} If it is none, or an object whose state has not come yet.
 */
export function asExpression(value: PickleValue | undefined): Expression {
  const node = built(value);
  if (!node || !("kind" in node)) throw notAnExpression("an expression");
  return node;
}

function built(value: PickleValue | undefined): PickleObject["value"] {
  if (!(value instanceof PickleObject)) return undefined;
  if (value.value === undefined) {
    throw typeFault("Expected an object with its state, found it used before");
  }
  return value.value;
}

function bounded<Node extends Expression>(node: Node): Node {
  if (node.size > MAX_NODES) throw limitFault(`an expression of at most ${MAX_NODES} nodes`);
  if (node.depth > MAX_DEPTH) throw limitFault(`an expression nested at most ${MAX_DEPTH} deep`);
  return node;
}

function number(state: PickleDict): PyNumber {
  const value = state.get("value");
  const found = asNumber(value);
  if (found !== undefined) return found;
  if (typeof value === "string") throw unknownTypeError("str");
  if (value === null) throw unknownTypeError("NoneType");
  if (value instanceof ComplexNumber) throw unknownTypeError("complex");
  throw notAnExpression("a number");
}

function shownName(value: PickleValue | undefined): string {
  if (typeof value !== "string") throw notAnExpression("a name");
  if (value.length > MAX_NAME_LENGTH) {
    throw limitFault(`a name of at most ${MAX_NAME_LENGTH} characters`);
  }
  return value;
}

function callable(state: PickleDict): NamedFunction["function"] {
  const value = state.get("function");
  if (value instanceof GlobalName && value.global.kind === "function") return value.global.function;
  const method = value instanceof RandomMethod ? value.callable : undefined;
  if (!method) throw notAnExpression("a function of the list");
  return method;
}

function fraction(args: readonly PickleValue[]): Fraction {
  let [numerator, denominator] = args;
  if (typeof numerator === "string" && args.length === 1) {
    const match = /^(-?\d{1,4300})(?:\/(\d{1,4300}))?$/.exec(numerator);
    if (match) [numerator, denominator] = [BigInt(match[1]), BigInt(match[2] ?? "1")];
  }
  if (typeof numerator !== "bigint" || typeof denominator !== "bigint" || denominator === 0n) {
    throw typeFault("Expected the numerator and denominator of a Fraction");
  }
  return new Fraction(boundedInt(numerator), boundedInt(denominator));
}

function randomState(state: PickleValue): RandomState {
  const [version, words, gauss] = state instanceof PickleTuple ? state.items : [];
  if (
    version !== 3n || !(words instanceof PickleTuple) || words.items.length !== 625 ||
    !(gauss === null || typeof gauss === "number")
  ) throw typeFault("Expected the state of a Mersenne Twister");
  const numbers = words.items.map((word) => {
    if (typeof word !== "bigint" || word < 0n || word > 0xffffffffn) {
      throw typeFault("Expected 32-bit words in the state of a Mersenne Twister");
    }
    return Number(word);
  });
  const position = numbers.pop()!;
  if (position > 624) throw typeFault("Expected a position of at most 624 in a Mersenne Twister");
  return new RandomState(Uint32Array.from(numbers), position, gauss);
}

function exception(module: string, name: string, items: readonly PickleValue[]): PickledException {
  let textLength = name.length + 2;
  let depth = 1;
  const args: ExceptionArg[] = items.map((item) => {
    textLength += 2;
    if (item instanceof PickledException) {
      textLength += item.textLength;
      if (item.depth >= depth) depth = item.depth + 1;
      return item.exception;
    }
    if (typeof item === "string") {
      textLength += item.length;
      return item;
    }
    const found = item === null ? null : asNumber(item);
    if (found === undefined) {
      throw typeFault("Expected text, numbers and exceptions in an exception");
    }
    // A float has at most 24 characters; an integer is taken for the longest it can be.
    textLength += typeof found === "bigint" && BigInt.asIntN(64, found) !== found ? 4301 : 24;
    return found;
  });
  if (textLength > MAX_EXCEPTION_TEXT) {
    throw limitFault(`an exception of at most ${MAX_EXCEPTION_TEXT} characters`);
  }
  if (depth > MAX_DEPTH) throw limitFault(`exceptions nested at most ${MAX_DEPTH} deep`);
  return new PickledException(new PyException(module, name, args), textLength, depth);
}
