import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { AdmitAfter, AdmitAlways } from "../../cache/admission.ts";
import { Cache } from "../../cache/cache.ts";

test("AdmitAlways admits every key", () => {
  assertEquals(new AdmitAlways().admits(), true);
});

test("AdmitAfter admits a key from its N-th request within the window", () => {
  const admission = new AdmitAfter<string>({ requests: 3, windowMs: 100 });
  assertEquals([0, 50, 99].map((now) => admission.admits("a", now)), [false, false, true]);
  assertEquals([0, 50, 100, 149, 150].map((now) => admission.admits("b", now)), [
    false,
    false,
    false,
    true,
    false,
  ]);
  assertEquals(new AdmitAfter<string>({ requests: 1, windowMs: 1 }).admits("a", 0), true);
});

test("AdmitAfter remembers a bounded number of keys, the latest ones", () => {
  const admission = new AdmitAfter<number>({ requests: 2, windowMs: 1e9, maxKeys: 100 });
  for (let key = 0; key < 100_000; key++) {
    admission.admits(key, key);
    if (admission.size > 100) throw new Error(`${admission.size} keys at ${key}`);
  }
  assertEquals(admission.admits(99_999, 100_000), true);
  assertEquals(admission.admits(1, 100_000), false);
});

test("AdmitAfter keeps what is asked for once from pushing out what is asked for often", () => {
  const cache = new Cache<string, number>({
    maxEntries: 2,
    now: () => 0,
    admission: new AdmitAfter({ requests: 2, windowMs: 1000 }),
  });
  for (const key of ["a", "a", "b", "b"]) cache.set(key, 1);
  for (let i = 0; i < 1000; i++) cache.set(`once ${i}`, 1);
  assertEquals([...cache.keys()], ["b", "a"]);
});

test("AdmitAfter refuses numbers that are not positive", () => {
  for (const bad of [0, -1, NaN]) {
    assertThrows(() => new AdmitAfter({ requests: bad, windowMs: 1 }), RangeError);
    assertThrows(() => new AdmitAfter({ requests: 1, windowMs: bad }), RangeError);
    assertThrows(() => new AdmitAfter({ requests: 1, windowMs: 1, maxKeys: bad }), RangeError);
  }
});
