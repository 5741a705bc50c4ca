import fc from "fast-check";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { Fifo } from "../../net/fifo.ts";

test("Fifo does what an array does, whatever the operations", () => {
  const step = fc.oneof(
    fc.integer({ min: 1, max: 3000 }).map((count) => ({ op: "push" as const, count })),
    fc.integer({ min: 1, max: 3000 }).map((count) => ({ op: "shift" as const, count })),
    fc.integer({ min: 0, max: 5 }).map((count) => ({ op: "unshift" as const, count })),
    fc.constant({ op: "takeAll" as const, count: 0 }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const fifo = new Fifo<number>();
      let model: number[] = [];
      let next = 0;
      for (const { op, count } of steps) {
        if (op === "push") {
          for (let i = 0; i < count; i++) {
            fifo.push(next);
            model.push(next++);
          }
        } else if (op === "shift") {
          const taken = Array.from({ length: count }, () => fifo.shift());
          const expected = [...model.slice(0, count)];
          model = model.slice(count);
          assertEquals(taken.filter((one) => one !== undefined), expected);
        } else if (op === "unshift") {
          const items = Array.from({ length: count }, () => next++);
          fifo.unshift(items);
          model = [...items, ...model];
        } else {
          assertEquals(fifo.takeAll(), model);
          model = [];
        }
        assertEquals([fifo.length, fifo.peek()], [model.length, model[0]]);
      }
    }),
    { numRuns: 60 },
  );
});
