import fc from "fast-check";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { OutputBuffer } from "../../net/output_buffer.ts";

test("OutputBuffer writes integers as people do", () => {
  const edges = [0, -0, 9, 10, 99, 100, 2 ** 31 - 1, 2 ** 31, 2 ** 53 - 1, -1, 1 - 2 ** 53];
  const integer = fc.oneof(fc.maxSafeInteger(), fc.constantFrom(...edges));
  fc.assert(
    fc.property(integer, (value) => {
      const out = new OutputBuffer();
      out.putInteger(value);
      assertEquals(new TextDecoder().decode(out.written()), String(value + 0));
    }),
    { numRuns: 2000 },
  );
});

test("OutputBuffer keeps all that was put, in order, and begins anew when cleared", () => {
  const part = fc.oneof(fc.string(), fc.string({ unit: "binary" }), fc.integer());
  fc.assert(fc.property(fc.array(fc.array(part)), (batches) => {
    const out = new OutputBuffer();
    for (const parts of batches) {
      for (const one of parts) {
        if (typeof one === "string") out.putText(one);
        else out.putInteger(one);
      }
      out.putByte(0x0a);
      out.putBytes(new Uint8Array([0x0a]));
      const text = `${parts.join("")}

`;
      assertEquals(new TextDecoder("utf-8", { ignoreBOM: true }).decode(out.written()), text);
      out.clear();
      assertEquals([out.length, out.written().length], [0, 0]);
    }
  }));
});

test("OutputBuffer gives the memory of an unusually large batch back", () => {
  const out = new OutputBuffer();
  out.putText("x".repeat(1_000_000));
  assertEquals(out.written().length, 1_000_000);
  out.clear();
  assertEquals(out.bytes.length < 65_536, true);
});
