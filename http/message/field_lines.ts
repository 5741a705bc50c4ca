/**
 * Field lines where they lie in the received bytes. No string is made for a field that nobody asks for.
 *
 * @module
 */

import { latin1, TOKEN } from "./bytes.ts";
import { type FieldLine, type FieldReader, joinValues } from "./field_reader.ts";
import { Field, FIELD_NAMES, fieldIdOfName, LAST_BIT_ID } from "./names.ts";

const NO_BYTES = new Uint8Array(0);

/** Lines for which there is room at first: most heads have no more. */
const FIRST_FIELDS = 16;

/**
 * Field lines in a buffer. The object is made once and reused; what it gives out is read from the buffer, so it is good
 * for as long as those bytes stay where they are. After they were moved, {@linkcode FieldLines.rebase} says where to.
 */
export abstract class FieldLines implements FieldReader {
  /** The bytes that the lines lie in. */
  buffer: Uint8Array = NO_BYTES;
  /** Offset of the head's first byte in {@linkcode FieldLines.buffer}. */
  start = 0;
  /** Number of field lines. */
  fieldCount = 0;
  /** Bit `1 << id` is set for each field with an id up to 30 that is there. */
  present = 0;

  /** Four offsets from `start` for each line: name, end of name, value, end of value. */
  protected spans: Int32Array;
  /** The id of each line's name. */
  protected ids: Uint8Array;

  /** Makes room for a few lines, which grows as they come; `maxFields` at most are expected. */
  constructor(maxFields: number) {
    const first = Math.min(maxFields, FIRST_FIELDS);
    this.spans = new Int32Array(first * 4);
    this.ids = new Uint8Array(first);
  }

  /** Makes room for twice as many lines. */
  protected growLines(): void {
    const spans = new Int32Array(this.spans.length * 2);
    spans.set(this.spans);
    this.spans = spans;
    const ids = new Uint8Array(this.ids.length * 2);
    ids.set(this.ids);
    this.ids = ids;
  }

  /** Says that the bytes of the head have been moved, and now begin at `start` of `buffer`. */
  rebase(buffer: Uint8Array, start: number): void {
    this.buffer = buffer;
    this.start = start;
  }

  /** Whether a field with this id is there; the quickest question for ids up to 30. */
  has(id: number): boolean {
    return id <= LAST_BIT_ID ? (this.present & (1 << id)) !== 0 : this.find(id) >= 0;
  }

  /** Index of the first line with this id at or after `from`, or -1. */
  find(id: number, from = 0): number {
    const ids = this.ids;
    for (let i = from; i < this.fieldCount; i++) {
      if (ids[i] === id) return i;
    }
    return -1;
  }

  /** The id of line `index`; 0 for a name that isn't known. */
  idAt(index: number): number {
    return this.ids[index];
  }

  /** Offset in the buffer of the name of line `index`. */
  nameStart(index: number): number {
    return this.start + this.spans[index * 4];
  }

  /** Offset in the buffer after the name of line `index`. */
  nameEnd(index: number): number {
    return this.start + this.spans[index * 4 + 1];
  }

  /** Offset in the buffer of the value of line `index`. */
  valueStart(index: number): number {
    return this.start + this.spans[index * 4 + 2];
  }

  /** Offset in the buffer after the value of line `index`. */
  valueEnd(index: number): number {
    return this.start + this.spans[index * 4 + 3];
  }

  /** The name of line `index` as it was sent. */
  nameAt(index: number): string {
    return latin1(this.buffer, this.nameStart(index), this.nameEnd(index));
  }

  /** The value of line `index`. */
  valueAt(index: number): string {
    return latin1(this.buffer, this.valueStart(index), this.valueEnd(index));
  }

  /** The joined value of the field with this id, or `null`; see {@linkcode FieldReader.get}. */
  value(id: number): string | null {
    if (!this.has(id)) return null;
    const first = this.find(id);
    if (first < 0) return null;
    if (this.find(id, first + 1) < 0) return this.valueAt(first);
    return joinValues(FIELD_NAMES[id], this.values(FIELD_NAMES[id]));
  }

  /** The joined value of a field, its name in lower case, or `null`. */
  get(name: string): string | null {
    const id = fieldIdOfName(name);
    return id !== Field.other ? this.value(id) : joinValues(name, this.values(name));
  }

  /** Each line's value of a field, its name in lower case. */
  values(name: string): string[] {
    const id = fieldIdOfName(name);
    const found: string[] = [];
    for (let i = 0; i < this.fieldCount; i++) {
      if (this.ids[i] !== id) continue;
      if (id !== Field.other || this.#isNamed(i, name)) found.push(this.valueAt(i));
    }
    return found;
  }

  /** Every line, in order, the names as they were sent. */
  lines(): FieldLine[] {
    const lines: FieldLine[] = [];
    for (let i = 0; i < this.fieldCount; i++) lines.push([this.nameAt(i), this.valueAt(i)]);
    return lines;
  }

  #isNamed(index: number, name: string): boolean {
    const from = this.nameStart(index);
    if (this.nameEnd(index) - from !== name.length) return false;
    for (let i = 0; i < name.length; i++) {
      if (TOKEN[this.buffer[from + i]] !== name.charCodeAt(i)) return false;
    }
    return true;
  }
}
