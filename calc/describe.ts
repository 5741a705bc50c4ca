/**
 * Packets as people read them, in the original's words: what a log says of a request and of an answer.
 *
 * Nothing here runs unless somebody listens.
 *
 * @module
 */

import { HEADER_LENGTH } from "./header.ts";
import { bytesText } from "./request_key.ts";
import { stringify } from "./notation.ts";
import { readAnswer, readExpression } from "./pickle_reader.ts";
import { numberText } from "./python_repr.ts";

/** A longer expression is described by its length alone. */
const MAX_DESCRIBED_BYTES = 8 * 1024;
const MAX_DESCRIBED_NODES = 500;

/** Describes a request: `Got request of length 376 bytes: max(2, 3) + 3`. */
export function describeRequest(bytes: Uint8Array, start: number, end: number): string {
  return `Got request of length ${end - start} bytes${
    behindColon(describeExpression(bytes, start + HEADER_LENGTH, end))
  }`;
}

/** Describes an answer that is about to leave: `Sending response of length 60 bytes: 6`. */
export function describeAnswer(bytes: Uint8Array): string {
  return `Sending response of length ${bytes.length} bytes${
    behindColon(describeOutcome(bytes, HEADER_LENGTH, bytes.length))
  }`;
}

/** The expression in `bytes[start, end)`, or an empty text if it is too long to show or can't be read. */
export function describeExpression(bytes: Uint8Array, start: number, end: number): string {
  return remembered(expressions, bytes, start, end, (bytes, start, end) => {
    const expression = readExpression(bytes, start, end);
    return expression.size > MAX_DESCRIBED_NODES ? "" : stringify(expression);
  });
}

/** The number or the error in the data of an answer, or an empty text. */
function describeOutcome(bytes: Uint8Array, start: number, end: number): string {
  return remembered(outcomes, bytes, start, end, (bytes, start, end) => {
    const answer = readAnswer(bytes, start, end);
    return answer.kind === "result"
      ? numberText(answer.value)
      : `${answer.exception.name}: ${answer.exception}`;
  });
}

/** What was described of late: the same requests come again and again. */
const expressions = new Map<string, string>();
const outcomes = new Map<string, string>();
const MAX_REMEMBERED = 256;

function remembered(
  texts: Map<string, string>,
  bytes: Uint8Array,
  start: number,
  end: number,
  describe: (bytes: Uint8Array, start: number, end: number) => string,
): string {
  if (end - start > MAX_DESCRIBED_BYTES) return "";
  const key = bytesText(bytes, start, end);
  let text = texts.get(key);
  if (text === undefined) {
    try {
      text = describe(bytes, start, end);
    } catch {
      // Whoever answers says what is wrong with it.
      text = "";
    }
    if (texts.size >= MAX_REMEMBERED) texts.clear();
    texts.set(key, text);
  }
  return text;
}

function behindColon(text: string): string {
  return text === "" ? "" : `: ${text}`;
}
