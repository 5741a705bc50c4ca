/**
 * Response heads (RFC 9112 §4). What is wrong with one is a 502 for whoever asked through us.
 *
 * @module
 */

import { CR, latin1, LF, SP, VALUE } from "./bytes.ts";
import { HttpLimitError, HttpSyntaxError } from "./errors.ts";
import { BodyKind, TransferCoding } from "./framing.ts";
import { bareCr, MessageHead } from "./head.ts";
import { NEED_MORE } from "../../net/decoder.ts";

/** A response head, read in place. */
export class ResponseHead extends MessageHead {
  /** The status code, 100 to 999. */
  status = 0;

  #reasonAt = 0;
  #reasonEnd = 0;

  /** The reason phrase, which may be empty. */
  get reason(): string {
    return latin1(this.buffer, this.start + this.#reasonAt, this.start + this.#reasonEnd);
  }

  /** Whether another response to the same request follows (RFC 9110 §15.2); 101 is the last one. */
  get interim(): boolean {
    return this.status < 200 && this.status !== 101;
  }

  /** Whether the connection can carry another response after this one. */
  override get persistent(): boolean {
    return this.bodyKind !== BodyKind.untilClose && super.persistent;
  }

  /**
   * Reads the head that begins at `start`; for the rest as {@linkcode RequestHead.parse}.
   *
   * @param buffer The bytes; those before `end` are looked at.
   * @param start Offset of the first byte of the head.
   * @param end Offset after the last byte that has arrived.
   * @param requestMethod The method that it answers: a response to HEAD has no body, nor has a 2xx to CONNECT.
   * @returns The offset after the head, or {@linkcode NEED_MORE}.
   * @throws {HttpSyntaxError} With 502, if the response can't be read, or could be read in two ways.
   * @throws {HttpLimitError} With 502, if a part is too large.
   */
  parse(buffer: Uint8Array, start: number, end: number, requestMethod = "GET"): number {
    this.buffer = buffer;
    this.start = start;
    if (this.resumeScan === 0) this.reset();
    else if (!this.lineHasEnded(end)) return this.#stillWaiting(end);
    let at = start + this.resumeLine;
    if (this.fieldsAt === 0) {
      at = this.#parseStatusLine(at, end);
      if (at === NEED_MORE) return NEED_MORE;
      this.fieldsAt = at - start;
    }
    at = this.parseFields(at, end);
    if (at === NEED_MORE) return NEED_MORE;
    this.length = at - start;
    this.resumeScan = 0;
    this.#finish(requestMethod);
    return at;
  }

  #stillWaiting(end: number): number {
    const limits = this.limits;
    if (this.fieldsAt === 0) {
      if (end - this.start > limits.maxStartLineBytes + 1) throw this.startLineTooLong();
    } else if (end - this.start - this.fieldsAt > limits.maxFieldBytes) throw this.tooManyBytes();
    return NEED_MORE;
  }

  #parseStatusLine(from: number, end: number): number {
    const buffer = this.buffer;
    if (end - from < 14) {
      // "HTTP/1.1 200" and CR LF. A line break before that is an error at once.
      for (let at = from; at < end; at++) {
        if (buffer[at] === LF) throw this.syntax(400, "Expected a status line");
      }
      this.resumeScan = end - this.start;
      return NEED_MORE;
    }
    if (
      buffer[from] !== 72 || buffer[from + 1] !== 84 || buffer[from + 2] !== 84 ||
      buffer[from + 3] !== 80 || buffer[from + 4] !== 47 || buffer[from + 5] !== 49 ||
      buffer[from + 6] !== 46 || buffer[from + 8] !== SP
    ) throw this.syntax(400, "Expected HTTP/1.x and a space at the start of the status line");
    const minor = buffer[from + 7] - 48;
    const hundreds = buffer[from + 9] - 48;
    const tens = buffer[from + 10] - 48;
    const ones = buffer[from + 11] - 48;
    if (
      minor < 0 || minor > 9 || hundreds < 1 || hundreds > 9 || tens < 0 || tens > 9 || ones < 0 ||
      ones > 9
    ) throw this.syntax(400, "Expected three digits as status");
    let at = from + 12;
    // RFC 9112 §4 wants a space even before an empty phrase; servers that leave it out can be read in one way only.
    if (buffer[at] === SP) at++;
    else if (buffer[at] !== CR) throw this.syntax(400, "Expected a space after the status");
    const reasonAt = at;
    while (at < end && VALUE[buffer[at]] !== 0) at++;
    if (at < end && buffer[at] !== CR) {
      throw this.syntax(400, `Expected CR LF after the reason, found byte ${buffer[at]}`);
    }
    if (at - from > this.limits.maxStartLineBytes) throw this.startLineTooLong();
    if (at + 1 >= end) {
      this.resumeScan = end - this.start;
      return NEED_MORE;
    }
    if (buffer[at + 1] !== LF) throw this.syntax(400, bareCr());
    this.minorVersion = minor === 0 ? 0 : 1;
    this.status = hundreds * 100 + tens * 10 + ones;
    this.#reasonAt = reasonAt - this.start;
    this.#reasonEnd = at - this.start;
    return at + 2;
  }

  // RFC 9112 §6.3, in its order.
  #finish(requestMethod: string): void {
    this.checkFraming();
    const status = this.status;
    if (status < 200 || status === 204 || status === 304 || requestMethod === "HEAD") return;
    if (requestMethod === "CONNECT" && status < 300) return;
    switch (this.transferCoding) {
      case TransferCoding.none:
        if (this.contentLength < 0) this.bodyKind = BodyKind.untilClose;
        else if (this.contentLength > 0) this.bodyKind = BodyKind.length;
        return;
      case TransferCoding.chunked:
        this.bodyKind = BodyKind.chunked;
        return;
      case TransferCoding.unknown:
        // A name that nobody registered says nothing about the bytes; the body lasts until the connection closes.
        this.bodyKind = BodyKind.untilClose;
        return;
      default:
        throw this.syntax(501, "Expected no transfer coding but chunked");
    }
  }

  /** Any error of a response is a 502. */
  protected override syntax(_status: number, message: string): HttpSyntaxError {
    return new HttpSyntaxError(502, message);
  }

  /** Any response beyond a limit is a 502. */
  protected override tooLarge(_status: number, message: string): HttpLimitError {
    return new HttpLimitError(502, message);
  }
}
