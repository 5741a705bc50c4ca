/**
 * The words of an expression in text: numbers, names, operators, brackets and commas, each with its place.
 *
 * @module
 */

import { MAX_DIGITS } from "./integer.ts";
import type { PyNumber } from "./python_repr.ts";

/** A word of the text. */
export interface Token {
  /** What it is; `end` stands behind the last word. */
  readonly kind: "number" | "name" | "operator" | "end";
  /** The word as it stands in the text. */
  readonly text: string;
  /** Offset of its first character. */
  readonly position: number;
  /** The number that it is; present when `kind` is `number`. */
  readonly value?: PyNumber;
}

/** A text that is no expression: what is wrong, and where. */
export class ExpressionSyntaxError extends Error {
  /** The whole text. */
  readonly source: string;
  /** Offset of the place, 0..`source.length`. */
  readonly position: number;

  /** Makes the error; `message` says what was expected and what was found. */
  constructor(message: string, source: string, position: number) {
    super(message);
    this.name = "ExpressionSyntaxError";
    this.source = source;
    this.position = position;
  }

  /**
   * Three lines: the text (a part of it when it is long), a caret under the place, and the message.
   *
   * @param width The most columns a line may take, at least 20; 80 when left out.
   */
  render(width = 80): string {
    const before = Array.from(this.source.slice(0, this.position), shown);
    const after = Array.from(this.source.slice(this.position), shown);
    const left = before.slice(-Math.floor(width / 2));
    const right = after.slice(0, width - left.length);
    return `${left.join("")}${right.join("")}\n${" ".repeat(left.length)}^\n${this.message}`;
  }
}

/** A line break or another control character would move the caret away from its place. */
function shown(character: string): string {
  return /\p{C}|\s/u.test(character) ? " " : character;
}

// As Python writes numbers, but for hexadecimal and the like, and for the imaginary ones.
const DIGITS = "\\d(?:_?\\d)*";
const NUMBER = new RegExp(
  `(?:${DIGITS}\\.?(?:${DIGITS})?|\\.${DIGITS})(?:[eE][+-]?${DIGITS})?`,
  "y",
);
const NAME = /[A-Za-z_][A-Za-z_0-9]*/y;
const OPERATOR = /\*\*|[-+*\/%(),]/y;
const BLANK = /\s*/y;

/**
 * Cuts a text into words.
 *
 * @throws {ExpressionSyntaxError} If something in it is no word.
 */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let position = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    return pattern.exec(source)?.[0];
  };
  while (true) {
    position += match(BLANK)!.length;
    if (position === source.length) {
      tokens.push({ kind: "end", text: "", position });
      return tokens;
    }
    const text = match(NUMBER);
    if (text !== undefined) {
      tokens.push({ kind: "number", text, position, value: number(text, source, position) });
      position += text.length;
      if (match(NAME) !== undefined) {
        throw new ExpressionSyntaxError("Expected an operator after the number", source, position);
      }
      continue;
    }
    const name = match(NAME);
    const word = name ?? match(OPERATOR);
    if (word === undefined) {
      const found = String.fromCodePoint(source.codePointAt(position)!);
      throw new ExpressionSyntaxError(
        `Expected a number, a name, an operator or a bracket, found ${JSON.stringify(found)}`,
        source,
        position,
      );
    }
    tokens.push({ kind: name === undefined ? "operator" : "name", text: word, position });
    position += word.length;
  }
}

function number(text: string, source: string, position: number): PyNumber {
  const plain = text.replaceAll("_", "");
  if (/[.eE]/.test(plain)) return Number(plain);
  if (/^0+[1-9]/.test(plain)) {
    throw new ExpressionSyntaxError("Expected an integer without leading zeros", source, position);
  }
  if (plain.length > MAX_DIGITS) {
    throw new ExpressionSyntaxError(
      `Expected an integer of at most ${MAX_DIGITS} digits, found ${plain.length}`,
      source,
      position,
    );
  }
  return BigInt(plain);
}
