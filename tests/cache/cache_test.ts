import fc from "fast-check";
import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { Cache } from "../../cache/cache.ts";
import { EVICTION_STRATEGIES, fifo, lru } from "../../cache/eviction.ts";

test("Cache keeps entries in order of recency with lru", () => {
  const cache = new Cache<number, number>({ maxEntries: 5 });
  const order = () => [...cache.keys()].join(" ");
  for (let key = 0; key < 5; key++) cache.set(key, key);
  assertEquals(order(), "4 3 2 1 0");
  for (let key = 5; key < 10; key++) cache.set(key, key);
  assertEquals(order(), "9 8 7 6 5");
  cache.set(0, 12);
  assertEquals(order(), "0 9 8 7 6");
  cache.set(1, 45);
  assertEquals([...cache].map(([, value]) => value).join(" "), "45 12 9 8 7");
  cache.get(8);
  assertEquals(order(), "8 1 0 9 7");
  cache.set(9, 99);
  assertEquals(order(), "9 8 1 0 7");
  cache.peek(7);
  assertEquals(order(), "9 8 1 0 7");
  cache.touch(7);
  assertEquals(order(), "7 9 8 1 0");
});

test("Cache lets the first that came go with fifo, whatever was read or written since", () => {
  const cache = new Cache<number, string>({ maxEntries: 3, eviction: fifo });
  for (const key of [1, 2, 3]) cache.set(key, "old");
  cache.get(1);
  cache.set(1, "new");
  cache.set(4, "old");
  assertEquals([...cache], [[4, "old"], [3, "old"], [2, "old"]]);
});

test("Cache keeps 100 000 distinct keys within its budgets", () => {
  for (const eviction of [lru, fifo]) {
    const byEntries = new Cache<string, number>({ maxEntries: 100, eviction });
    const byWeight = new Cache<string, number>({ maxWeight: 1000, weigh: (_, v) => v, eviction });
    for (let i = 0; i < 100_000; i++) {
      byEntries.set(`key ${i}`, i);
      byWeight.set(`key ${i}`, i % 97);
      if (byEntries.size > 100 || byWeight.weight > 1000) throw new Error(`over budget at ${i}`);
    }
    assertEquals(byEntries.size, 100);
    assertEquals(byEntries.get("key 99999"), 99999);
    let sum = 0;
    for (const [, weight] of byWeight) sum += weight;
    assertEquals(byWeight.weight, sum);
  }
});

test("Cache turns away what is heavier than all it holds, and the older value of it with that", () => {
  const cache = new Cache<string, number>({ maxWeight: 10, weigh: (_, value) => value });
  cache.set("a", 4);
  cache.set("b", 5);
  assertEquals(cache.set("a", 11), false);
  assertEquals([[...cache], cache.weight], [[["b", 5]], 5]);
  assertEquals(cache.set("b", 10), true);
  assertEquals(cache.set("c", 0), true);
  assertEquals([...cache.keys()], ["c", "b"]);
});

test("Cache lets others go for a value that has grown, and keeps it", () => {
  for (const eviction of [lru, fifo]) {
    const cache = new Cache<string, number>({
      maxWeight: 10,
      weigh: (_, value) => value,
      eviction,
    });
    for (const key of ["a", "b", "c"]) cache.set(key, 3);
    assertEquals(cache.set("a", 9), true);
    assertEquals([[...cache], cache.weight], [[["a", 9]], 9]);
  }
});

test("Cache finds nothing from the time on at which an entry is to be deleted", () => {
  let now = 1000;
  const cache = new Cache<string, number>({ now: () => now });
  cache.set("a", 1, { deleteAtMs: 2000 });
  cache.set("b", 2, { deleteAtMs: 3000 });
  cache.set("c", 3);
  now = 1999;
  assertEquals([cache.get("a"), cache.peek("a")], [1, 1]);
  now = 2000;
  assertEquals([cache.peek("a"), cache.size], [undefined, 3]);
  assertEquals([cache.get("a"), cache.size], [undefined, 2]);
  now = 1e12;
  assertEquals([cache.expire(), [...cache.keys()]], [1, ["c"]]);
  cache.set("c", 4, { deleteAtMs: now + 1 });
  cache.set("c", 5);
  now += 10;
  assertEquals(cache.get("c"), 5);
});

test("Cache tells of every change, once and in order", () => {
  const told: string[] = [];
  let now = 0;
  const cache = new Cache<string, number>({
    maxEntries: 2,
    now: () => now,
    listener: (change, key, value) => told.push(`${change} ${key} ${value}`),
  });
  cache.get("a");
  cache.set("a", 1);
  cache.get("a");
  cache.set("a", 2);
  cache.set("b", 3, { deleteAtMs: 5 });
  cache.set("c", 4);
  cache.peek("c");
  cache.touch("c");
  now = 5;
  cache.get("b");
  cache.delete("c");
  cache.delete("c");
  cache.set("d", 5);
  cache.clear();
  assertEquals(told, [
    "miss a undefined",
    "store a 1",
    "hit a 1",
    "store a 2",
    "store b 3",
    "store c 4",
    "evict a 2",
    "expire b 3",
    "miss b undefined",
    "invalidate c 4",
    "store d 5",
    "invalidate d 5",
  ]);
});

test("Cache asks admission for keys that it does not hold, and for no others", () => {
  const asked: string[] = [];
  const cache = new Cache<string, number>({
    now: () => 7,
    admission: {
      admits(key, nowMs) {
        asked.push(`${key} ${nowMs}`);
        return key !== "no";
      },
    },
  });
  assertEquals([cache.set("no", 1), cache.set("yes", 1), cache.set("yes", 2)], [false, true, true]);
  assertEquals([asked, [...cache]], [["no 7", "yes 7"], [["yes", 2]]]);
});

test("Cache refuses a capacity that is not positive", () => {
  for (const capacity of [0, -1, NaN]) {
    assertThrows(() => new Cache({ maxEntries: capacity }), RangeError, "positive maxEntries");
    assertThrows(() => new Cache({ maxWeight: capacity }), RangeError, "positive maxWeight");
  }
});

test("Cache does what a plain list would do, whatever the operations", () => {
  const step = fc.record({
    op: fc.constantFrom("set", "set", "get", "touch", "delete", "clear"),
    key: fc.nat(7),
    value: fc.nat(5),
  });
  const names = ["lru", "fifo"] as const;
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.integer({ min: 1, max: 4 }), fc.array(step), (
      name,
      maxEntries,
      steps,
    ) => {
      const maxWeight = 9;
      const cache = new Cache<number, number>({
        maxEntries,
        maxWeight,
        weigh: (_, value) => value,
        eviction: EVICTION_STRATEGIES[name],
      });
      let model: [number, number][] = [];
      const front = (key: number) => {
        const at = model.findIndex(([held]) => held === key);
        if (at > 0 && name === "lru") model.unshift(...model.splice(at, 1));
      };
      const weight = () => model.reduce((sum, [, value]) => sum + value, 0);
      for (const { op, key, value } of steps) {
        const held = model.find(([one]) => one === key);
        if (op === "set") {
          cache.set(key, value);
          if (held !== undefined) held[1] = value;
          else model.unshift([key, value]);
          front(key);
          while (model.length > maxEntries || weight() > maxWeight) {
            const last = model.findLastIndex(([one]) => one !== key);
            model.splice(last, 1);
          }
        } else if (op === "get") {
          assertEquals(cache.get(key), held?.[1]);
          front(key);
        } else if (op === "touch") {
          cache.touch(key);
          front(key);
        } else if (op === "delete") {
          assertEquals(cache.delete(key), held !== undefined);
          model = model.filter(([one]) => one !== key);
        } else {
          cache.clear();
          model = [];
        }
        assertEquals([[...cache], cache.weight, cache.size], [model, weight(), model.length]);
      }
    }),
    { numRuns: 500 },
  );
});
