/**
 * Trailer sections (RFC 9112 §7.1.2, RFC 9110 §6.5).
 *
 * @module
 */

import { HttpLimitError, HttpSyntaxError } from "./errors.ts";
import type { LimitStatus, SyntaxStatus } from "./errors.ts";
import { MessageHead } from "./head.ts";
import { Field, LAST_FRAMING_ID } from "./names.ts";
import { NEED_MORE } from "../../net/decoder.ts";

// RFC 9110 §6.5.1: what decides on framing, routing, authentication, handling or content of a message comes too late
// in a trailer.
const FORBIDDEN: ReadonlySet<number> = new Set([
  Field.keepAlive,
  Field.proxyConnection,
  Field.te,
  Field.trailer,
  Field.proxyAuthorization,
  Field.proxyAuthenticate,
  Field.proxyAuthenticationInfo,
  Field.authorization,
  Field.cacheControl,
  Field.pragma,
  Field.range,
  Field.ifRange,
  Field.ifNoneMatch,
  Field.ifModifiedSince,
  Field.ifMatch,
  Field.ifUnmodifiedSince,
  Field.maxForwards,
  Field.cookie,
  Field.setCookie,
  Field.age,
  Field.date,
  Field.expires,
  Field.vary,
  Field.location,
  Field.contentRange,
  Field.contentType,
  Field.contentEncoding,
]);

/** Whether the field with this id must not be passed on as a trailer. */
export function isForbiddenTrailer(id: number): boolean {
  return (id !== Field.other && id <= LAST_FRAMING_ID) || FORBIDDEN.has(id);
}

/** The trailer section of one body. It is small and rare, and is kept apart from the receive buffer. */
export class TrailerSection extends MessageHead {
  /** Whether the empty line has come. */
  ended = false;
  readonly #status: 400 | 502;

  /**
   * Makes an empty section.
   *
   * @param maxBytes 431 beyond; 502 in a response.
   * @param errorStatus 400 for a request, 502 for a response.
   */
  constructor(maxBytes: number, errorStatus: 400 | 502) {
    super({ maxStartLineBytes: 0, maxFieldBytes: maxBytes, maxFields: 32 });
    this.#status = errorStatus;
  }

  /** Takes bytes up to the end of the section, and returns the offset after them. */
  push(bytes: Uint8Array, start: number, end: number): number {
    const held = this.length;
    const grown = end - start + held;
    if (this.buffer.length < grown) {
      const larger = new Uint8Array(Math.max(64, grown, this.buffer.length * 2));
      larger.set(this.buffer.subarray(0, held));
      this.buffer = larger;
    }
    this.buffer.set(bytes.subarray(start, end), held);
    this.length = grown;
    if (this.resumeScan > 0 && !this.lineHasEnded(grown)) {
      if (grown > this.limits.maxFieldBytes) throw this.tooManyBytes();
      return end;
    }
    const after = this.parseFields(this.resumeLine, grown);
    if (after === NEED_MORE) return end;
    this.ended = true;
    this.length = after;
    return start + after - held;
  }

  /** A field that bears on framing has no place here: a reader that took it up would see another message. */
  protected override framingField(): void {
    throw this.syntax(400, "Expected no framing field in the trailer section");
  }

  /** An error of syntax with the status of this side. */
  protected override syntax(status: SyntaxStatus, message: string): HttpSyntaxError {
    return new HttpSyntaxError(this.#status === 502 ? 502 : status, message);
  }

  /** An error of size with the status of this side. */
  protected override tooLarge(status: LimitStatus, message: string): HttpLimitError {
    return new HttpLimitError(this.#status === 502 ? 502 : status, message);
  }
}
