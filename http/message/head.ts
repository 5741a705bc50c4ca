/**
 * The part that request heads, response heads and trailers share: reading field lines, strictly and as they arrive, and
 * working out no more of them than framing needs.
 *
 * @module
 */

import { COLON, CR, HTAB, LF, SP, TOKEN, VALUE } from "./bytes.ts";
import { HttpLimitError, HttpSyntaxError } from "./errors.ts";
import type { LimitStatus, SyntaxStatus } from "./errors.ts";
import { FieldLines } from "./field_lines.ts";
import {
  BodyKind,
  type BodyKindValue,
  ConnectionBit,
  LENGTH_DIFFERS,
  LENGTH_INVALID,
  LENGTH_TOO_LARGE,
  parseConnection,
  parseContentLength,
  parseTransferEncoding,
  TransferCoding,
  type TransferCodingValue,
} from "./framing.ts";
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from "./limits.ts";
import { Field, fieldIdOf, LAST_BIT_ID, LAST_FRAMING_ID } from "./names.ts";
import { NEED_MORE } from "../../net/decoder.ts";

/** A head that is read as it arrives, and what it says about the end of its message. */
export abstract class MessageHead extends FieldLines {
  /** Bytes of the head, the empty line at its end included. */
  length = 0;
  /** Content-Length in bytes, or -1 without one. */
  contentLength: number = -1;
  /** What Connection said, bits of {@linkcode ConnectionBit}. */
  connection = 0;
  /** 1 for HTTP/1.1 (and later), 0 for HTTP/1.0. */
  minorVersion = 1;
  /** How the end of the body is found. */
  bodyKind: BodyKindValue = BodyKind.none;

  /** The limits that it is read with. */
  protected readonly limits: HeadLimits;
  /** What the Transfer-Encoding lines came to. */
  protected transferCoding: TransferCodingValue = TransferCoding.none;
  /** Offset from `start` of the line to go on with; 0 at the beginning. */
  protected resumeLine = 0;
  /** Offset from `start` up to which no line feed was found in that line. */
  protected resumeScan = 0;
  /** Offset from `start` of the first field line, or 0 while the start line is awaited. */
  protected fieldsAt = 0;

  /** Makes an empty head that is read with `limits`. */
  constructor(limits: HeadLimits = DEFAULT_HEAD_LIMITS) {
    super(limits.maxFields);
    this.limits = limits;
  }

  /** Forgets what was read, whole or in part, so that another head can be read. */
  reset(): void {
    this.length = 0;
    this.fieldCount = 0;
    this.present = 0;
    this.contentLength = -1;
    this.connection = 0;
    this.bodyKind = BodyKind.none;
    this.transferCoding = TransferCoding.none;
    this.resumeLine = 0;
    this.resumeScan = 0;
    this.fieldsAt = 0;
  }

  /** Whether the connection can carry another message after this one (RFC 9112 §9.3). */
  get persistent(): boolean {
    if ((this.connection & ConnectionBit.close) !== 0) return false;
    return this.minorVersion > 0 || (this.connection & ConnectionBit.keepAlive) !== 0;
  }

  /**
   * Reads field lines up to the empty line.
   *
   * @param at Offset of the first line that has not been read.
   * @param end Offset after the last byte that has arrived.
   * @returns The offset after the empty line, or {@linkcode NEED_MORE}.
   */
  protected parseFields(at: number, end: number): number {
    const buffer = this.buffer;
    const start = this.start;
    let spans = this.spans;
    let ids = this.ids;
    const limits = this.limits;
    const limitAt = start + this.fieldsAt + limits.maxFieldBytes;
    let count = this.fieldCount;
    for (;;) {
      const lineAt = at;
      while (at < end && TOKEN[buffer[at]] !== 0) at++;
      const nameEnd = at;
      if (at < end && nameEnd === lineAt && buffer[at] === CR) {
        if (at + 1 < end) {
          if (buffer[at + 1] !== LF) throw this.syntax(400, bareCr());
          this.fieldCount = count;
          return at + 2;
        }
        at = end;
      }
      if (at < end) {
        if (buffer[at] !== COLON || nameEnd === lineAt) throw this.#nameError(lineAt, at, count);
        at++;
        while (at < end && (buffer[at] === SP || buffer[at] === HTAB)) at++;
      }
      const valueAt = at;
      while (at < end && VALUE[buffer[at]] !== 0) at++;
      if (at < end && buffer[at] !== CR) throw this.syntax(400, valueError(buffer[at]));
      if (at + 1 >= end) {
        // Where the head ends isn't there yet: this line is gone over again, but searched only from here.
        if (end > limitAt) throw this.tooManyBytes();
        this.fieldCount = count;
        this.resumeLine = lineAt - start;
        this.resumeScan = end - start;
        return NEED_MORE;
      }
      if (buffer[at + 1] !== LF) throw this.syntax(400, bareCr());
      let valueEnd = at;
      while (valueEnd > valueAt && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === HTAB)) {
        valueEnd--;
      }
      at += 2;
      if (at > limitAt) throw this.tooManyBytes();
      if (count === limits.maxFields) {
        throw this.tooLarge(431, `Expected at most ${limits.maxFields} fields`);
      }
      if (count === ids.length) {
        this.growLines();
        spans = this.spans;
        ids = this.ids;
      }
      const id = fieldIdOf(buffer, lineAt, nameEnd);
      const span = count << 2;
      spans[span] = lineAt - start;
      spans[span + 1] = nameEnd - start;
      spans[span + 2] = valueAt - start;
      spans[span + 3] = valueEnd - start;
      ids[count++] = id;
      if (id !== 0) {
        if (id <= LAST_FRAMING_ID) this.framingField(id, valueAt, valueEnd);
        if (id <= LAST_BIT_ID) this.present |= 1 << id;
      }
    }
  }

  /** Whether the line that the head waits for has come to an end, looking only at bytes that are new. */
  protected lineHasEnded(end: number): boolean {
    const buffer = this.buffer;
    for (let at = this.start + this.resumeScan; at < end; at++) {
      if (buffer[at] === LF) return true;
    }
    this.resumeScan = end - this.start;
    return false;
  }

  /** Takes note of a field that bears on framing; its value lies in `buffer[from, to)`. */
  protected framingField(id: number, from: number, to: number): void {
    if (id === Field.contentLength) {
      const length = parseContentLength(this.buffer, from, to);
      if (length === LENGTH_TOO_LARGE) {
        throw this.tooLarge(413, "Expected a Content-Length below 2^53");
      }
      if (length === LENGTH_INVALID) {
        throw this.syntax(400, "Expected decimal digits as Content-Length");
      }
      if (
        length === LENGTH_DIFFERS || (this.contentLength >= 0 && this.contentLength !== length)
      ) {
        throw this.syntax(400, "Expected one Content-Length, found different ones");
      }
      this.contentLength = length;
    } else if (id === Field.transferEncoding) {
      this.transferCoding = parseTransferEncoding(this.buffer, from, to, this.transferCoding);
    } else if (id === Field.connection) {
      this.connection |= parseConnection(this.buffer, from, to);
    }
  }

  /** The rules on Content-Length and Transfer-Encoding that requests and responses share (RFC 9112 §6.1, §6.3). */
  protected checkFraming(): void {
    if (this.transferCoding === TransferCoding.none) return;
    if (this.contentLength >= 0) {
      throw this.syntax(400, "Expected Content-Length or Transfer-Encoding, found both");
    }
    if (this.minorVersion === 0) {
      throw this.syntax(400, "Expected no Transfer-Encoding in HTTP/1.0");
    }
    if (this.transferCoding === TransferCoding.invalid) {
      throw this.syntax(400, "Expected a Transfer-Encoding that ends in a single chunked");
    }
  }

  /** An error of syntax; responses make it a 502. */
  protected syntax(status: SyntaxStatus, message: string): HttpSyntaxError {
    return new HttpSyntaxError(status, message);
  }

  /** An error of size; responses make it a 502. */
  protected tooLarge(status: LimitStatus, message: string): HttpLimitError {
    return new HttpLimitError(status, message);
  }

  /** The error for a start line beyond its limit. */
  protected startLineTooLong(): HttpLimitError {
    return this.tooLarge(
      414,
      `Expected a start line of at most ${this.limits.maxStartLineBytes} bytes`,
    );
  }

  /** The error for field lines beyond their limit. */
  protected tooManyBytes(): HttpLimitError {
    return this.tooLarge(431, `Expected at most ${this.limits.maxFieldBytes} bytes of fields`);
  }

  #nameError(lineAt: number, at: number, count: number): HttpSyntaxError {
    const found = this.buffer[at];
    if (at === lineAt) {
      if (found === COLON) return this.syntax(400, "Expected a field name before the colon");
      if (found === LF) return this.syntax(400, "Expected CR LF at the end of a line, found LF");
      if (found === SP || found === HTAB) {
        // RFC 9112 §5.2 and §2.2: folded lines, and whitespace before the first field.
        return this.syntax(
          400,
          count > 0
            ? "Expected a field on one line, found a folded one"
            : "Expected a field name, found whitespace",
        );
      }
    }
    if (found === SP || found === HTAB) {
      // RFC 9112 §5.1.
      return this.syntax(400, "Expected a colon right after the field name, found whitespace");
    }
    if (found === CR || found === LF) {
      return this.syntax(400, "Expected a colon after the field name, found the end of the line");
    }
    return this.syntax(400, `Expected a token as field name, found byte ${found}`);
  }
}

/** The sentence for a CR that no LF follows. */
export function bareCr(): string {
  return "Expected LF after CR";
}

function valueError(found: number): string {
  return found === LF
    ? "Expected CR LF at the end of a line, found LF"
    : `Expected no control character in a field value, found byte ${found}`;
}
