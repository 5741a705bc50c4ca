/**
 * Text to expression, with Python's precedence and associativity: `-2 ** 2` is -4, `2 ** 3 ** 2` is 512.
 *
 * Operators that still wait for an operand stand on a stack of their own, so that no text, however deeply nested, can
 * exhaust the machine's. Spec: calc, 2.8.
 *
 * @module
 */

import {
  BinaryExpr,
  Constant,
  type Expression,
  FunctionCallExpr,
  MAX_DEPTH,
  MAX_NODES,
  NAMED_CONSTANTS,
  UnaryExpr,
} from "./expression.ts";
import {
  BINARY_OPERATORS,
  type BinaryOperator,
  NAMED_FUNCTIONS,
  type NamedFunction,
  randomFunction,
  UNARY_OPERATORS,
  type UnaryOperator,
} from "./operators.ts";
import { ExpressionSyntaxError, type Token, tokenize } from "./tokens.ts";

export { ExpressionSyntaxError } from "./tokens.ts";

/** How {@linkcode parse} goes about it. */
export interface ParseOptions {
  /**
   * The function that `rand` stands for. When left out, a generator with random words is made the first time a text
   * names `rand`, and used from then on, as in the original's client.
   */
  rand?: NamedFunction;
}

/** How strongly operators bind; a power binds its left operand more strongly than a sign before it. */
const BINDING: Readonly<Record<string, number>> = {
  "+": 1,
  "-": 1,
  "*": 2,
  "/": 2,
  "%": 2,
  "**": 4,
};
const SIGN_BINDING = 3;

/** What waits on the stack: a binary operator with its left operand, a sign, or an open bracket. */
type Waiting =
  | { kind: "binary"; operator: BinaryOperator; left: Expression; position: number }
  | { kind: "unary"; operator: UnaryOperator; position: number }
  | { kind: "bracket"; position: number }
  | { kind: "call"; fn: NamedFunction; args: Expression[]; position: number };

/**
 * Reads an expression.
 *
 * Numbers are Python's (`7`, `1_000`, `.5`, `1e5`), names are those of the original in either case.
 *
 * @throws {ExpressionSyntaxError} If the text is no expression, or one beyond 20 000 nodes or 1 000 levels.
 */
export function parse(source: string, options: ParseOptions = {}): Expression {
  return new Parser(source, options).parse();
}

let ownRandom: NamedFunction | undefined;

class Parser {
  readonly #source: string;
  readonly #options: ParseOptions;
  readonly #tokens: readonly Token[];
  #next = 0;
  readonly #waiting: Waiting[] = [];
  /** Brackets that are open. */
  #open = 0;

  constructor(source: string, options: ParseOptions) {
    this.#source = source;
    this.#options = options;
    this.#tokens = tokenize(source);
  }

  parse(): Expression {
    while (true) {
      let value = this.#operand();
      if (value === undefined) continue;
      // After an operand: whatever closes, closes; then an operator or the end.
      while (true) {
        const token = this.#tokens[this.#next++];
        if (token.text === ")") {
          value = this.#close(this.#reduce(value, 0), token);
          continue;
        }
        const operator = token.kind === "operator" ? BINARY_OPERATORS.get(token.text) : undefined;
        if (operator) {
          const binding = BINDING[operator.symbol];
          const left = this.#reduce(
            value,
            operator.associativity === "LEFT" ? binding : binding + 1,
          );
          this.#push({ kind: "binary", operator, left, position: token.position });
          break;
        }
        value = this.#reduce(value, 0);
        const top = this.#waiting.at(-1);
        if (token.text === "," && top?.kind === "call") {
          top.args.push(value);
          break;
        }
        if (token.kind === "end" && !top) return value;
        if (token.kind === "end") this.#fail("Expected )", top!, "to close this bracket");
        if (token.text === ",") this.#fail("Expected a comma only between arguments", token);
        this.#fail(`Expected an operator, found ${JSON.stringify(token.text)}`, token);
      }
    }
  }

  /** Takes what may stand where an operand is due. Returns it, or `undefined` when it only begins. */
  #operand(): Expression | undefined {
    const token = this.#tokens[this.#next++];
    const position = token.position;
    if (token.kind === "number") return new Constant(token.value!);
    if (token.kind === "name") return this.#name(token);
    const sign = UNARY_OPERATORS.get(token.text);
    if (sign) {
      this.#push({ kind: "unary", operator: sign, position });
      return undefined;
    }
    if (token.text === "(") {
      this.#open++;
      this.#push({ kind: "bracket", position });
      return undefined;
    }
    const found = token.kind === "end" ? "the end" : JSON.stringify(token.text);
    this.#fail(`Expected a number, a name, a sign or (, found ${found}`, token);
  }

  #name(token: Token): Expression | undefined {
    const constant = NAMED_CONSTANTS.get(token.text.toUpperCase());
    if (constant) return constant;
    const name = token.text.toLowerCase();
    const fn = name === "rand" ? this.#random() : NAMED_FUNCTIONS.get(name);
    if (!fn) {
      const known = [...NAMED_FUNCTIONS.keys(), "rand", ...NAMED_CONSTANTS.keys()].join(", ");
      this.#fail(`Expected one of ${known}, found ${token.text}`, token);
    }
    const bracket = this.#tokens[this.#next++];
    if (bracket.text !== "(") this.#fail(`Expected ( after ${token.text}`, bracket);
    if (this.#tokens[this.#next].text === ")") {
      this.#next++;
      return new FunctionCallExpr(fn, []);
    }
    this.#open++;
    this.#push({ kind: "call", fn, args: [], position: bracket.position });
    return undefined;
  }

  #random(): NamedFunction {
    return this.#options.rand ??
      (ownRandom ??= randomFunction(crypto.getRandomValues(new Uint32Array(624))));
  }

  #push(waiting: Waiting): void {
    if (this.#open > MAX_DEPTH || this.#waiting.length > MAX_NODES) {
      this.#fail(`Expected brackets nested at most ${MAX_DEPTH} deep`, waiting);
    }
    this.#waiting.push(waiting);
  }

  /** Gives the operand to the operators before it that bind at least as strongly as `binding`. */
  #reduce(value: Expression, binding: number): Expression {
    while (true) {
      const top = this.#waiting.at(-1);
      if (top?.kind === "binary" && BINDING[top.operator.symbol] >= binding) {
        value = new BinaryExpr(top.left, top.operator, value);
      } else if (top?.kind === "unary" && SIGN_BINDING >= binding) {
        value = new UnaryExpr(top.operator, value);
      } else {
        return value;
      }
      this.#waiting.pop();
      this.#check(value, top);
    }
  }

  #close(value: Expression, token: Token): Expression {
    const top = this.#waiting.pop();
    this.#open--;
    if (top?.kind === "bracket") return value;
    if (top?.kind !== "call") this.#fail("Expected a ( before this )", token);
    top.args.push(value);
    const node = new FunctionCallExpr(top.fn, top.args);
    this.#check(node, top);
    return node;
  }

  #check(node: Expression, at: { position: number }): void {
    if (node.size > MAX_NODES) {
      this.#fail(`Expected at most ${MAX_NODES} numbers and operators`, at);
    }
    if (node.depth > MAX_DEPTH) {
      this.#fail(`Expected operators nested at most ${MAX_DEPTH} deep`, at);
    }
  }

  #fail(message: string, at: { position: number }, addition = ""): never {
    const text = addition ? `${message} ${addition}` : message;
    throw new ExpressionSyntaxError(text, this.#source, at.position);
  }
}
