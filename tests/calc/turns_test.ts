import { assert, assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { SLICE_MS, Turns } from "../../calc/turns.ts";
import { ClosedError } from "../../net/errors.ts";

test("Turns.run gives each work a slice in turn until it is finished", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const work = (name: string, slices: number) =>
    turns.run(() => {
      order.push(name);
      return --slices === 0;
    });
  await Promise.all([work("a", 3), work("b", 1), work("c", 2)]);
  assertEquals(order.join(""), "abcaca");
  assertEquals(turns.pending, 0);
});

test("Turns.run lengthens slices while nobody interrupts", async () => {
  const turns = new Turns();
  const slices: number[] = [];
  await turns.run((sliceMs) => {
    slices.push(sliceMs);
    if (slices.length === 5) turns.interrupt();
    return slices.length === 7;
  });
  assertEquals(slices, [SLICE_MS, 2, 4, 8, 8, SLICE_MS, 2]);
});

test("Turns.run hands on what a work throws, and goes on with the others", async () => {
  const turns = new Turns();
  const failing = turns.run(() => {
    throw new RangeError("no");
  });
  const other = turns.run(() => true);
  await assertRejects(() => failing, RangeError);
  await other;
});

test("Turns.close ends what is not finished, and takes no more", async () => {
  const turns = new Turns();
  let slices = 0;
  const endless = turns.run(() => {
    slices++;
    return false;
  });
  turns.close();
  await assertRejects(() => endless, ClosedError);
  await assertRejects(() => turns.run(() => true), ClosedError);
  assert(slices === 0);
});
