/**
 * Bodies in chunks (RFC 9112 §7.1), read strictly: what a lenient reader would take for a size, another one would not,
 * and a request could hide between the two.
 *
 * @module
 */

import type { BodyDecoder } from "./body_decoder.ts";
import { CR, HEX, LF, VALUE } from "./bytes.ts";
import { HttpLimitError, HttpSyntaxError } from "./errors.ts";
import type { FieldReader } from "./field_reader.ts";
import { TrailerSection } from "./trailers.ts";
import { UnexpectedEndError } from "../../net/errors.ts";

/** Options of a {@linkcode ChunkedDecoder}. */
export interface ChunkedOptions {
  /** Bytes of chunk extensions in the whole body; default 16 KiB. */
  readonly maxExtensionBytes?: number;
  /** Bytes of the trailer section; default 8 KiB. */
  readonly maxTrailerBytes?: number;
  /** Status of the errors: 400 for a request, 502 for a response; default 400. */
  readonly errorStatus?: 400 | 502;
}

// 16^13 = 2^52: thirteen digits are counted exactly.
const MAX_SIZE_DIGITS = 13;

const State = { size: 0, extension: 1, sizeLf: 2, data: 3, dataCr: 4, dataLf: 5, trailer: 6 };
const DONE = 7;

/** A chunked body. */
export class ChunkedDecoder implements BodyDecoder {
  /** Offset of the payload found last. */
  payloadStart = 0;
  /** Offset after it. */
  payloadEnd = 0;
  /** The trailer fields, once the body has ended and if there were any. */
  trailers: FieldReader | null = null;

  #state: number = State.size;
  #digits = 0;
  #remaining = 0;
  #extensionBytes = 0;
  #section: TrailerSection | null = null;
  readonly #maxExtensionBytes: number;
  readonly #maxTrailerBytes: number;
  readonly #errorStatus: 400 | 502;

  /** Makes a decoder for one body. */
  constructor(options: ChunkedOptions = {}) {
    this.#maxExtensionBytes = options.maxExtensionBytes ?? 16 * 1024;
    this.#maxTrailerBytes = options.maxTrailerBytes ?? 8 * 1024;
    this.#errorStatus = options.errorStatus ?? 400;
  }

  /** Whether the last chunk and the trailer section have come. */
  get done(): boolean {
    return this.#state === DONE;
  }

  /** Takes bytes up to the end of one piece of payload. */
  decode(buffer: Uint8Array, start: number, end: number): number {
    let at = start;
    this.payloadStart = this.payloadEnd = start;
    while (at < end) {
      const byte = buffer[at];
      switch (this.#state) {
        case State.size: {
          const digit = HEX[byte];
          if (digit !== 0) {
            if (++this.#digits > MAX_SIZE_DIGITS) {
              throw this.#syntax(`Expected a chunk size of at most ${MAX_SIZE_DIGITS} digits`);
            }
            this.#remaining = this.#remaining * 16 + digit - 1;
          } else if (this.#digits === 0 || (byte !== CR && byte !== 59)) {
            throw this.#syntax(`Expected a chunk size in hexadecimal, found byte ${byte}`);
          } else {
            this.#state = byte === CR ? State.sizeLf : State.extension;
          }
          at++;
          break;
        }
        case State.extension:
          // Extensions are read over: no one uses them, but everyone must find their end at the same place.
          if (byte === CR) this.#state = State.sizeLf;
          else if (VALUE[byte] === 0) {
            throw this.#syntax(`Expected CR LF after a chunk extension, found byte ${byte}`);
          } else if (++this.#extensionBytes > this.#maxExtensionBytes) {
            throw new HttpLimitError(
              this.#errorStatus === 502 ? 502 : 413,
              `Expected at most ${this.#maxExtensionBytes} bytes of chunk extensions`,
            );
          }
          at++;
          break;
        case State.sizeLf:
          if (byte !== LF) throw this.#syntax("Expected LF after the CR of a chunk size");
          this.#state = this.#remaining > 0 ? State.data : State.trailer;
          this.#digits = 0;
          at++;
          break;
        case State.data: {
          const after = Math.min(end, at + this.#remaining);
          this.#remaining -= after - at;
          if (this.#remaining === 0) this.#state = State.dataCr;
          this.payloadStart = at;
          this.payloadEnd = after;
          return after;
        }
        case State.dataCr:
          if (byte !== CR) throw this.#syntax("Expected CR LF at the end of a chunk");
          this.#state = State.dataLf;
          at++;
          break;
        case State.dataLf:
          if (byte !== LF) throw this.#syntax("Expected LF after the CR at the end of a chunk");
          this.#state = State.size;
          at++;
          break;
        case State.trailer:
          return this.#takeTrailers(buffer, at, end);
        default:
          return at;
      }
    }
    return at;
  }

  #takeTrailers(buffer: Uint8Array, start: number, end: number): number {
    this.#section ??= new TrailerSection(this.#maxTrailerBytes, this.#errorStatus);
    const after = this.#section.push(buffer, start, end);
    if (this.#section.ended) {
      this.#state = DONE;
      this.trailers = this.#section.fieldCount > 0 ? this.#section : null;
    }
    return after;
  }

  /** Throws unless the last chunk and the trailer section have come. */
  finish(): void {
    if (!this.done) throw new UnexpectedEndError("Expected the last chunk of the body");
  }

  #syntax(message: string): HttpSyntaxError {
    return new HttpSyntaxError(this.#errorStatus, message);
  }
}
