/**
 * Finds replies in the bytes of a server, in each of the three dialects.
 *
 * @module
 */

import { type Decoder, NEED_MORE } from "../net/decoder.ts";
import { Code, Form, Op, TableMessage } from "./message.ts";
import { PieceDecoder, type PieceRules } from "./piece_decoder.ts";
import { isBlank, Piece, quote, readPieces } from "./pieces.ts";

const LF = 0x0a;
const MINUS = 0x2d;
const SEMICOLON = 0x3b;

const REPLY_RULES: PieceRules = {
  // An answer ends with its DATA and an error with its MSG; CLR has neither, so its end must be seen.
  isComplete(_message, given): boolean {
    return (given & Piece.DATA) !== 0 ||
      (given & (Piece.CODE | Piece.MSG)) === (Piece.CODE | Piece.MSG);
  },

  isWhole(message, given): boolean {
    forgive(message, given);
    if (message.faultCode !== 0 || message.dataFault !== "") return false;
    return (given & (Piece.DATA | Piece.CODE)) !== 0 || message.op === Op.CLR;
  },

  validate(message, given): void {
    forgive(message, given);
    if ((given & (Piece.OP | Piece.CODE)) === 0) message.blame(Code.BAD_GATEWAY, "OP is missing");
    if (message.dataFault !== "") message.blame(Code.BAD_GATEWAY, message.dataFault);
    if (message.code === Code.OK) message.code = 0;
  },
};

/** An error may name an operation that there is not: `ERR`, or the one that was asked for. */
function forgive(message: TableMessage, given: number): void {
  if (message.faultCode === Code.UNKNOWN_OP && (given & Piece.CODE) !== 0) {
    message.faultCode = 0;
    message.fault = "";
  }
}

/**
 * A decoder for a server that speaks the standard dialect; also what a client reads.
 *
 * A server that has ended one reply with a line break ends all of them so: from then on a quiet gap without it is a reply
 * that is late in arriving, and half a number is not taken for a whole one.
 */
export class ReplyDecoder extends PieceDecoder {
  /** Makes a decoder for one connection. */
  constructor() {
    super(REPLY_RULES);
  }

  /** Decodes one message; see {@linkcode Decoder.decode}. */
  override decode(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
    seen: number,
  ): number {
    return super.decode(message, bytes, start, end, flush && !this.endsLines, seen);
  }
}

/** A decoder for a server that speaks the bare dialect: a reply can't grow after the three digits of its `CODE`. */
export class BareReplyDecoder implements Decoder<TableMessage> {
  /** A reply has ended with its `CODE`, so that without one it is not whole, however quiet the server is. */
  #endsWithCode = false;

  /** Makes an empty message. */
  create(): TableMessage {
    return new TableMessage();
  }

  /** Decodes one message; see {@linkcode Decoder.decode}. */
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
    let begin = start;
    // A `;` may come here that belongs to the reply before.
    while (begin < end && (isBlank(bytes[begin]) || bytes[begin] === SEMICOLON)) begin++;
    let stop = NEED_MORE;
    for (let at = Math.max(begin, seen - 8); at < end; at++) {
      if (bytes[at] === LF || endsCode(bytes, begin, at + 1)) {
        stop = at + 1;
        break;
      }
    }
    const byQuiet = stop === NEED_MORE;
    if (byQuiet) {
      if (!flush || begin === end || this.#endsWithCode) return NEED_MORE;
      stop = end;
    }
    const given = readPieces(message, bytes, begin, stop);
    if (byQuiet && !REPLY_RULES.isWhole(message, given)) return NEED_MORE;
    if ((given & Piece.CODE) !== 0) this.#endsWithCode = true;
    REPLY_RULES.validate(message, given);
    message.form = Form.BARE;
    if (stop < end && bytes[stop] === SEMICOLON) stop++;
    message.bytes = stop - start;
    return stop;
  }
}

/** Whether `bytes[start, end)` ends with `CODE=` and three digits. */
function endsCode(bytes: Uint8Array, start: number, end: number): boolean {
  const at = end - 8;
  if (at < start || bytes[at] !== 0x43 || bytes[at + 1] !== 0x4f || bytes[at + 2] !== 0x44) {
    return false;
  }
  if (bytes[at + 3] !== 0x45 || bytes[at + 4] !== 0x3d) return false;
  for (let i = at + 5; i < end; i++) if (bytes[i] < 0x30 || bytes[i] > 0x39) return false;
  return true;
}

/** The longest reply of the colon dialect: a sign and 16 digits. */
const MAX_COLON_BYTES = 17;

/**
 * A decoder for a server that speaks the colon dialect: an integer that ends when the server is quiet, or a dash.
 * Requests are told to it, since a dash may be all of a reply, or the sign of a number.
 */
export class ColonReplyDecoder implements Decoder<TableMessage> {
  readonly #expected: () => Op;

  /** Makes a decoder for one connection; `expected` tells which operation is under way. */
  constructor(expected: () => Op) {
    this.#expected = expected;
  }

  /** Makes an empty message. */
  create(): TableMessage {
    return new TableMessage();
  }

  /** Decodes one message; see {@linkcode Decoder.decode}. */
  decode(
    message: TableMessage,
    bytes: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
  ): number {
    message.reset();
    message.at = start;
    message.form = Form.COLON;
    message.op = this.#expected();
    let at = start;
    while (at < end && isBlank(bytes[at])) at++;
    const first = at;
    if (at < end && bytes[at] === MINUS) at++;
    const digits = at;
    let value = 0;
    while (at < end && bytes[at] >= 0x30 && bytes[at] <= 0x39) {
      value = value * 10 + (bytes[at++] - 0x30);
    }
    const dash = at === digits && at > first;
    const closed = at < end || flush || (dash && message.op === Op.CLR) ||
      at - first > MAX_COLON_BYTES;
    if (!closed || first === end) return NEED_MORE;
    message.bytes = at - start;
    if (dash) {
      // A dash stands for "done" after CLR, and for "no value" otherwise.
      if (message.op !== Op.CLR) message.code = Code.EMPTY;
      return at;
    }
    if (at === digits || value > Number.MAX_SAFE_INTEGER) {
      message.blame(Code.BAD_GATEWAY, `${quote(bytes.subarray(first, end))} is not an integer`);
      return end;
    }
    message.values.push(first < digits && value !== 0 ? -value : value);
    return at;
  }
}
