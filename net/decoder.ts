/**
 * What a protocol tells the framing reader: where a frame ends, and what is in it.
 *
 * A decoder looks at bytes and knows no socket, so that it can be tested whole, byte by byte and at random splits.
 *
 * @module
 */

/** Returned by {@linkcode Decoder.decode} when the bytes so far hold no whole frame. */
export const NEED_MORE: number = -1;

/**
 * Finds frames in a buffer of received bytes. Each connection has a decoder of its own.
 *
 * @typeParam Frame What one frame is decoded into. Frame objects are made once and reused batch after batch: whoever
 * keeps one past the next batch makes a copy of it.
 */
export interface Decoder<Frame> {
  /** Makes an empty frame object for the reader to fill again and again. */
  create(): Frame;

  /**
   * Decodes the frame that starts at `start` into `frame`. The result depends on the bytes `buffer[start, end)`, on
   * `flush`, and on the frames returned before; the buffer is not changed.
   *
   * @param frame The object to fill. Its content is undefined unless an offset is returned.
   * @param buffer The receive buffer. The frame may point into it; it is valid until the next batch is asked for.
   * @param start Offset of the first byte of the frame.
   * @param end Offset after the last byte that has arrived; greater than `start`.
   * @param flush `true` when no more bytes are coming for now (the peer has been quiet for a while, or has closed its
   * side), so that a protocol without terminators may take what is there.
   * @param seen Up to here an earlier call has looked at this same frame in vain (`start` if none has): a decoder that
   * looks only from there on stays linear when a frame arrives byte by byte.
   * @returns The offset after the frame (greater than `start`, at most `end`), or {@linkcode NEED_MORE}.
   * @throws {FrameSyntaxError} If no frame can begin with these bytes, and no later one could be found either.
   * @throws {FrameTooLargeError} If the frame announces a size beyond the limit of the protocol.
   */
  decode(
    frame: Frame,
    buffer: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
    seen: number,
  ): number;
}
