/**
 * Where the payload of a body lies in the received bytes (RFC 9112 §6, §7), piece by piece and in place.
 *
 * @module
 */

import type { BodyDecoder } from "./body_decoder.ts";
import { ChunkedDecoder, type ChunkedOptions } from "./chunked.ts";
import { UnexpectedEndError } from "../../net/errors.ts";
import { BodyKind } from "./framing.ts";
import type { MessageHead } from "./head.ts";

/** A body of a known number of bytes; none at all with 0. */
export class LengthDecoder implements BodyDecoder {
  /** Offset of the payload found last. */
  payloadStart = 0;
  /** Offset after it. */
  payloadEnd = 0;
  #remaining: number;

  /** Expects `length` bytes. */
  constructor(length: number) {
    if (!Number.isSafeInteger(length) || length < 0) {
      throw new RangeError(`Expected a length from 0 to 2^53 - 1, found ${length}`);
    }
    this.#remaining = length;
  }

  /** Whether all bytes have come. */
  get done(): boolean {
    return this.#remaining === 0;
  }

  /** Takes what belongs to the body. */
  decode(_buffer: Uint8Array, start: number, end: number): number {
    const after = Math.min(end, start + this.#remaining);
    this.payloadStart = start;
    this.payloadEnd = after;
    this.#remaining -= after - start;
    return after;
  }

  /** Throws unless all bytes have come. */
  finish(): void {
    if (!this.done) throw new UnexpectedEndError(`Expected ${this.#remaining} more bytes of body`);
  }
}

/** A body that lasts until the connection is closed (RFC 9112 §6.3, the last rule). */
export class UntilCloseDecoder implements BodyDecoder {
  /** Offset of the payload found last. */
  payloadStart = 0;
  /** Offset after it. */
  payloadEnd = 0;
  #done = false;

  /** Whether the connection was closed. */
  get done(): boolean {
    return this.#done;
  }

  /** Takes everything. */
  decode(_buffer: Uint8Array, start: number, end: number): number {
    this.payloadStart = start;
    this.payloadEnd = end;
    return end;
  }

  /** Ends the body. */
  finish(): void {
    this.#done = true;
    this.payloadStart = this.payloadEnd = 0;
  }
}

/**
 * The decoder for the body that follows `head`.
 *
 * @param options For a chunked body.
 */
export function bodyDecoderFor(head: MessageHead, options: ChunkedOptions = {}): BodyDecoder {
  switch (head.bodyKind) {
    case BodyKind.chunked:
      return new ChunkedDecoder(options);
    case BodyKind.untilClose:
      return new UntilCloseDecoder();
    case BodyKind.length:
      return new LengthDecoder(head.contentLength);
    default:
      return new LengthDecoder(0);
  }
}
