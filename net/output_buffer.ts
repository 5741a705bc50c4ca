/**
 * Bytes on their way out: what one batch answers is written here piece by piece and leaves in one write.
 *
 * @module
 */

const INITIAL_BYTES = 512;

/** A buffer above this size is given back once it has been sent. */
const KEEP_BYTES = 64 * 1024;

const encoder = new TextEncoder();

/**
 * A growing buffer that is reused. Writers on the hot path ask for room once with {@linkcode OutputBuffer.reserve} and
 * then put bytes at `bytes[length]` themselves.
 */
export class OutputBuffer {
  /** The bytes; those before {@linkcode OutputBuffer.length} are written. */
  bytes: Uint8Array;
  /** How many bytes are written. */
  length = 0;
  /** The last view that was handed out: answers of one length in a row need one view. */
  #view: Uint8Array;

  /** Makes room for `capacity` bytes before it grows. */
  constructor(capacity: number = INITIAL_BYTES) {
    this.bytes = new Uint8Array(Math.max(1, capacity));
    this.#view = this.bytes;
  }

  /** Makes room for `count` more bytes, so that they can be put without a check for each. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    let size = this.bytes.length * 2;
    while (size < needed) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Appends `count` bytes that the caller puts into the view that is returned, at once. */
  extend(count: number): Uint8Array {
    this.reserve(count);
    const at = this.length;
    this.length = at + count;
    return this.bytes.subarray(at, this.length);
  }

  /** Appends one byte. */
  putByte(byte: number): void {
    if (this.length === this.bytes.length) this.reserve(1);
    this.bytes[this.length++] = byte;
  }

  /** Appends bytes. */
  putBytes(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Appends text as UTF-8. */
  putText(text: string): void {
    this.reserve(text.length * 3);
    this.length += encoder.encodeInto(text, this.bytes.subarray(this.length)).written;
  }

  /** Appends a safe integer in decimal. */
  putInteger(value: number): void {
    this.reserve(20);
    const { bytes } = this;
    let at = this.length;
    if (value < 0) {
      bytes[at++] = 0x2d;
      value = -value;
    }
    let digits = 1;
    for (let bound = 10; value >= bound; bound *= 10) digits++;
    const next = at + digits;
    at = next;
    // Int32 arithmetic is several times as fast as the double kind that larger values need.
    while (value > 0x7fffffff) {
      const rest = Math.floor(value / 10);
      bytes[--at] = 0x30 + (value - rest * 10);
      value = rest;
    }
    let small = value | 0;
    do {
      const rest = (small / 10) | 0;
      bytes[--at] = 0x30 + (small - rest * 10);
      small = rest;
    } while (small > 0);
    this.length = next;
  }

  /** What is written, without a copy: valid until the next change. */
  written(): Uint8Array {
    const view = this.#view;
    if (view.length === this.length && view.buffer === this.bytes.buffer) return view;
    return this.#view = this.bytes.subarray(0, this.length);
  }

  /** Begins anew; an unusually large buffer is given back. */
  clear(): void {
    this.length = 0;
    if (this.bytes.length > KEEP_BYTES) {
      this.bytes = new Uint8Array(INITIAL_BYTES);
      // The view would hold on to the large one.
      this.#view = this.bytes.subarray(0, 0);
    }
  }
}
