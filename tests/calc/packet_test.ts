import fc from "fast-check";
import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { emptyHeader, headerWarnings, readHeader, writeHeader } from "../../calc/header.ts";
import { findPickleEnd, PICKLE_INVALID, PICKLE_UNFINISHED } from "../../calc/opcodes.ts";
import { CalcDecoder } from "../../calc/packet.ts";
import { parse } from "../../calc/parse.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import { FrameSyntaxError } from "../../net/errors.ts";
import { fromHex, golden, rows } from "./fixtures.ts";

function request(text: string): Uint8Array {
  return new CalcEncoder().request(parse(text), { unixTime: 1 }).slice();
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function announcing(packet: Uint8Array, totalLength: number): Uint8Array {
  const copy = packet.slice();
  copy[4] = totalLength >> 8;
  copy[5] = totalLength;
  return copy;
}

/** The first packet's end and whether its length is right; or the decoder's "need more". */
function first(bytes: Uint8Array, flush: boolean): [number, boolean] | typeof NEED_MORE {
  const decoder = new CalcDecoder();
  const packet = decoder.create();
  const end = decoder.decode(packet, bytes, 0, bytes.length, flush);
  return end === NEED_MORE ? NEED_MORE : [packet.end, packet.lengthIsRight];
}

const SMALL = request("7");
const LARGE = request("max(2, 3) + 3");

test("CalcDecoder finds packets, glued and split anywhere", () => {
  fc.assert(fc.property(
    fc.array(fc.constantFrom(SMALL, LARGE, request("2.5 / 3")), { minLength: 1, maxLength: 4 }),
    fc.nat(),
    (packets, cut) => {
      const bytes = join(...packets);
      const decoder = new CalcDecoder();
      const packet = decoder.create();
      const arrived = cut % (bytes.length + 1);
      let at = 0;
      let found = 0;
      for (const end of [arrived, bytes.length]) {
        while (at < end) {
          const next = decoder.decode(packet, bytes, at, end, false);
          if (next === NEED_MORE) break;
          assertEquals(next - at, packets[found++].length);
          assertEquals([packet.start, packet.dataStart, packet.end], [at, at + 12, next]);
          at = next;
        }
      }
      assertEquals([at, found], [bytes.length, packets.length]);
    },
  ));
});

test("CalcDecoder reads a packet byte by byte", () => {
  for (let length = 1; length < LARGE.length; length++) {
    assertEquals(first(LARGE.subarray(0, length), false), NEED_MORE);
  }
  assertEquals(first(LARGE, false), [LARGE.length, true]);
});

test("CalcDecoder refuses a total length below 12 in the original's words", () => {
  for (const length of [0, 11]) {
    assertThrows(
      () => first(announcing(SMALL, length), false),
      FrameSyntaxError,
      `Invalid total length: ${length} (must be between 12 and 65536 bytes inclusive)`,
    );
  }
});

test("CalcDecoder waits for what a total length announces, and takes a whole pickle once it is quiet", () => {
  const more = announcing(SMALL, 500);
  assertEquals(first(more, false), NEED_MORE);
  assertEquals(first(more, true), [SMALL.length, false]);
  // Without the end of its pickle it is not taken: it may still come.
  assertEquals(first(more.subarray(0, 40), true), NEED_MORE);
  assertEquals(first(announcing(SMALL, 65535).subarray(0, 12), true), NEED_MORE);
  // Bytes behind the pickle belong to it, but not another packet.
  assertEquals(first(join(more, Uint8Array.of(1, 2, 3)), true), [SMALL.length + 3, false]);
  assertEquals(first(join(more, LARGE), true), [SMALL.length, false]);
});

test("CalcDecoder follows a pickle that goes on behind its total length", () => {
  for (const length of [12, 13, 40, LARGE.length - 1]) {
    const less = announcing(LARGE, length);
    assertEquals(first(less, false), [LARGE.length, false]);
    assertEquals(first(join(less, SMALL), false), [LARGE.length, false]);
    assertEquals(first(less.subarray(0, 60), length > 60), NEED_MORE);
  }
});

test("CalcDecoder keeps packets apart when the first holds no whole pickle", () => {
  const text = new TextEncoder().encode("hello");
  const broken = announcing(join(SMALL.subarray(0, 12), text), 17);
  assertEquals(first(broken, false), [17, true]);
  assertEquals(first(join(broken, LARGE), false), [17, true]);
  const truncated = announcing(LARGE.subarray(0, 100), 100);
  assertEquals(first(truncated, false), [100, true]);
  assertEquals(first(join(truncated, LARGE), false), [100, true]);
  assertEquals(first(announcing(SMALL.subarray(0, 12), 12), false), [12, true]);
  // Neither a header nor the end of a pickle behind it: like the original, one packet of all that came.
  const garbage = announcing(join(truncated, Uint8Array.of(0x4e, 0x4e)), 100);
  assertEquals(first(garbage, false), NEED_MORE);
  assertEquals(first(garbage, true), [102, false]);
});

test("CalcDecoder leaves bytes behind a pickle to its packet", () => {
  const longer = announcing(join(SMALL, Uint8Array.of(9, 9)), SMALL.length + 2);
  assertEquals(first(longer, false), [SMALL.length + 2, true]);
});

test("CalcDecoder never throws but its own error, nor reads beyond the end", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.boolean(), (bytes, flush) => {
      try {
        const found = first(bytes, flush);
        if (typeof found !== "number") {
          assertEquals(found[0] >= 12 && found[0] <= bytes.length, true);
        }
      } catch (error) {
        if (!(error instanceof FrameSyntaxError)) throw error;
      }
    }),
  );
});

test("findPickleEnd finds the end of every protocol, and no sooner", async () => {
  for (const [, , pickle] of await rows<[string, number, string]>("protocols")) {
    const bytes = fromHex(pickle + "ff00");
    assertEquals(findPickleEnd(bytes, 0, bytes.length), bytes.length - 2);
    assertEquals(findPickleEnd(bytes, 0, bytes.length - 3), PICKLE_UNFINISHED);
  }
  assertEquals(findPickleEnd(Uint8Array.of(0xff), 0, 1), PICKLE_INVALID);
});

test("readHeader and writeHeader are each other's inverse", () => {
  const fields = fc.record({
    unixTime: fc.nat(0xffffffff),
    totalLength: fc.integer({ min: 12, max: 65535 }),
    cache: fc.boolean(),
    steps: fc.boolean(),
    request: fc.boolean(),
    status: fc.nat(1023),
    cacheControl: fc.integer({ min: 1, max: 65535 }),
  });
  fc.assert(fc.property(fields, (header) => {
    const bytes = new Uint8Array(14).fill(0xff);
    writeHeader(header, bytes, 1);
    const read = emptyHeader();
    readHeader(read, bytes, 1, 14);
    assertEquals(read, { ...header, cacheControl: header.cache ? header.cacheControl : 0 });
    assertEquals([bytes[0], bytes[13]], [0xff, 0xff]);
  }));
});

test("readHeader makes the cache fields agree as the original does", () => {
  const read = (flags: number, cacheControl: number): [boolean, number] => {
    const header = emptyHeader();
    const bytes = fromHex("00000000000c" + "00000000" + "0000");
    new DataView(bytes.buffer).setUint16(6, flags);
    new DataView(bytes.buffer).setUint16(8, cacheControl);
    readHeader(header, bytes, 0, 12);
    return [header.cache, header.cacheControl];
  };
  assertEquals(read(0x0400, 60), [false, 0]);
  assertEquals(read(0x10c8, 0), [false, 0]);
  assertEquals(read(0x1400, 0), [true, 0]);
});

test("headerWarnings finds nothing in the original's packets, and names what is odd", async () => {
  assertEquals(headerWarnings(await golden("ex1.req"), 0), []);
  assertEquals(headerWarnings(fromHex("00000000000ce4c8000100ff"), 0).length, 3);
});
