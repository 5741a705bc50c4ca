/**
 * The closed pickle reader: it builds expressions, numbers, strings, lists, tuples and exceptions, and nothing else.
 *
 * A pickle is a program; this runs none of it but the few moves that legitimate packets make. It never recurses, and
 * takes time and memory in proportion to the bytes. Protocols 0 to 5. Spec: calc, 2.3 and 2.8.
 *
 * @module
 */

import {
  builtinException,
  CalcError,
  NOT_AN_EXPRESSION_TEXT,
  PickleError,
  type PyException,
} from "./errors.ts";
import type { Expression } from "./expression.ts";
import { OP } from "./opcodes.ts";
import { findGlobal, type GlobalName } from "./pickle_globals.ts";
import { PickleInput } from "./pickle_input.ts";
import { asExpression, build, newObject, reduce } from "./pickle_objects.ts";
import {
  asNumber,
  limitFault,
  PickledException,
  PickleDict,
  PickleList,
  PickleTuple,
  type PickleValue,
  typeFault,
} from "./pickle_values.ts";
import type { PyNumber } from "./python_repr.ts";

/** The most places a pickle's memo may have. */
export const MAX_MEMO = 65_536;
/** The most text that the steps of an answer may come to, whatever is named in it more than once. */
const MAX_STEPS_LENGTH = 65_536;

/** What an answer holds. */
export type Answer =
  | {
    /** A number and its steps. */
    readonly kind: "result";
    /** What the expression comes to. */
    readonly value: PyNumber;
    /** The text of each step; may be empty. */
    readonly steps: readonly string[];
  }
  | {
    /** An exception instead of a number. */
    readonly kind: "error";
    /** The exception; its `toString` is what a client prints. */
    readonly exception: PyException;
  };

/**
 * Reads the expression in `bytes[start, end)`; bytes after the pickle's end are ignored.
 *
 * @throws {PickleError} If it can't be read, names what is not on the list, or is beyond a limit; `exception` is what
 * to answer (status 400).
 * @throws {CalcError} If a constant is no number, or one with more than 4 300 digits.
 */
export function readExpression(bytes: Uint8Array, start: number, end: number): Expression {
  if (start >= end) {
    throw new PickleError(
      "type",
      "Expected an expression, found no data",
      builtinException("ValueError", NOT_AN_EXPRESSION_TEXT),
    );
  }
  return asExpression(new PickleReader(bytes, start, end).read());
}

/**
 * Reads the answer in `bytes[start, end)`; bytes after the pickle's end are ignored.
 *
 * @throws {CalcError} If it can't be read, or is neither a result nor an exception.
 */
export function readAnswer(bytes: Uint8Array, start: number, end: number): Answer {
  const value = new PickleReader(bytes, start, end).read();
  if (value instanceof PickledException) return { kind: "error", exception: value.exception };
  if (value instanceof PickleTuple && value.items.length === 2) {
    const number = asNumber(value.items[0]);
    const steps = value.items[1];
    if (number !== undefined && steps instanceof PickleList) {
      return { kind: "result", value: number, steps: textsOf(steps) };
    }
  }
  throw new CalcError(builtinException("ValueError", "Received data is not a valid result"));
}

function textsOf(list: PickleList): string[] {
  let length = 0;
  return list.items.map((item) => {
    if (typeof item !== "string") throw typeFault("Expected steps of text");
    length += item.length;
    if (length > MAX_STEPS_LENGTH) {
      throw limitFault(`steps of at most ${MAX_STEPS_LENGTH} characters`);
    }
    return item;
  });
}

/** Reads one pickle. */
class PickleReader {
  readonly #input: PickleInput;
  /** The stack is what stands below `#height`; cutting the array itself would have it moved again and again. */
  readonly #stack: PickleValue[] = [];
  #height = 0;
  /** Heights of the stack at which a MARK was set. */
  readonly #marks: number[] = [];
  /** The height of the stack below which a MARK protects it. */
  #floor = 0;
  readonly #memo: PickleValue[] = [];

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#input = new PickleInput(bytes, start, end);
  }

  read(): PickleValue {
    const input = this.#input;
    const memo = this.#memo;
    while (true) {
      const opcode = input.byte();
      switch (opcode) {
        // In the order of how often they come.
        case OP.MEMOIZE:
          this.#put(memo.length, this.#top());
          break;
        case OP.BINGET:
          this.#get(input.byte());
          break;
        case OP.SHORT_BINUNICODE:
          this.#push(input.text(input.byte()));
          break;
        case OP.EMPTY_TUPLE:
          this.#push(NO_ITEMS);
          break;
        case OP.NEWOBJ: {
          const args = this.#pop();
          if (!(args instanceof PickleTuple) || args.items.length > 0) {
            throw typeFault("Expected an object made without arguments");
          }
          this.#push(newObject(this.#pop()));
          break;
        }
        case OP.EMPTY_DICT:
          this.#push(new PickleDict());
          break;
        case OP.SETITEM:
          this.#setItems(this.#popFrom(this.#height - 2));
          break;
        case OP.SETITEMS:
          this.#setItems(this.#popMark());
          break;
        case OP.BUILD: {
          const state = this.#pop();
          build(this.#top(), state);
          break;
        }
        case OP.MARK:
          this.#marks.push(this.#height);
          this.#floor = this.#height;
          break;
        case OP.BININT1:
          this.#push(BigInt(input.byte()));
          break;
        case OP.STACK_GLOBAL: {
          const name = this.#pop();
          const module = this.#pop();
          if (typeof name !== "string" || typeof module !== "string") {
            throw typeFault("Expected two strings before STACK_GLOBAL");
          }
          this.#push(this.#global(module, name));
          break;
        }
        case OP.STOP:
          return this.#pop();
        default:
          this.#seldom(opcode);
      }
    }
  }

  #seldom(opcode: number): void {
    const input = this.#input;
    switch (opcode) {
      case OP.PROTO: {
        const version = input.byte();
        if (version > 5) throw input.fault(`Expected a protocol of at most 5, found ${version}`);
        break;
      }
      case OP.FRAME:
        if (input.length(8) > input.left) throw input.truncated();
        break;
      case OP.NONE:
        this.#push(null);
        break;
      case OP.NEWTRUE:
      case OP.NEWFALSE:
        this.#push(opcode === OP.NEWTRUE);
        break;
      case OP.BININT2:
        this.#push(BigInt(input.length(2)));
        break;
      case OP.BININT:
        this.#push(BigInt(input.int32()));
        break;
      case OP.BINFLOAT:
        this.#push(input.float64());
        break;
      case OP.LONG1:
      case OP.LONG4:
        this.#push(input.integer(input.length(opcode === OP.LONG1 ? 1 : 4)));
        break;
      case OP.BINUNICODE:
      case OP.BINUNICODE8:
        this.#push(input.text(input.length(opcode === OP.BINUNICODE ? 4 : 8)));
        break;
      case OP.LONG_BINGET:
        this.#get(input.length(4));
        break;
      case OP.BINPUT:
        this.#put(input.byte(), this.#top());
        break;
      case OP.LONG_BINPUT:
        this.#put(input.length(4), this.#top());
        break;
      case OP.EMPTY_LIST:
        this.#push(new PickleList());
        break;
      case OP.APPEND:
        this.#append(this.#popFrom(this.#height - 1));
        break;
      case OP.APPENDS:
        this.#append(this.#popMark());
        break;
      case OP.TUPLE1:
      case OP.TUPLE2:
      case OP.TUPLE3: {
        const items = this.#popFrom(this.#height - (opcode - OP.TUPLE1 + 1));
        this.#push(new PickleTuple(items));
        break;
      }
      case OP.TUPLE:
        this.#push(new PickleTuple(this.#popMark()));
        break;
      case OP.REDUCE: {
        const args = this.#pop();
        this.#push(reduce(this.#pop(), args));
        break;
      }
      default:
        this.#textual(opcode);
    }
  }

  /** The opcodes of protocols 0 and 1. */
  #textual(opcode: number): void {
    const input = this.#input;
    switch (opcode) {
      case OP.INT: {
        const line = input.line();
        // The only form in which protocols 0 and 1 know a bool.
        if (line === "00" || line === "01") this.#push(line === "01");
        else this.#push(input.decimal(line));
        break;
      }
      case OP.LONG: {
        const line = input.line();
        this.#push(input.decimal(line.endsWith("L") ? line.slice(0, -1) : line));
        break;
      }
      case OP.FLOAT:
        this.#push(input.float(input.line()));
        break;
      case OP.UNICODE:
        this.#push(input.rawUnicode(input.line()));
        break;
      case OP.GLOBAL: {
        const module = input.line();
        this.#push(this.#global(module, input.line()));
        break;
      }
      case OP.GET:
        this.#get(input.index());
        break;
      case OP.PUT:
        this.#put(input.index(), this.#top());
        break;
      case OP.LIST: {
        const list = new PickleList();
        for (const item of this.#popMark()) list.items.push(item);
        this.#push(list);
        break;
      }
      case OP.DICT: {
        const items = this.#popMark();
        this.#push(new PickleDict());
        this.#setItems(items);
        break;
      }
      default:
        throw input.fault(
          `Expected an opcode of legitimate traffic, found 0x${opcode.toString(16)}`,
        );
    }
  }

  #global(module: string, name: string): GlobalName {
    const global = findGlobal(module, name);
    if (global) return global;
    const shown = `${module}.${name}`.slice(0, 200);
    throw new PickleError(
      "global",
      `Expected a name of the list, found ${shown}`,
      builtinException("ValueError", `Received data names ${shown}, which no expression holds`),
    );
  }

  #get(index: number): void {
    const value = this.#memo[index];
    if (value === undefined) throw this.#input.fault(`Expected something in the memo at ${index}`);
    this.#push(value);
  }

  #put(index: number, value: PickleValue): void {
    if (index >= MAX_MEMO) throw limitFault(`a memo of at most ${MAX_MEMO} places`);
    this.#memo[index] = value;
  }

  #push(value: PickleValue): void {
    this.#stack[this.#height++] = value;
  }

  #top(): PickleValue {
    if (this.#height <= this.#floor) throw this.#emptyStack();
    return this.#stack[this.#height - 1];
  }

  #pop(): PickleValue {
    if (this.#height <= this.#floor) throw this.#emptyStack();
    return this.#stack[--this.#height];
  }

  #popFrom(height: number): PickleValue[] {
    if (height < this.#floor) throw this.#emptyStack();
    return this.#cut(height);
  }

  #popMark(): PickleValue[] {
    const marks = this.#marks;
    const height = marks.pop();
    if (height === undefined) throw this.#input.fault("Expected a MARK");
    this.#floor = marks.length === 0 ? 0 : marks[marks.length - 1];
    return this.#cut(height);
  }

  #cut(height: number): PickleValue[] {
    const items = this.#stack.slice(height, this.#height);
    this.#height = height;
    return items;
  }

  #setItems(items: PickleValue[]): void {
    const dict = this.#top();
    if (!(dict instanceof PickleDict) || items.length % 2 !== 0) {
      throw typeFault("Expected a dict and pairs to set in it");
    }
    if (dict.items.length === 0) dict.items = items;
    else for (const item of items) dict.items.push(item);
  }

  #append(items: PickleValue[]): void {
    const list = this.#top();
    if (!(list instanceof PickleList)) throw typeFault("Expected a list to append to");
    if (list.used) throw typeFault("Expected a list that is not in use yet");
    for (const item of items) list.items.push(item);
  }

  #emptyStack(): PickleError {
    return this.#input.fault("Expected more on the stack");
  }
}

const NO_ITEMS = new PickleTuple([]);
