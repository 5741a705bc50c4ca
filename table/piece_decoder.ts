/**
 * What requests and replies have in common: pieces up to the end of a message, wherever TCP has split them.
 *
 * A message is complete at the first `;` after which it has all that it needs; what follows on the same line can't
 * change it any more and is passed over, and the line break is told when it comes. Messages that have no last `;` end at
 * a line break, at the next `OP=`, or when the peer falls quiet.
 *
 * @module
 */

import { type Decoder, NEED_MORE } from "../net/decoder.ts";
import { Form, Kind, TableMessage } from "./message.ts";
import { isBlank, Piece, readPiece, readPieces } from "./pieces.ts";

const LF = 0x0a;
const CR = 0x0d;
const SEMICOLON = 0x3b;
const O = 0x4f;
const P = 0x50;
const EQUALS = 0x3d;

/** How a message begins. */
export const OP_START: Uint8Array = new Uint8Array([O, P, EQUALS]);

/** Bytes that mean nothing are passed over in frames of at most this size, so that no limit on messages meets them. */
const MAX_NOTHING_BYTES = 256;

/** Returned by {@linkcode PieceDecoder.foreign} when no message of another dialect begins there. */
export const NOT_FOREIGN = 0;

/** What sets requests and replies apart. */
export interface PieceRules {
  /** Whether a message with these pieces (bits of {@linkcode Piece}) can be taken at a `;`. */
  isComplete(message: TableMessage, given: number): boolean;
  /** Whether it can be taken when the peer has fallen quiet. */
  isWhole(message: TableMessage, given: number): boolean;
  /** Blames what is wrong or missing in a message that has ended. */
  validate(message: TableMessage, given: number): void;
}

/** Decodes messages piece by piece. Nothing is ever thrown: what is wrong is noted in the message. */
export class PieceDecoder implements Decoder<TableMessage> {
  /** A message was taken at its `;` and its line goes on. */
  protected lineOpen = false;
  /** Whether the peer has ended a message with a line break: it does so with all of them then, sooner or later. */
  endsLines = false;
  /** Something on that line was passed over already. */
  #linePassed = false;
  readonly #rules: PieceRules;
  /** What was read of a message that is not whole yet, and up to which offset from its start. */
  readonly #partial = new TableMessage();
  #given = 0;
  #pieceOffset = 0;

  /** Makes a decoder for one connection. */
  constructor(rules: PieceRules) {
    this.#rules = rules;
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
    seen: number,
  ): number {
    message.reset();
    message.at = start;
    let next: number;
    if (this.lineOpen && !beginsWith(OP_START, bytes, start, end)) {
      next = this.#restOfLine(message, bytes, start, end, flush);
    } else if (isBlank(bytes[start])) {
      const stop = Math.min(end, start + MAX_NOTHING_BYTES);
      next = start + 1;
      while (next < stop && isBlank(bytes[next])) next++;
      message.kind = Kind.NOTHING;
    } else {
      // The quick way looks at a message once; what was not whole then is read on piece by piece.
      next = seen <= start ? this.quick(message, bytes, start, end) : NEED_MORE;
      if (next === NEED_MORE) next = this.foreign(message, bytes, start, end, flush);
      if (next === NOT_FOREIGN) next = this.#thorough(message, bytes, start, end, flush, seen);
    }
    if (next === NEED_MORE) return NEED_MORE;
    message.bytes = next - start;
    if (!this.endsLines) {
      const { kind, form } = message;
      this.endsLines = kind === Kind.LINE_END ||
        (kind === Kind.MESSAGE && (form === Form.STANDARD_LINE || form === Form.LINE));
    }
    return next;
  }

  /** The usual messages, straight through; {@linkcode NEED_MORE} for anything else. */
  protected quick(
    _message: TableMessage,
    _bytes: Uint8Array,
    _start: number,
    _end: number,
  ): number {
    return NEED_MORE;
  }

  /** Messages of another dialect; {@linkcode NOT_FOREIGN} for anything else. */
  protected foreign(
    _message: TableMessage,
    _bytes: Uint8Array,
    _start: number,
    _end: number,
    _flush: boolean,
  ): number {
    return NOT_FOREIGN;
  }

  /** How messages of another dialect begin. */
  protected readonly foreignStarts: readonly Uint8Array[] = [];

  /** Ends a message after its last `;` at `next`, with the line break if it is there already. */
  protected endAtSemicolon(
    message: TableMessage,
    bytes: Uint8Array,
    next: number,
    end: number,
  ): number {
    if (next < end) {
      if (bytes[next] === LF) {
        this.lineOpen = false;
        message.form = Form.STANDARD_LINE;
        return next + 1;
      }
      if (bytes[next] === CR && next + 1 < end && bytes[next + 1] === LF) {
        this.lineOpen = false;
        message.form = Form.STANDARD_LINE;
        return next + 2;
      }
    }
    this.lineOpen = true;
    this.#linePassed = false;
    message.form = Form.STANDARD;
    return next;
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
      this.lineOpen = false;
      message.kind = Kind.LINE_END;
      return start + 1;
    }
    message.kind = Kind.NOTHING;
    if (!this.#linePassed) {
      for (const begin of this.foreignStarts) {
        if (beginsWith(begin, bytes, start, end)) {
          this.lineOpen = false;
          return this.decode(message, bytes, start, end, flush, start);
        }
        if (mayBeginWith(begin, bytes, start, end)) return NEED_MORE;
      }
    }
    const stop = Math.min(end, start + MAX_NOTHING_BYTES);
    let at = start;
    while (at < stop && bytes[at] !== LF) {
      if (bytes[at] === O) {
        if (beginsWith(OP_START, bytes, at, end)) break;
        // These may be the first letters of the next message, however long the others take to come.
        if (mayBeginWith(OP_START, bytes, at, end)) {
          if (at > start) break;
          return NEED_MORE;
        }
      }
      at++;
    }
    this.#linePassed = true;
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
    if (seen <= start) this.#forget();
    let piece = start + this.#pieceOffset;
    for (let at = Math.max(piece, seen - 2); at < end; at++) {
      const byte = bytes[at];
      if (byte === SEMICOLON) {
        this.#given = readPiece(partial, bytes, piece, at, this.#given);
        piece = at + 1;
        this.#pieceOffset = piece - start;
        if (this.#rules.isComplete(partial, this.#given)) {
          this.#deliver(message, this.#given);
          return this.endAtSemicolon(message, bytes, piece, end);
        }
      } else if (byte === LF) {
        const bare = !isAllBlank(bytes, piece, at);
        this.#given = readPiece(partial, bytes, piece, at, this.#given);
        this.lineOpen = false;
        if (this.#given === 0 && partial.faultCode === 0 && isEmptyLine(bytes, start, at)) {
          message.kind = Kind.NOTHING;
          this.#forget();
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
          this.lineOpen = false;
          return next;
        }
      }
    }
    return flush ? this.#takeQuiet(message, bytes, start, end) : NEED_MORE;
  }

  /** The peer is quiet: the bytes are a message if nothing is missing in them. */
  #takeQuiet(message: TableMessage, bytes: Uint8Array, start: number, end: number): number {
    const given = readPieces(message, bytes, start, end);
    if (!this.#rules.isWhole(message, given)) {
      message.reset();
      return NEED_MORE;
    }
    this.#rules.validate(message, given);
    message.form = Form.BARE;
    this.lineOpen = false;
    this.#forget();
    return end;
  }

  /** Hands over what was read piece by piece. */
  #deliver(message: TableMessage, given: number): void {
    const partial = this.#partial;
    this.#rules.validate(partial, given);
    message.takeFrom(partial);
    this.#forget();
  }

  /** Nothing of the next message has been read yet. */
  #forget(): void {
    this.#partial.reset();
    this.#given = 0;
    this.#pieceOffset = 0;
  }
}

/** Whether the bytes begin with `begin`. */
export function beginsWith(
  begin: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (end - start < begin.length) return false;
  for (let i = 0; i < begin.length; i++) if (bytes[start + i] !== begin[i]) return false;
  return true;
}

/** Whether all that is there are the first bytes of `begin`. */
export function mayBeginWith(
  begin: Uint8Array,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (end - start >= begin.length) return false;
  for (let at = start; at < end; at++) if (bytes[at] !== begin[at - start]) return false;
  return true;
}

/** Whether a line holds nothing but `;` and blanks. */
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
