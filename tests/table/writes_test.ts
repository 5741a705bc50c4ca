import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { WritesUnderWay } from "../../table/writes.ts";

test("WritesUnderWay counts writes to an entry, and to all of them", () => {
  const writes = new WritesUnderWay();
  assertEquals([writes.none, writes.isSettled(1)], [true, true]);
  writes.begin([1, 2]);
  writes.begin([2]);
  assertEquals([1, 2, 3].map((index) => writes.isSettled(index)), [false, false, true]);
  writes.end([1, 2]);
  assertEquals([1, 2, 3].map((index) => writes.isSettled(index)), [true, false, true]);
  writes.begin(null);
  writes.end([2]);
  assertEquals([writes.none, writes.isSettled(3)], [false, false]);
  writes.end(null);
  assertEquals([writes.none, writes.isSettled(2)], [true, true]);
});
