/**
 * The bytes of a pickle being written: frames, the memo, strings and numbers, as Python's own pickler lays them out.
 *
 * Bytes beyond the end of the buffer are counted but not kept, so that the length of what does not fit is known too.
 *
 * @module
 */

import { MAX_PACKET_LENGTH } from "./header.ts";
import { bitLength } from "./integer.ts";
import { OP } from "./opcodes.ts";

/** Python ends a frame at the first object after this many bytes. */
const FRAME_TARGET = 65_536;
const FRAME_HEADER = 9;
/** A shorter frame is written without its header. */
const FRAME_MINIMUM = 4;

const ENCODER = new TextEncoder();

/** Writes the parts of one pickle after another into one buffer. */
export class PickleSink {
  /** The bytes written. */
  readonly buffer: Uint8Array;
  #at = 0;
  #frame = 0;
  #memoized = 0;
  /** Where in the memo a string or an object stands. */
  readonly #memo: Map<unknown, number> = new Map();

  /** Makes a sink with room for one packet. */
  constructor(buffer: Uint8Array = new Uint8Array(MAX_PACKET_LENGTH)) {
    this.buffer = buffer;
  }

  /** Begins a pickle at `start`. */
  begin(start: number): void {
    this.#at = start;
    this.#memoized = 0;
    this.#memo.clear();
    this.byte(OP.PROTO);
    this.byte(4);
    this.#openFrame();
  }

  /** Ends the pickle. Returns the offset after it, beyond the buffer's length when not everything fitted. */
  finish(): number {
    this.byte(OP.STOP);
    this.#closeFrame();
    return this.#at;
  }

  #openFrame(): void {
    this.#frame = this.#at;
    this.#at += FRAME_HEADER;
  }

  #closeFrame(): void {
    const buffer = this.buffer;
    const frame = this.#frame;
    let length = this.#at - frame - FRAME_HEADER;
    if (length < FRAME_MINIMUM) {
      buffer.copyWithin(frame, frame + FRAME_HEADER, this.#at);
      this.#at -= FRAME_HEADER;
      return;
    }
    buffer[frame] = OP.FRAME;
    for (let i = frame + 1; i <= frame + 8; i++) {
      buffer[i] = length;
      length = Math.floor(length / 256);
    }
  }

  /** Called before every object, for this is where Python ends a frame that is full. */
  boundary(): void {
    if (this.#at - this.#frame - FRAME_HEADER < FRAME_TARGET) return;
    this.#closeFrame();
    this.#openFrame();
  }

  /** Writes the low 8 bits of a number. */
  byte(value: number): void {
    this.buffer[this.#at++] = value;
  }

  /** Puts what was written last in the memo; with `identity`, so that {@linkcode known} finds it. */
  memoize(identity?: unknown): void {
    this.byte(OP.MEMOIZE);
    if (identity !== undefined) this.#memo.set(identity, this.#memoized);
    this.#memoized++;
  }

  #get(index: number): void {
    if (index < 256) {
      this.byte(OP.BINGET);
      this.byte(index);
    } else {
      this.byte(OP.LONG_BINGET);
      this.uint32(index);
    }
  }

  /** Writes the low 32 bits of a number. */
  uint32(value: number): void {
    for (let i = 0; i < 4; i++, value >>>= 8) this.byte(value);
  }

  /** A string that Python keeps once, so that its second use is a reference. */
  string(text: string): void {
    this.boundary();
    const known = this.#memo.get(text);
    if (known !== undefined) {
      this.#get(known);
      return;
    }
    this.#writeString(text);
    this.memoize(text);
  }

  /** A string of its own: equal ones are written again. */
  freshString(text: string): void {
    this.boundary();
    this.#writeString(text);
    this.memoize();
  }

  #writeString(text: string): void {
    const length = text.length;
    const buffer = this.buffer;
    if (length < 256) {
      const body = this.#at + 2;
      let i = 0;
      for (; i < length; i++) {
        const code = text.charCodeAt(i);
        if (code > 0x7f) break;
        buffer[body + i] = code;
      }
      if (i === length) {
        buffer[this.#at] = OP.SHORT_BINUNICODE;
        buffer[this.#at + 1] = length;
        this.#at = body + length;
        return;
      }
    }
    const bytes = ENCODER.encode(text);
    const body = this.#stringHeader(bytes.length);
    if (body + bytes.length <= buffer.length) buffer.set(bytes, body);
    this.#stringEnd(body, bytes.length);
  }

  /** Leaves room for a string of which only the length is known. */
  blankString(length: number): void {
    this.boundary();
    this.#stringEnd(this.#stringHeader(length), length);
    this.memoize();
  }

  #stringHeader(length: number): number {
    // A string this long stands outside of any frame.
    if (length >= FRAME_TARGET) this.#closeFrame();
    if (length < 256) {
      this.byte(OP.SHORT_BINUNICODE);
      this.byte(length);
    } else {
      this.byte(OP.BINUNICODE);
      this.uint32(length);
    }
    return this.#at;
  }

  #stringEnd(body: number, length: number): void {
    this.#at = body + length;
    if (length >= FRAME_TARGET) this.#openFrame();
  }

  /** Writes an int, a float or a bool. */
  number(value: bigint | number | boolean): void {
    this.boundary();
    switch (typeof value) {
      case "bigint":
        this.#integer(value);
        break;
      case "number":
        this.byte(OP.BINFLOAT);
        FLOAT_VIEW.setFloat64(0, value);
        for (let i = 0; i < 8; i++) this.byte(FLOAT_BYTES[i]);
        break;
      case "boolean":
        this.byte(value ? OP.NEWTRUE : OP.NEWFALSE);
        break;
    }
  }

  #integer(value: bigint): void {
    if (value >= -0x80000000n && value <= 0x7fffffffn) {
      const small = Number(value);
      if (small >= 0 && small < 256) {
        this.byte(OP.BININT1);
        this.byte(small);
      } else if (small >= 0 && small < 65536) {
        this.byte(OP.BININT2);
        this.byte(small);
        this.byte(small >> 8);
      } else {
        this.byte(OP.BININT);
        this.uint32(small);
      }
      return;
    }
    // Two's complement in as few bytes as hold the sign too; -128 still fits in one where 128 needs two.
    const length = Math.floor(bitLength(value < 0n ? ~value : value) / 8) + 1;
    if (length < 256) {
      this.byte(OP.LONG1);
      this.byte(length);
    } else {
      this.byte(OP.LONG4);
      this.uint32(length);
    }
    const hex = BigInt.asUintN(length * 8, value).toString(16).padStart(length * 2, "0");
    for (let i = length * 2; i > 0; i -= 2) this.byte(parseInt(hex.slice(i - 2, i), 16));
  }

  /** Writes a reference when the object has been written before. */
  known(identity: unknown): boolean {
    this.boundary();
    const known = this.#memo.get(identity);
    if (known === undefined) return false;
    this.#get(known);
    return true;
  }
}

const FLOAT_BYTES = new Uint8Array(8);
const FLOAT_VIEW = new DataView(FLOAT_BYTES.buffer);
