/**
 * The table that a server holds: integers at the indices 0 to size - 1, each set or empty.
 *
 * @module
 */

import { Integers, NONE } from "./integers.ts";
import { Code, MAX_VALUE, Op, type TableReply } from "./message.ts";

/** A table to look at. */
export interface TableView extends Iterable<[index: number, value: number]> {
  /** Number of entries, set or not. */
  readonly size: number;
  /** The value at an index, `undefined` if it is empty or out of range. */
  at(index: number): number | undefined;
}

/** The table of a server. Every operation is all or nothing. */
export class Table implements TableView {
  readonly #entries: (number | undefined)[];

  /**
   * Makes an empty table, or one that begins with `fill`.
   *
   * @param size Number of entries, 1 to 1 000 000.
   * @param fill Values for the first entries.
   * @throws {RangeError} If the size is none, there are more values than entries, or a value is not a safe integer.
   */
  constructor(size = 10, fill: readonly number[] = []) {
    if (!Number.isInteger(size) || size < 1 || size > 1_000_000) {
      throw new RangeError(`Expected a size of 1 to 1000000, found ${size}`);
    }
    if (fill.length > size) {
      throw new RangeError(
        `Expected at most ${size} values to fill the table, found ${fill.length}`,
      );
    }
    for (const value of fill) {
      if (!Number.isSafeInteger(value)) {
        throw new RangeError(`Expected integers within ±${MAX_VALUE}, found ${value}`);
      }
    }
    this.#entries = new Array(size).fill(undefined);
    fill.forEach((value, index) => this.#entries[index] = value);
  }

  /** Number of entries, set or not. */
  get size(): number {
    return this.#entries.length;
  }

  /** The value at an index, `undefined` if it is empty or out of range. */
  at(index: number): number | undefined {
    return this.#entries[index];
  }

  /** Every entry that is set, by index. */
  *[Symbol.iterator](): IterableIterator<[index: number, value: number]> {
    for (let index = 0; index < this.#entries.length; index++) {
      const value = this.#entries[index];
      if (value !== undefined) yield [index, value];
    }
  }

  /** Answers a request that is well formed. Returns whether the table changed. */
  apply(
    op: Op,
    indices: Integers,
    values: Integers,
    scratch: Integers,
    reply: TableReply,
  ): boolean {
    const entries = this.#entries;
    const size = entries.length;
    if (op === Op.CLR) {
      entries.fill(undefined);
      reply.answer(op, NONE, NONE);
      return true;
    }
    if (op === Op.INF) {
      const held = [...this];
      reply.answer(
        op,
        Integers.of(held.map(([index]) => index)),
        Integers.of(held.map(([, value]) => value)),
      );
      return false;
    }
    const { length, items } = indices;
    for (let i = 0; i < length; i++) {
      const index = items[i];
      if (index < 0 || index >= size) {
        this.#outOfRange(op, indices, reply);
        return false;
      }
    }
    if (op === Op.PUT) {
      for (let i = 0; i < length; i++) entries[items[i]] = values.items[i];
      reply.answer(op, indices, values);
      return true;
    }
    scratch.clear();
    for (let i = 0; i < length; i++) {
      const value = entries[items[i]];
      if (value === undefined) {
        this.#empty(op, indices, reply);
        return false;
      }
      scratch.push(value);
    }
    if (op === Op.ADD) answerSum(reply, indices, scratch);
    else reply.answer(op, indices, scratch);
    return false;
  }

  #outOfRange(op: Op, indices: Integers, reply: TableReply): void {
    const bad = [...new Set(indices)].filter((index) => index < 0 || index >= this.size);
    reply.fail(op, Code.OUT_OF_RANGE, outOfRangeText(bad, this.size), Integers.of(bad));
  }

  #empty(op: Op, indices: Integers, reply: TableReply): void {
    const empty = [...new Set(indices)].filter((index) => this.#entries[index] === undefined);
    reply.fail(op, Code.EMPTY, emptyText(empty), Integers.of(empty));
  }
}

/** `index 12 is out of range 0 to 9`, or its plural. */
export function outOfRangeText(indices: readonly number[], size: number): string {
  return `${subject("index", "indices", indices)} out of range 0 to ${size - 1}`;
}

/** `entry 3 is empty`, or its plural. */
export function emptyText(indices: readonly number[]): string {
  return `${subject("entry", "entries", indices)} empty`;
}

function subject(one: string, many: string, indices: readonly number[]): string {
  const shown = indices.slice(0, 10).join(", ") + (indices.length > 10 ? ", ..." : "");
  return indices.length === 1 ? `${one} ${shown} is` : `${many} ${shown} are`;
}

/** Answers `ADD` with the sum of `values`, exact or an error. */
export function answerSum(
  reply: TableReply,
  indices: Integers,
  values: Integers,
): void {
  let sum = 0;
  let exact = true;
  for (let i = 0; i < values.length; i++) {
    sum += values.items[i];
    exact &&= sum <= MAX_VALUE && sum >= -MAX_VALUE;
  }
  if (!exact) {
    // Partial sums may pass the range where the whole does not, in another order.
    const total = values.toArray().reduce((sum, value) => sum + BigInt(value), 0n);
    if (total > BigInt(MAX_VALUE) || total < -BigInt(MAX_VALUE)) {
      const text = `the sum ${total} is beyond the range -${MAX_VALUE} to ${MAX_VALUE}`;
      reply.fail(Op.ADD, Code.BAD_REQUEST, text, indices);
      return;
    }
    sum = Number(total);
  }
  reply.answer(Op.ADD, indices, Integers.of([sum]));
}
