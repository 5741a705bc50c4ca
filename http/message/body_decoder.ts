/**
 * What finds the payload of a body, however its end is told.
 *
 * @module
 */

/**
 * Finds payload in the bytes of a body as they arrive.
 *
 * @example
 * ```ts
 * import { http } from "@halfway/proxy";
 *
 * const decoder = new http.LengthDecoder(3);
 * const received = new TextEncoder().encode("abcGET");
 * let at = 0;
 * while (at < received.length && !decoder.done) {
 *   at = decoder.decode(received, at, received.length);
 *   console.log(received.subarray(decoder.payloadStart, decoder.payloadEnd));
 * }
 * ```
 */
export interface BodyDecoder {
  /** Whether the body has ended. Bytes after the last offset returned belong to the next message. */
  readonly done: boolean;
  /** Offset of the payload that the last call found; empty where it equals {@linkcode BodyDecoder.payloadEnd}. */
  readonly payloadStart: number;
  /** Offset after that payload. */
  readonly payloadEnd: number;

  /**
   * Takes bytes up to the end of one piece of payload.
   *
   * @param buffer The received bytes.
   * @param start Offset of the first byte that no earlier call took; less than `end`.
   * @param end Offset after the last byte that has arrived.
   * @returns The offset to go on from, greater than `start` unless the body has ended.
   * @throws {HttpSyntaxError} If the body breaks the grammar.
   * @throws {HttpLimitError} If a part of it is too large.
   */
  decode(buffer: Uint8Array, start: number, end: number): number;

  /**
   * Says that the connection was closed by the peer.
   *
   * @throws {UnexpectedEndError} If that cut the body off.
   */
  finish(): void;
}
