/**
 * Heads written into a byte buffer that grows: known parts are copied as bytes, and no text is joined on the way.
 *
 * @module
 */

import { OutputBuffer } from "../../net/output_buffer.ts";
import { CR, latin1Bytes, LF, VALUE } from "./bytes.ts";
import { formatHttpDate } from "../fields/date.ts";
import type { FieldReader } from "./field_reader.ts";
import type { MessageHead } from "./head.ts";
import { fieldIdOfName } from "./names.ts";
import { isForbiddenTrailer } from "./trailers.ts";
import { endsHere, namedByConnection } from "./hop_by_hop.ts";
import { statusLine } from "./status.ts";

const FIELD_SEPARATOR = latin1Bytes(": ");
const LAST_CHUNK = latin1Bytes("0\r\n");

/** An {@linkcode OutputBuffer} that knows how heads are written. */
export class ByteWriter extends OutputBuffer {
  /** Makes a writer whose buffer holds `capacity` bytes before it grows. */
  constructor(capacity = 1024) {
    super(capacity);
  }

  #claim(count: number): number {
    this.reserve(count);
    const at = this.length;
    this.length = at + count;
    return at;
  }

  /** Writes `source[start, end)`. */
  write(source: Uint8Array, start = 0, end = source.length): void {
    const count = end - start;
    const at = this.#claim(count);
    const { bytes } = this;
    // A loop is quicker than making a view for the short pieces that heads are made of.
    if (count > 64) {
      bytes.set(count === source.length ? source : source.subarray(start, end), at);
    } else for (let i = 0; i < count; i++) bytes[at + i] = source[start + i];
  }

  /**
   * Writes text, one byte a character.
   *
   * @throws {TypeError} If a character may not stand in a line: a control character, or one beyond U+00FF.
   */
  text(text: string): void {
    const at = this.#claim(text.length);
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 255 || VALUE[code] === 0) {
        this.length = at;
        throw new TypeError(`Expected characters of a field value, found U+${code.toString(16)}`);
      }
      this.bytes[at + i] = code;
    }
  }

  /** Writes a whole number from 0 to 2^53 - 1 in decimal. */
  number(value: number): void {
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new RangeError(`Expected a whole number from 0, found ${value}`);
    }
    let digits = 1;
    for (let bound = 10; bound <= value; bound *= 10) digits++;
    const at = this.#claim(digits);
    let rest = value;
    for (let i = digits - 1; i >= 0; i--) {
      const next = Math.floor(rest / 10);
      this.bytes[at + i] = 48 + (rest - next * 10);
      rest = next;
    }
  }

  /** Writes a line break; after the last field one more ends the head. */
  endLine(): void {
    const at = this.#claim(2);
    this.bytes[at] = CR;
    this.bytes[at + 1] = LF;
  }

  /** Writes `HTTP/1.1` and the status with its usual reason. */
  statusLine(status: number): void {
    this.write(statusLine(status));
  }

  /** Writes a status line with a reason of its own. */
  statusLineWith(status: number, reason: string): void {
    this.text("HTTP/1.1 ");
    this.number(status);
    this.text(" ");
    this.text(reason);
    this.endLine();
  }

  /** Writes a request line in HTTP/1.1. The caller has checked method and target. */
  requestLine(method: string, target: string): void {
    this.text(method);
    this.text(" ");
    this.text(target);
    this.text(" HTTP/1.1");
    this.endLine();
  }

  /** Writes a field line. */
  field(name: string, value: string | number): void {
    this.text(name);
    this.write(FIELD_SEPARATOR);
    if (typeof value === "number") this.number(value);
    else this.text(value);
    this.endLine();
  }

  /** Copies line `index` of a head, without the whitespace around its value. */
  copyField(head: MessageHead, index: number): void {
    this.write(head.buffer, head.nameStart(index), head.nameEnd(index));
    this.write(FIELD_SEPARATOR);
    this.write(head.buffer, head.valueStart(index), head.valueEnd(index));
    this.endLine();
  }

  /**
   * Copies the lines of a head that don't end at this hop (RFC 9110 §7.6.1).
   *
   * @param without Bits `1 << id` of further fields, with ids up to 30, to leave out: those that are written anew.
   */
  copyEndToEnd(head: MessageHead, without = 0): void {
    const named = namedByConnection(head);
    for (let i = 0; i < head.fieldCount; i++) {
      const id = head.idAt(i);
      if (id !== 0 && id <= 30 && (without & (1 << id)) !== 0) continue;
      if (!endsHere(head, i, named)) this.copyField(head, i);
    }
  }

  /** Writes the size line of a chunk of `size` bytes, at least 1; the chunk and a line break follow. */
  chunkHead(size: number): void {
    if (!Number.isSafeInteger(size) || size < 1) {
      throw new RangeError(`Expected a chunk of at least 1 byte, found ${size}`);
    }
    this.text(size.toString(16));
    this.endLine();
  }

  /** Writes the last chunk with its trailer fields, but for those that come too late there. */
  lastChunk(trailers: FieldReader | null = null): void {
    this.write(LAST_CHUNK);
    if (trailers !== null) {
      for (const [name, value] of trailers.lines()) {
        if (!isForbiddenTrailer(fieldIdOfName(name.toLowerCase()))) this.field(name, value);
      }
    }
    this.endLine();
  }
}

/** The line `Date: …` for now, made once a second. */
export class DateLine {
  readonly #nowMs: () => number;
  #second = -1;
  #line: Uint8Array = new Uint8Array(0);

  /** Takes the time from `nowMs`, in milliseconds since 1970. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** The line with its line break. */
  get bytes(): Uint8Array {
    const second = Math.floor(this.#nowMs() / 1000);
    if (second !== this.#second) {
      this.#second = second;
      this.#line = latin1Bytes(`Date: ${formatHttpDate(second * 1000)}\r\n`);
    }
    return this.#line;
  }
}
