/**
 * Evaluates an expression and writes down every step, a slice at a time.
 *
 * A step is the whole text at the moment one operation is about to be computed: everything before it is reduced to
 * numbers, everything after it still stands as in the beginning. So a step is made of what the operations around
 * have gathered so far, the operation itself, and the end of the first text. Spec: calc, 2.4.
 *
 * @module
 */

import { builtinException, CalcError, tooLongError } from "./errors.ts";
import { checkExtent, type Expression, type Operation } from "./expression.ts";
import type { Fraction } from "./fraction.ts";
import { type Callable, uniform } from "./functions.ts";
import { MAX_DATA_LENGTH } from "./header.ts";
import { MersenneTwister, type RandomState } from "./mersenne_twister.ts";
import { betweenText, closeText, openText, operandsAreBare } from "./notation.ts";
import { resultPacketLength } from "./pickle_writer.ts";
import { numberText, type PyNumber } from "./python_repr.ts";

/** The number, and how it came about. */
export interface Result {
  /** What the expression comes to. */
  readonly value: PyNumber;
  /** The text of each step, the result's last; empty for a bare constant, or when steps were not asked for. */
  readonly steps: readonly string[];
}

/** How {@linkcode Evaluation} goes about it. */
export interface EvaluationOptions {
  /** Whether to write down the steps; `true` when left out. */
  steps?: boolean;
  /** The most time, in milliseconds, that all slices together may take; 1 000 when left out. */
  budgetMs?: number;
  /** A clock in milliseconds; `performance.now` when left out. */
  now?: () => number;
}

/** An operation whose operands are being evaluated. */
interface Frame {
  readonly node: Operation;
  readonly bare: boolean;
  /** Offset after this operation in the first text. */
  readonly end: number;
  readonly args: PyNumber[];
  /** The step's text up to the operand that is next. */
  text: string;
  /** The length of that text, kept once steps are only counted. */
  length: number;
}

/** Beyond this the first text alone, and with it the first step, can't fit in an answer, whatever its names stand for. */
const MAX_FIRST_TEXT = 4_194_304;
/** Texts of long numbers that are kept. */
const MAX_TEXTS = 64;
/** Work between two looks at the clock, in units of about 100 ns. */
const CREDIT = 2_000;

/**
 * One evaluation, to be run in slices: `while (!evaluation.run(5)) await …;`, and then `evaluation.result()`.
 */
export class Evaluation {
  readonly #withSteps: boolean;
  readonly #budgetMs: number;
  readonly #now: () => number;
  readonly #frames: Frame[] = [];
  readonly #steps: string[] = [];
  /** Lengths of all steps, once their texts no longer fit in an answer. */
  #stepLengths: number[] | undefined;
  #stepsLength = 0;
  #first = "";
  #firstLength = 0;
  /** Where each operation ends in the first text, in the order in which they begin. */
  readonly #ends: number[] = [];
  #begun = 0;
  #value: PyNumber | undefined;
  #spentMs = 0;
  /** Texts of long constants; one that is shared would be written out thousands of times. */
  #texts: Map<bigint | Fraction, string> | undefined;
  #generators: Map<RandomState, MersenneTwister> | undefined;

  /**
   * Prepares the evaluation; nothing is computed yet.
   *
   * @throws {CalcError} If the expression has more than 20 000 nodes or is nested deeper than 1 000.
   */
  constructor(expression: Expression, options: EvaluationOptions = {}) {
    checkExtent(expression);
    this.#withSteps = options.steps ?? true;
    this.#budgetMs = options.budgetMs ?? 1000;
    this.#now = options.now ?? (() => performance.now());
    if (expression.kind === "constant" || expression.kind === "named") {
      this.#value = expression.value;
      return;
    }
    if (this.#withSteps) {
      this.#writeFirst(expression, true);
      if (this.#firstLength > MAX_FIRST_TEXT) this.#stepLengths = [];
    }
    this.#begin(expression, true);
  }

  /**
   * Goes on, for `sliceMs` milliseconds at most (give or take one operation) or to the end.
   *
   * @returns Whether the evaluation is finished.
   * @throws {CalcError} As Python would raise; when the budget is spent; when the steps would not fit in an answer.
   */
  run(sliceMs = Infinity): boolean {
    if (this.#value !== undefined) return true;
    const started = this.#now();
    let credit = CREDIT;
    while (this.#value === undefined) {
      credit -= this.#advance();
      if (credit > 0) continue;
      credit = CREDIT;
      const elapsed = this.#now() - started;
      if (this.#spentMs + elapsed > this.#budgetMs) throw this.#overBudget();
      if (elapsed >= sliceMs && this.#value === undefined) {
        this.#spentMs += elapsed;
        return false;
      }
    }
    if (this.#stepLengths) {
      throw tooLongError(resultPacketLength(this.#value, this.#stepLengths));
    }
    return true;
  }

  /**
   * The result, once {@linkcode run} has returned `true`.
   *
   * @throws {TypeError} If the evaluation is not finished.
   */
  result(): Result {
    if (this.#value === undefined) throw new TypeError("Expected a finished evaluation");
    return { value: this.#value, steps: this.#steps };
  }

  /** Evaluates operands up to the next operation below, or computes the innermost one. Returns the cost. */
  #advance(): number {
    const frame = this.#frames[this.#frames.length - 1];
    const { node, args } = frame;
    const operands = node.operands;
    const given = args.length;
    while (args.length < operands.length) {
      const operand = operands[args.length];
      if (operand.kind !== "constant" && operand.kind !== "named") {
        this.#begin(operand, operandsAreBare(node));
        return 1 + args.length - given;
      }
      // Thousands of arguments are not given in one go.
      if (args.length - given === CREDIT) return CREDIT;
      this.#give(frame, operand.value);
    }
    if (this.#withSteps) this.#emit(frame);
    const value = this.#call(node.operator.function, args);
    this.#frames.pop();
    if (this.#frames.length > 0) {
      this.#give(this.#frames[this.#frames.length - 1], value);
    } else {
      this.#value = value;
      if (this.#withSteps) this.#addStep(this.#textOf(value), -1);
    }
    return cost(value);
  }

  #begin(node: Operation, bare: boolean): void {
    let text = "";
    let length = 0;
    if (this.#withSteps) {
      const open = openText(node, bare);
      const above = this.#frames.at(-1);
      if (this.#stepLengths) length = (above ? above.length : 0) + open.length;
      else text = above ? above.text + open : open;
    }
    this.#frames.push({ node, bare, end: this.#ends[this.#begun++], args: [], text, length });
  }

  #give(frame: Frame, value: PyNumber): void {
    frame.args.push(value);
    if (!this.#withSteps) return;
    let text = this.#textOf(value);
    if (frame.args.length < frame.node.operands.length) text += betweenText(frame.node);
    if (this.#stepLengths) frame.length += text.length;
    else frame.text += text;
  }

  #emit(frame: Frame): void {
    const close = closeText(frame.node, frame.bare);
    if (this.#stepLengths) {
      this.#addStep("", frame.length + close.length + this.#firstLength - frame.end);
    } else {
      this.#addStep(frame.text + close + this.#first.slice(frame.end), -1);
    }
  }

  /** Keeps a step, or only its length when all together no longer fit in an answer. */
  #addStep(text: string, length: number): void {
    if (length < 0) length = text.length;
    if (this.#stepLengths) {
      this.#stepLengths.push(length);
      return;
    }
    this.#steps.push(text);
    this.#stepsLength += length;
    if (this.#stepsLength <= MAX_DATA_LENGTH) return;
    this.#stepLengths = this.#steps.map((step) => step.length);
    this.#steps.length = 0;
    for (const frame of this.#frames) {
      frame.length = frame.text.length;
      frame.text = "";
    }
  }

  /** Writes the first text, as long as it has a chance to fit, and notes where each operation ends in it. */
  #writeFirst(node: Expression, bare: boolean): void {
    if (node.kind === "constant") return this.#append(this.#textOf(node.value));
    if (node.kind === "named") return this.#append(node.name);
    const index = this.#ends.push(0) - 1;
    this.#append(openText(node, bare));
    const between = betweenText(node);
    const operandBare = operandsAreBare(node);
    for (let i = 0; i < node.operands.length; i++) {
      if (i > 0) this.#append(between);
      this.#writeFirst(node.operands[i], operandBare);
    }
    this.#append(closeText(node, bare));
    this.#ends[index] = this.#firstLength;
  }

  #textOf(value: PyNumber): string {
    if (typeof value === "number" || typeof value === "boolean" || isShort(value)) {
      return numberText(value);
    }
    const texts = this.#texts ??= new Map();
    let text: string | undefined = texts.get(value);
    if (text === undefined) {
      // Old ones make room: what is looked for again soon is what counts.
      if (texts.size >= MAX_TEXTS) texts.clear();
      text = numberText(value);
      texts.set(value, text);
    }
    return text;
  }

  #append(text: string): void {
    this.#firstLength += text.length;
    if (this.#firstLength <= MAX_FIRST_TEXT) this.#first += text;
  }

  #call(callable: Callable, args: readonly PyNumber[]): PyNumber {
    if ("call" in callable) return callable.call(args);
    const generators = this.#generators ??= new Map();
    let generator: MersenneTwister | undefined = generators.get(callable.state);
    if (!generator) {
      generator = new MersenneTwister(callable.state);
      generators.set(callable.state, generator);
    }
    return uniform(generator, args);
  }

  #overBudget(): CalcError {
    const text = `Evaluation stopped after its budget of ${this.#budgetMs} ms`;
    return new CalcError(builtinException("TimeoutError", text));
  }
}

/**
 * Evaluates an expression at once. Whoever serves many at a time uses {@linkcode Evaluation} instead.
 *
 * @throws {CalcError} As {@linkcode Evaluation.run} does.
 */
export function evaluate(expression: Expression, options?: EvaluationOptions): Result {
  const evaluation = new Evaluation(expression, options);
  evaluation.run();
  return evaluation.result();
}

/** What an operation with this result may have cost, in units of about 100 ns. */
function cost(value: PyNumber): number {
  if (typeof value === "number" || typeof value === "boolean") return 10;
  if (typeof value === "bigint") return isShort(value) ? 10 : 400;
  return isShort(value) ? 50 : CREDIT;
}

function isShort(value: bigint | Fraction): boolean {
  if (typeof value !== "bigint") return isShort(value.numerator) && isShort(value.denominator);
  return value < 0x10000000000000000n && value > -0x10000000000000000n;
}
