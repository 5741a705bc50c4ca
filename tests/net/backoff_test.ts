import fc from "fast-check";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { backoffMs } from "../../net/backoff.ts";

test("backoffMs doubles up to its bound", () => {
  const waits = [1, 2, 3, 4, 5, 100, 5000].map((attempt) => backoffMs(attempt, { jitter: 0 }));
  assertEquals(waits, [50, 100, 200, 400, 500, 500, 500]);
});

test("backoffMs leaves the given part to chance and no more", () => {
  assertEquals(backoffMs(1, { jitter: 0.5, random: () => 0 }), 50);
  assertEquals(backoffMs(1, { jitter: 0.5, random: () => 0.999999 }) > 25, true);
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (attempt, jitter) => {
        const wait = backoffMs(attempt, { jitter });
        assertEquals(wait >= 50 * (1 - jitter) - 1e-9 && wait <= 500, true, `${wait}`);
      },
    ),
  );
});
