import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { Integers } from "../../table/integers.ts";

test("Integers keeps what was pushed since it was cleared, and nothing of before", () => {
  const list = Integers.of([1, 2, 3]);
  list.clear();
  list.push(9);
  assertEquals([list.length, [...list], list.toArray()], [1, [9], [9]]);
  assertEquals(list.items.length, 3);
});

test("Integers gives the memory of a very long list back", () => {
  const list = Integers.of(Array.from({ length: 5000 }, (_, i) => i));
  list.clear();
  assertEquals([list.items.length, list.length], [0, 0]);
  list.push(1);
  assertEquals([...list], [1]);
});
