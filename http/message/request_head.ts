/**
 * Request heads (RFC 9112 §3).
 *
 * @module
 */

import { AUTHORITY, CR, HEX, latin1, latin1Bytes, LF, SP, TARGET, TOKEN } from "./bytes.ts";
import { BodyKind, ConnectionBit, TransferCoding } from "./framing.ts";
import { bareCr, MessageHead } from "./head.ts";
import { Field } from "./names.ts";
import { NEED_MORE } from "../../net/decoder.ts";

const METHODS: readonly string[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "OPTIONS",
  "PATCH",
  "CONNECT",
  "TRACE",
];
const METHOD_BYTES: readonly Uint8Array[] = METHODS.map(latin1Bytes);
const CONTINUE = latin1Bytes("100-continue");

// How many empty lines may stand before a request line.
const MAX_EMPTY_LINES = 4;

/** The fields that make a GET more than a plain question for a stored response. */
const NOT_PLAIN_BITS = 1 << Field.cacheControl | 1 << Field.pragma | 1 << Field.range |
  1 << Field.ifRange | 1 << Field.ifNoneMatch | 1 << Field.ifModifiedSince | 1 << Field.ifMatch |
  1 << Field.ifUnmodifiedSince | 1 << Field.expect | 1 << Field.upgrade;

/**
 * A request head, read in place.
 *
 * @example
 * ```ts
 * import { http } from "@halfway/proxy";
 *
 * const bytes = new TextEncoder().encode("GET /1.txt HTTP/1.1\r\nHost: example.org\r\n\r\n");
 * const head = new http.RequestHead();
 * const after = head.parse(bytes, 0, bytes.length);
 * console.log(after, head.method, head.target, head.get("host"));
 * ```
 */
export class RequestHead extends MessageHead {
  /** The method, as it was sent: methods are case-sensitive (RFC 9110 §9.1). */
  method = "";
  /** Whether the client waits for a 100 before it sends the body (RFC 9110 §10.1.1). */
  expectsContinue = false;
  /** Whether the client offers to change the protocol on this connection (RFC 9110 §7.8). */
  wantsUpgrade = false;
  /** Whether the target holds what browsers send and no URI holds: `|`, a percent sign without two digits, and such. */
  hasLooseTarget = false;

  #targetAt = 0;
  #targetEnd = 0;
  #hostCount = 0;

  /** Forgets what was read. */
  override reset(): void {
    super.reset();
    this.expectsContinue = false;
    this.wantsUpgrade = false;
    this.#hostCount = 0;
  }

  /** Offset in the buffer of the request target. */
  get targetStart(): number {
    return this.start + this.#targetAt;
  }

  /** Offset in the buffer after the request target. */
  get targetEnd(): number {
    return this.start + this.#targetEnd;
  }

  /** The request target, as it was sent; {@linkcode readTarget} takes it apart. */
  get target(): string {
    return latin1(this.buffer, this.targetStart, this.targetEnd);
  }

  /**
   * Whether a stored response may answer as it is: a GET or HEAD without a body and without conditions, ranges or
   * cache directives. One comparison for {@linkcode isFreshHit}.
   */
  get plain(): boolean {
    return (this.present & NOT_PLAIN_BITS) === 0 && this.bodyKind === BodyKind.none &&
      (this.method === "GET" || this.method === "HEAD");
  }

  /**
   * Reads the head that begins at `start`.
   *
   * After {@linkcode NEED_MORE} it is called again with the same bytes and more of them; they may have been moved. What
   * was read is kept, so that a head which arrives byte by byte costs no more than one that arrives whole.
   *
   * @param buffer The bytes; those before `end` are looked at.
   * @param start Offset of the first byte of the head.
   * @param end Offset after the last byte that has arrived.
   * @returns The offset after the head, or {@linkcode NEED_MORE}.
   * @throws {HttpSyntaxError} With 400, 417, 501 or 505, if the request can't be read, or could be read in two ways.
   * @throws {HttpLimitError} With 413, 414 or 431, if a part is too large.
   */
  parse(buffer: Uint8Array, start: number, end: number): number {
    this.buffer = buffer;
    this.start = start;
    if (this.resumeScan === 0) this.reset();
    else if (!this.lineHasEnded(end)) return this.#stillWaiting(end);
    let at = start + this.resumeLine;
    if (this.fieldsAt === 0) {
      at = this.#parseRequestLine(at, end);
      if (at === NEED_MORE) return NEED_MORE;
      this.fieldsAt = at - start;
    }
    at = this.parseFields(at, end);
    if (at === NEED_MORE) return NEED_MORE;
    this.length = at - start;
    this.resumeScan = 0;
    this.#finish();
    return at;
  }

  #stillWaiting(end: number): number {
    const limits = this.limits;
    if (this.fieldsAt === 0) {
      if (end - this.start - this.resumeLine > limits.maxStartLineBytes + 1) {
        throw this.startLineTooLong();
      }
    } else if (end - this.start - this.fieldsAt > limits.maxFieldBytes) throw this.tooManyBytes();
    return NEED_MORE;
  }

  #parseRequestLine(from: number, end: number): number {
    const buffer = this.buffer;
    let at = from;
    // RFC 9112 §2.2: empty lines before a request line are ignored.
    while (at < end && buffer[at] === CR) {
      if (at + 1 >= end) return this.#suspend(from, end);
      if (buffer[at + 1] !== LF) throw this.syntax(400, bareCr());
      at += 2;
      if (at - this.start > MAX_EMPTY_LINES * 2) {
        throw this.syntax(400, "Expected a request line, found empty lines");
      }
    }
    const lineAt = at;
    while (at < end && TOKEN[buffer[at]] !== 0) at++;
    const methodEnd = at;
    if (at < end) {
      if (buffer[at] !== SP || at === lineAt) {
        throw this.syntax(400, "Expected a method and a space at the start of the request line");
      }
      at++;
    }
    const targetAt = at;
    let loose = false;
    for (; at < end; at++) {
      const kind = TARGET[buffer[at]];
      if (kind === 1) continue;
      if (kind === 0) break;
      if (kind === 3 || HEX[buffer[at + 1]] === 0 || HEX[buffer[at + 2]] === 0) loose = true;
    }
    const targetEnd = at;
    if (at < end && (buffer[at] !== SP || at === targetAt)) {
      throw this.syntax(
        400,
        at === targetAt
          ? "Expected a request target after the method"
          : `Expected a request target of URI characters, found byte ${buffer[at]}`,
      );
    }
    // "HTTP/1.1" and CR LF.
    if (at + 10 >= end) {
      if (end - lineAt > this.limits.maxStartLineBytes + 1) throw this.startLineTooLong();
      if (!this.#hasLineFeed(at, end)) return this.#suspend(lineAt, end);
      throw this.syntax(400, "Expected the version HTTP/1.0 or HTTP/1.1 after the request target");
    }
    this.#parseVersion(at + 1);
    if (at - lineAt + 9 > this.limits.maxStartLineBytes) throw this.startLineTooLong();
    this.method = this.#methodOf(lineAt, methodEnd);
    this.#targetAt = targetAt - this.start;
    this.#targetEnd = targetEnd - this.start;
    this.hasLooseTarget = loose;
    return at + 11;
  }

  #parseVersion(at: number): void {
    const buffer = this.buffer;
    if (
      buffer[at] !== 72 || buffer[at + 1] !== 84 || buffer[at + 2] !== 84 ||
      buffer[at + 3] !== 80 || buffer[at + 4] !== 47 || buffer[at + 6] !== 46
    ) {
      throw this.syntax(400, "Expected the version HTTP/1.0 or HTTP/1.1 after the request target");
    }
    const major = buffer[at + 5] - 48;
    const minor = buffer[at + 7] - 48;
    if (major < 0 || major > 9 || minor < 0 || minor > 9) {
      throw this.syntax(400, "Expected digits in the version");
    }
    if (major !== 1) {
      throw this.syntax(505, `Expected the version HTTP/1.0 or HTTP/1.1, found HTTP/${major}`);
    }
    if (buffer[at + 8] !== CR || buffer[at + 9] !== LF) {
      throw this.syntax(400, "Expected CR LF right after the version");
    }
    this.minorVersion = minor === 0 ? 0 : 1;
  }

  #hasLineFeed(from: number, end: number): boolean {
    for (let at = from; at < end; at++) if (this.buffer[at] === LF) return true;
    return false;
  }

  #suspend(lineAt: number, end: number): number {
    this.resumeLine = lineAt - this.start;
    this.resumeScan = end - this.start;
    return NEED_MORE;
  }

  #methodOf(from: number, to: number): string {
    const buffer = this.buffer;
    for (let i = 0; i < METHOD_BYTES.length; i++) {
      const name = METHOD_BYTES[i];
      if (name.length !== to - from || name[0] !== buffer[from]) continue;
      let same = true;
      for (let j = 1; same && j < name.length; j++) same = name[j] === buffer[from + j];
      if (same) return METHODS[i];
    }
    return latin1(buffer, from, to);
  }

  /** Takes note of Host and Expect beside the fields that all heads have. */
  protected override framingField(id: number, from: number, to: number): void {
    if (id === Field.host) {
      // RFC 9112 §3.2: more than one Host, or one that is no host, could name two origins.
      if (++this.#hostCount > 1) throw this.syntax(400, "Expected one Host field, found two");
      for (let at = from; at < to; at++) {
        if (AUTHORITY[this.buffer[at]] === 0) {
          throw this.syntax(400, `Expected a host and port as Host, found byte ${this.buffer[at]}`);
        }
      }
    } else if (id === Field.expect) {
      if (!this.#isContinue(from, to)) {
        throw this.syntax(417, "Expected 100-continue as the only expectation");
      }
      this.expectsContinue = true;
    } else super.framingField(id, from, to);
  }

  #isContinue(from: number, to: number): boolean {
    if (to - from !== CONTINUE.length) return false;
    for (let i = 0; i < CONTINUE.length; i++) {
      if (TOKEN[this.buffer[from + i]] !== CONTINUE[i]) return false;
    }
    return true;
  }

  #finish(): void {
    if (this.minorVersion > 0) {
      if (this.#hostCount === 0) throw this.syntax(400, "Expected a Host field in HTTP/1.1");
      this.wantsUpgrade = this.has(Field.upgrade) &&
        (this.connection & ConnectionBit.upgrade) !== 0;
    } else {
      // RFC 9110 §10.1.1: an expectation in HTTP/1.0 is ignored.
      this.expectsContinue = false;
    }
    if (this.transferCoding !== TransferCoding.none) {
      this.checkFraming();
      if (this.transferCoding === TransferCoding.notChunked) {
        throw this.syntax(400, "Expected a Transfer-Encoding that ends in chunked");
      }
      if (this.transferCoding !== TransferCoding.chunked) {
        throw this.syntax(501, "Expected no transfer coding but chunked");
      }
      this.bodyKind = BodyKind.chunked;
    } else if (this.contentLength > 0) {
      this.bodyKind = BodyKind.length;
    }
  }
}
