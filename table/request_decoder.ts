/**
 * Finds requests in the bytes of a client, in all three dialects.
 *
 * Clients in the wild send no terminator, TCP splits and glues, and a reply must not depend on where. So a message is
 * complete at the first `;` after which its operation has all that it needs; what follows on the same line can't change
 * it any more and is passed over, and the line break, when it comes, is answered with a line break. Messages that have
 * no last `;` end at a line break, at the next `OP=`, or when the client falls quiet.
 *
 * @module
 */

import { type Decoder, NEED_MORE } from "../net/decoder.ts";
import type { Integers } from "./integers.ts";
import { Code, Form, Kind, Op, OP_NAMES, TableMessage } from "./message.ts";
import { isBlank, opOf, Piece, readPiece, readPieces } from "./pieces.ts";

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const COLON = 0x3a;
const COMMA = 0x2c;
const MINUS = 0x2d;
const O = 0x4f;
const P = 0x50;
const EQUALS = 0x3d;

/** The longest field of the colon dialect: a sign and 16 digits fit well. */
const MAX_COLON_FIELD = 24;

/** Ten digits and more could pass what the quick way adds up exactly; the thorough way judges them. */
const QUICK_MAX = 1e15;

/** Whether an operation has all the pieces it needs. */
function isComplete(op: Op, given: number): boolean {
  if ((given & Piece.OP) === 0) return false;
  if (op === Op.GET || op === Op.ADD) return (given & Piece.IND) !== 0;
  if (op === Op.PUT) return (given & Piece.IND) !== 0 && (given & Piece.DATA) !== 0;
  return true;
}

/** Blames what is missing in a message that has ended. */
function validate(message: TableMessage, given: number): void {
  const { op } = message;
  if ((given & Piece.OP) === 0) {
    message.blame(Code.BAD_REQUEST, "OP is missing");
  } else if (op === Op.GET || op === Op.ADD || op === Op.PUT) {
    if ((given & Piece.IND) === 0) {
      message.blame(Code.BAD_REQUEST, `${OP_NAMES[op]} needs IND`);
    }
    if (op === Op.PUT) {
      if ((given & Piece.DATA) === 0) message.blame(Code.BAD_REQUEST, "PUT needs DATA");
      if (message.text !== "") message.blame(Code.BAD_REQUEST, message.text);
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
}

/** A decoder for the requests of one connection. */
export class RequestDecoder implements Decoder<TableMessage> {
  /** A message was answered at its `;` and its line goes on. */
  #lineOpen = false;
  /** What the thorough way has read of a message that is not whole yet, and up to which offset from its start. */
  readonly #partial = new TableMessage();
  #given = 0;
  #pieceOffset = 0;

  /** Makes an empty message. */
  create(): TableMessage {
    return new TableMessage();
  }

  /** Decodes one message; see {@linkcode Decoder.decode}. Never throws: what is wrong is noted in the message. */
  decode(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
    seen: number,
  ): number {
    message.reset();
    message.at = start;
    let next: number;
    if (this.#lineOpen && !this.#beginsMessage(bytes, start, end)) {
      next = this.#restOfLine(message, bytes, start, end, flush);
    } else if (isBlank(bytes[start])) {
      next = start + 1;
      while (next < end && isBlank(bytes[next])) next++;
      message.kind = Kind.NOTHING;
    } else {
      // The quick way looks at a message once; what was not whole then is read on piece by piece.
      next = seen <= start ? this.#quick(message, bytes, start, end) : NEED_MORE;
      if (next === NEED_MORE) next = this.#colon(message, bytes, start, end, flush);
      if (next === NEED_MORE) next = this.#thorough(message, bytes, start, end, flush, seen);
    }
    if (next !== NEED_MORE) message.bytes = next - start;
    return next;
  }

  #beginsMessage(bytes: Uint8Array, start: number, end: number): boolean {
    return end - start >= 3 && bytes[start] === O && bytes[start + 1] === P &&
      bytes[start + 2] === EQUALS;
  }

  /** What follows an answered message on its line: its line break, or nothing that counts. */
  #restOfLine(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
  ): number {
    if (bytes[start] === LF) {
      this.#lineOpen = false;
      message.kind = Kind.LINE_END;
      return start + 1;
    }
    message.kind = Kind.NOTHING;
    let at = start;
    while (at < end) {
      if (bytes[at] === LF) return at;
      if (bytes[at] === O) {
        if (this.#beginsMessage(bytes, at, end)) return at;
        // These may be the first letters of the next message.
        const mayBegin = at + 1 === end || (at + 2 === end && bytes[at + 1] === P);
        if (mayBegin && !flush) return at > start ? at : NEED_MORE;
      }
      at++;
    }
    return end;
  }

  /** Ends a message after its last `;` at `next`, with the line break if it is there already. */
  #endAtSemicolon(message: TableMessage, bytes: Uint8Array, next: number, end: number): number {
    if (next < end) {
      if (bytes[next] === LF) {
        this.#lineOpen = false;
        message.form = Form.STANDARD_LINE;
        return next + 1;
      }
      if (bytes[next] === CR && next + 1 < end && bytes[next + 1] === LF) {
        this.#lineOpen = false;
        message.form = Form.STANDARD_LINE;
        return next + 2;
      }
    }
    this.#lineOpen = true;
    message.form = Form.STANDARD;
    return next;
  }

  /** The documented form with small numbers, straight through; {@linkcode NEED_MORE} for anything else. */
  #quick(message: TableMessage, bytes: Uint8Array, start: number, end: number): number {
    if (
      end - start < 7 || bytes[start] !== O || bytes[start + 1] !== P ||
      bytes[start + 2] !== EQUALS || bytes[start + 6] !== SEMICOLON
    ) return NEED_MORE;
    const op = opOf(bytes[start + 3], bytes[start + 4], bytes[start + 5]);
    let at = start + 7;
    if (op === Op.CLR || op === Op.INF) {
      message.op = op;
      return this.#endAtSemicolon(message, bytes, at, end);
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
    return this.#endAtSemicolon(message, bytes, at, end);
  }

  /** `GET:5:` `PUT:5:50:` `ADD:5:` `CLR:`; {@linkcode NEED_MORE} if it is none of these, or not whole. */
  #colon(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
  ): number {
    if (end - start < 4 || bytes[start + 3] !== COLON) return NEED_MORE;
    const op = opOf(bytes[start], bytes[start + 1], bytes[start + 2]);
    if (op === Op.UNKNOWN || op === Op.INF) return NEED_MORE;
    const fields = op === Op.CLR ? 0 : op === Op.PUT ? 2 : 1;
    let at = start + 4;
    for (let field = 0; field < fields; field++) {
      const first = at;
      while (at < end && bytes[at] !== COLON && bytes[at] !== LF && at - first <= MAX_COLON_FIELD) {
        at++;
      }
      const list = field === 0 ? message.indices : message.values;
      const whole = at < end || flush;
      if (!whole) {
        message.reset();
        return NEED_MORE;
      }
      const number = quickInteger(bytes, first, at);
      if (number === null) {
        message.blame(Code.BAD_REQUEST, `field ${field + 1} of ${OP_NAMES[op]} is not an integer`);
      } else list.push(number);
      if (at < end && bytes[at] === COLON) at++;
      else if (field + 1 < fields) {
        message.blame(Code.BAD_REQUEST, `${OP_NAMES[op]} needs ${fields} fields`);
        break;
      }
    }
    message.op = op;
    message.form = Form.COLON;
    this.#lineOpen = false;
    return at;
  }

  /** Any message, piece by piece; goes on where it stopped when more bytes have come. */
  #thorough(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
    seen: number,
  ): number {
    const partial = this.#partial;
    if (seen <= start) {
      partial.reset();
      this.#given = 0;
      this.#pieceOffset = 0;
    }
    let piece = start + this.#pieceOffset;
    for (let at = Math.max(piece, seen - 2); at < end; at++) {
      const byte = bytes[at];
      if (byte === SEMICOLON) {
        this.#given = readPiece(partial, bytes, piece, at, this.#given);
        piece = at + 1;
        this.#pieceOffset = piece - start;
        if (isComplete(partial.op, this.#given)) {
          this.#deliver(message, this.#given);
          return this.#endAtSemicolon(message, bytes, piece, end);
        }
      } else if (byte === LF) {
        const bare = !isAllBlank(bytes, piece, at);
        this.#given = readPiece(partial, bytes, piece, at, this.#given);
        this.#lineOpen = false;
        if (this.#given === 0 && partial.faultCode === 0 && isEmptyLine(bytes, start, at)) {
          message.kind = Kind.NOTHING;
          return at + 1;
        }
        this.#deliver(message, this.#given);
        message.form = bare ? Form.LINE : Form.STANDARD_LINE;
        return at + 1;
      } else if (byte === EQUALS && at - 2 >= start && bytes[at - 1] === P && bytes[at - 2] === O) {
        const next = at - 2;
        const own = (this.#given & Piece.OP) === 0 && isAllBlank(bytes, piece, next);
        if (!own && next > start) {
          const bare = !isAllBlank(bytes, piece, next);
          this.#given = readPiece(partial, bytes, piece, next, this.#given);
          this.#deliver(message, this.#given);
          message.form = bare ? Form.BARE : Form.STANDARD;
          this.#lineOpen = false;
          return next;
        }
      }
    }
    return flush ? this.#takeQuiet(message, bytes, start, end) : NEED_MORE;
  }

  /** The client is quiet: the bytes are a message if nothing is missing in them. */
  #takeQuiet(message: TableMessage, bytes: Uint8Array, start: number, end: number): number {
    const given = readPieces(message, bytes, start, end);
    const { op, faultCode } = message;
    if (
      !isComplete(op, given) ||
      (faultCode !== 0 && !(faultCode === Code.UNKNOWN_OP && end - start >= 6))
    ) {
      message.reset();
      return NEED_MORE;
    }
    validate(message, given);
    message.form = Form.BARE;
    this.#lineOpen = false;
    return end;
  }

  /** Hands over what was read piece by piece. */
  #deliver(message: TableMessage, given: number): void {
    const partial = this.#partial;
    validate(partial, given);
    message.op = partial.op;
    for (const index of partial.indices) message.indices.push(index);
    for (const value of partial.values) message.values.push(value);
    message.faultCode = partial.faultCode;
    message.fault = partial.fault;
    partial.reset();
    this.#given = 0;
    this.#pieceOffset = 0;
  }
}

/** Whether a message may be read whose line is not known to have begun: nothing but `;` and blanks. */
function isEmptyLine(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) {
    if (bytes[at] !== SEMICOLON && !isBlank(bytes[at])) return false;
  }
  return true;
}

function isAllBlank(bytes: Uint8Array, start: number, end: number): boolean {
  for (let at = start; at < end; at++) if (!isBlank(bytes[at])) return false;
  return true;
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
