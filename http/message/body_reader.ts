/**
 * A body as a sequence of pieces, each as it arrived: nothing is held back, nothing is kept.
 *
 * @module
 */

import { UnexpectedEndError } from "../../net/errors.ts";
import { bodyDecoderFor } from "./body.ts";
import type { BodyDecoder } from "./body_decoder.ts";
import type { ByteSource } from "./byte_source.ts";
import { ChunkedDecoder, type ChunkedOptions } from "./chunked.ts";
import type { FieldReader } from "./field_reader.ts";
import type { MessageHead } from "./head.ts";

/** Reads the body that follows a head. */
export class BodyReader {
  readonly #source: ByteSource;
  readonly #decoder: BodyDecoder;

  /** Reads the body of `head` from `source`, whose next byte is the one after the head. */
  constructor(source: ByteSource, head: MessageHead, options: ChunkedOptions = {}) {
    this.#source = source;
    this.#decoder = bodyDecoderFor(head, options);
  }

  /** Whether the body has come to its end. */
  get done(): boolean {
    return this.#decoder.done;
  }

  /** The trailers of a chunked body that has ended, or `null`. */
  get trailers(): FieldReader | null {
    return this.#decoder instanceof ChunkedDecoder ? this.#decoder.trailers : null;
  }

  /** The next piece out of what has arrived already, or `null` if there is none, or the body has ended. */
  poll(): Uint8Array | null {
    const source = this.#source;
    const decoder = this.#decoder;
    while (!decoder.done && source.start < source.end) {
      source.start = decoder.decode(source.buffer, source.start, source.end);
      if (decoder.payloadEnd > decoder.payloadStart) {
        return source.buffer.subarray(decoder.payloadStart, decoder.payloadEnd);
      }
    }
    return null;
  }

  /**
   * The next piece.
   *
   * @returns Bytes that are valid until the next call, or `null` when the body has ended.
   * @throws {HttpSyntaxError} If the body breaks the grammar.
   * @throws {UnexpectedEndError} If the peer closed before its end.
   * @throws {Error} What the connection throws.
   */
  async next(): Promise<Uint8Array | null> {
    for (;;) {
      const piece = this.poll();
      if (piece !== null) return piece;
      if (this.#decoder.done) return null;
      if (!await this.#source.fill(true)) {
        this.#decoder.finish();
        if (!this.#decoder.done) {
          throw new UnexpectedEndError("Peer closed in the middle of a body");
        }
        return null;
      }
    }
  }
}
