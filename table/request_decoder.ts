/**
 * Finds requests in the bytes of a client, in all three dialects.
 *
 * @module
 */

import { NEED_MORE } from "../net/decoder.ts";
import type { Integers } from "./integers.ts";
import { Code, Form, Op, OP_NAMES, type TableMessage } from "./message.ts";
import {
  beginsWith,
  mayBeginWith,
  NOT_FOREIGN,
  OP_START,
  PieceDecoder,
  type PieceRules,
} from "./piece_decoder.ts";
import { opOf, Piece } from "./pieces.ts";

const LF = 0x0a;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const O = 0x4f;
const P = 0x50;
const EQUALS = 0x3d;

/** The longest field of the colon dialect: a sign and 16 digits fit well. */
const MAX_COLON_FIELD = 24;

/** Numbers above this could pass what the quick way adds up exactly; the thorough way judges them. */
const QUICK_MAX = 1e15;

/** A shorter name of an operation may go on yet. */
const MIN_NAME_BYTES = 3;

const REQUEST_RULES: PieceRules = {
  isComplete({ op }, given): boolean {
    if ((given & Piece.OP) === 0) return false;
    if (op === Op.GET || op === Op.ADD) return (given & Piece.IND) !== 0;
    if (op === Op.PUT) return (given & Piece.IND) !== 0 && (given & Piece.DATA) !== 0;
    return true;
  },

  isWhole(message, given): boolean {
    if (!REQUEST_RULES.isComplete(message, given)) return false;
    // `OP=GE` may become something yet, and so may `IND=1,`.
    if (message.op === Op.UNKNOWN) return message.opName.length >= MIN_NAME_BYTES;
    return message.faultCode === 0 && message.dataFault === "";
  },

  validate(message, given): void {
    const { op } = message;
    if ((given & Piece.OP) === 0) {
      message.blame(Code.BAD_REQUEST, "OP is missing");
    } else if (op === Op.GET || op === Op.ADD || op === Op.PUT) {
      if ((given & Piece.IND) === 0) {
        message.blame(Code.BAD_REQUEST, `${OP_NAMES[op]} needs IND`);
      }
      if (op === Op.PUT) {
        if ((given & Piece.DATA) === 0) message.blame(Code.BAD_REQUEST, "PUT needs DATA");
        if (message.dataFault !== "") message.blame(Code.BAD_REQUEST, message.dataFault);
        const { indices, values } = message;
        if (indices.length !== values.length) {
          message.blame(
            Code.BAD_REQUEST,
            `IND and DATA differ in length, ${indices.length} and ${values.length}`,
          );
        }
      }
    }
    if (op !== Op.PUT) message.values.clear();
    message.text = "";
  },
};

const encoder = new TextEncoder();
const COLON_STARTS = ["GET:", "PUT:", "ADD:", "CLR:"].map((text) => encoder.encode(text));

/** A decoder for the requests of one connection. */
export class RequestDecoder extends PieceDecoder {
  protected override readonly foreignStarts: readonly Uint8Array[] = COLON_STARTS;

  /** Makes a decoder for one connection. */
  constructor() {
    super(REQUEST_RULES);
  }

  /** The documented form with small numbers, straight through; {@linkcode NEED_MORE} for anything else. */
  protected override quick(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
  ): number {
    if (
      end - start < 7 || bytes[start] !== O || bytes[start + 1] !== P ||
      bytes[start + 2] !== EQUALS || bytes[start + 6] !== SEMICOLON
    ) return NEED_MORE;
    const op = opOf(bytes[start + 3], bytes[start + 4], bytes[start + 5]);
    let at = start + 7;
    if (op === Op.CLR || op === Op.INF) {
      message.op = op;
      return this.endAtSemicolon(message, bytes, at, end);
    }
    if (
      op === Op.UNKNOWN || end - at < 6 || bytes[at] !== 0x49 || bytes[at + 1] !== 0x4e ||
      bytes[at + 2] !== 0x44 || bytes[at + 3] !== EQUALS
    ) return NEED_MORE;
    at = quickIntegers(message.indices, bytes, at + 4, end);
    if (at !== NEED_MORE && op === Op.PUT) {
      if (
        end - at < 7 || bytes[at] !== 0x44 || bytes[at + 1] !== 0x41 || bytes[at + 2] !== 0x54 ||
        bytes[at + 3] !== 0x41 || bytes[at + 4] !== EQUALS
      ) at = NEED_MORE;
      else at = quickIntegers(message.values, bytes, at + 5, end);
      if (message.values.length !== message.indices.length) at = NEED_MORE;
    }
    if (at === NEED_MORE) {
      message.reset();
      return NEED_MORE;
    }
    message.op = op;
    return this.endAtSemicolon(message, bytes, at, end);
  }

  /** `GET:5:` `PUT:5:50:` `ADD:5:` `CLR:`; {@linkcode NOT_FOREIGN} if it is none of these. */
  protected override foreign(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
  ): number {
    if (end - start < 4 || bytes[start + 3] !== COLON) return NOT_FOREIGN;
    const op = opOf(bytes[start], bytes[start + 1], bytes[start + 2]);
    if (op === Op.UNKNOWN || op === Op.INF) return NOT_FOREIGN;
    const fields = op === Op.CLR ? 0 : op === Op.PUT ? 2 : 1;
    let at = start + 4;
    for (let field = 0; field < fields; field++) {
      const first = at;
      const last = field + 1 === fields;
      at = colonFieldEnd(bytes, first, end);
      // A quiet gap ends the last field only, and only if there is an integer in it.
      if (at === NEED_MORE && flush && last && quickInteger(bytes, first, end) !== null) at = end;
      if (at === NEED_MORE) {
        message.reset();
        return NEED_MORE;
      }
      const number = quickInteger(bytes, first, at);
      if (number === null) {
        message.blame(Code.BAD_REQUEST, `field ${field + 1} of ${OP_NAMES[op]} is not an integer`);
      } else (field === 0 ? message.indices : message.values).push(number);
      if (at < end && bytes[at] === COLON) at++;
      else if (!last) {
        message.blame(Code.BAD_REQUEST, `${OP_NAMES[op]} needs ${fields} fields`);
        break;
      }
    }
    message.op = op;
    message.form = Form.COLON;
    this.lineOpen = false;
    return at;
  }
}

/** Where a field of the colon dialect ends: at its colon, a line break or the next `OP=`. */
function colonFieldEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    if (bytes[at] === COLON || bytes[at] === LF || at - start > MAX_COLON_FIELD) return at;
    if (bytes[at] === O) {
      if (beginsWith(OP_START, bytes, at, end)) return at;
      if (mayBeginWith(OP_START, bytes, at, end)) return NEED_MORE;
    }
  }
  return NEED_MORE;
}

/** An integer that fills `bytes[start, end)`, or `null`. */
function quickInteger(bytes: Uint8Array, start: number, end: number): number | null {
  const negative = start < end && bytes[start] === MINUS;
  let at = negative ? start + 1 : start;
  if (at === end) return null;
  let value = 0;
  for (; at < end; at++) {
    const digit = bytes[at] - 0x30;
    if (digit < 0 || digit > 9) return null;
    value = value * 10 + digit;
  }
  if (value > Number.MAX_SAFE_INTEGER) return null;
  return negative && value !== 0 ? -value : value;
}

/**
 * Integers separated by commas up to a `;`, appended to `list`.
 *
 * @returns The offset after the `;`, or {@linkcode NEED_MORE} if there is anything unusual.
 */
function quickIntegers(list: Integers, bytes: Uint8Array, at: number, end: number): number {
  for (;;) {
    let negative = false;
    if (at < end && bytes[at] === MINUS) {
      negative = true;
      at++;
    }
    const digits = at;
    let value = 0;
    let byte = 0;
    for (; at < end; at++) {
      byte = bytes[at];
      const digit = byte - 0x30;
      if (digit < 0 || digit > 9) break;
      value = value * 10 + digit;
    }
    if (at === digits || at === end || value > QUICK_MAX) return NEED_MORE;
    list.push(negative && value !== 0 ? -value : value);
    at++;
    if (byte === SEMICOLON) return at;
    if (byte !== COMMA) return NEED_MORE;
  }
}
