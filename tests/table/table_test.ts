import fc from "fast-check";
import { assertEquals, assertStringIncludes, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { Integers } from "../../table/integers.ts";
import { MAX_VALUE, Op, TableReply } from "../../table/message.ts";
import { emptyText, outOfRangeText, Table } from "../../table/table.ts";

function apply(table: Table, op: Op, indices: number[] = [], values: number[] = []): TableReply {
  const reply = new TableReply();
  table.apply(op, Integers.of(indices), Integers.of(values), new Integers(), reply);
  return reply;
}

test("Table holds 10 entries of its own making, and any other number up to a million", () => {
  assertEquals([new Table().size, new Table(1).size, new Table(1_000_000).size], [
    10,
    1,
    1_000_000,
  ]);
  for (const size of [0, -1, 1.5, NaN, 1_000_001]) {
    assertThrows(() => new Table(size), RangeError, "Expected a size of 1 to 1000000");
  }
  assertEquals([...new Table(3, [5, 6])], [[0, 5], [1, 6]]);
  assertThrows(() => new Table(2, [1, 2, 3]), RangeError, "at most 2 values");
  assertThrows(() => new Table(2, [1.5]), RangeError, "found 1.5");
  assertThrows(() => new Table(2, [2 ** 53]), RangeError);
});

test("Table changes no entry when one index of a PUT is out of range", () => {
  for (const bad of [-1, 10, 12, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER]) {
    for (const indices of [[0, bad], [bad, 0], [bad]]) {
      const table = new Table(10, [1]);
      const reply = apply(table, Op.PUT, indices, indices.map(() => 99));
      assertEquals([reply.code, ...reply.indices], [416, bad]);
      assertEquals([...table], [[0, 1]]);
    }
  }
});

test("Table takes the last value of an index that a PUT names twice", () => {
  const table = new Table();
  apply(table, Op.PUT, [1, 1], [2, 3]);
  assertEquals([...table], [[1, 3]]);
});

test("Table names each empty or missing index once, in the order of the request", () => {
  const table = new Table(10, [1]);
  assertEquals([...apply(table, Op.GET, [5, 0, 3, 5]).indices], [5, 3]);
  assertEquals(apply(table, Op.GET, [5, 0, 3, 5]).text, "entries 5, 3 are empty");
  assertEquals([...apply(table, Op.ADD, [-1, 0, 12, 12]).indices], [-1, 12]);
  assertEquals(outOfRangeText([12], 10), "index 12 is out of range 0 to 9");
  const many = Array.from({ length: 11 }, (_, i) => i);
  assertEquals(emptyText(many), "entries 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, ... are empty");
});

test("Table adds exactly, whatever the order, and refuses a sum out of range", () => {
  const table = new Table(4, [MAX_VALUE, MAX_VALUE, -MAX_VALUE, 1]);
  assertEquals([...apply(table, Op.ADD, [0, 1, 2]).values], [MAX_VALUE]);
  assertEquals([...apply(table, Op.ADD, [2, 0, 3]).values], [1]);
  assertEquals([...apply(table, Op.ADD, [0, 1, 2, 2]).values], [0]);
  const over = apply(table, Op.ADD, [0, 3]);
  assertEquals(over.code, 400);
  assertStringIncludes(over.text, "the sum 9007199254740992 is beyond the range");
  assertEquals(apply(table, Op.ADD, [2, 2]).code, 400);

  const value = fc.integer({ min: -MAX_VALUE, max: MAX_VALUE });
  fc.assert(fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), (values) => {
    const reply = apply(new Table(12, values), Op.ADD, values.map((_, i) => i));
    const sum = values.reduce((sum, value) => sum + BigInt(value), 0n);
    const fits = sum <= BigInt(MAX_VALUE) && sum >= -BigInt(MAX_VALUE);
    assertEquals(reply.code, fits ? 0 : 400);
    if (fits) assertEquals([...reply.values].map(BigInt), [sum]);
  }));
});

test("Table tells whether a request has changed it", () => {
  const table = new Table(10, [1]);
  const change = (op: Op, indices: number[], values: number[]) =>
    table.apply(op, Integers.of(indices), Integers.of(values), new Integers(), new TableReply());
  assertEquals(change(Op.GET, [0], []), false);
  assertEquals(change(Op.PUT, [12], [1]), false);
  assertEquals(change(Op.PUT, [1], [1]), true);
  assertEquals(change(Op.CLR, [], []), true);
  assertEquals([...table], []);
});
