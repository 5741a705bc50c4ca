import fc from "fast-check";
import { assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { type Chunk, ChunkConnection } from "../support/chunks.ts";
import { gate } from "../support/gate.ts";
import { byteByByte, cutAt } from "../support/replies.ts";
import { bytesOf } from "../support/wire.ts";
import { within } from "../support/within.ts";
import { Activity, Phase } from "../../net/activity.ts";
import { type Decoder, NEED_MORE } from "../../net/decoder.ts";
import { FrameSyntaxError, FrameTooLargeError, UnexpectedEndError } from "../../net/errors.ts";
import { FrameReader, type FrameReaderOptions } from "../../net/frame_reader.ts";

/** Lines; one that begins with `!` is no frame, and a quiet peer has ended its line. */
class LineDecoder implements Decoder<{ text: string }> {
  /** How many bytes it has looked at in all. */
  looked = 0;

  create(): { text: string } {
    return { text: "" };
  }

  decode(
    frame: { text: string },
    buffer: Uint8Array,
    start: number,
    end: number,
    flush: boolean,
    seen: number,
  ): number {
    if (seen < start || seen > end) throw new Error(`${seen} is not in ${start} to ${end}`);
    if (buffer[start] === 0x21) throw new FrameSyntaxError("Expected no exclamation mark");
    for (let at = seen; at < end; at++) {
      this.looked++;
      if (buffer[at] !== 0x0a) continue;
      frame.text = new TextDecoder().decode(buffer.subarray(start, at));
      return at + 1;
    }
    // As if a part of a number could not be whole.
    if (!flush || buffer[end - 1] === 0x2d) return NEED_MORE;
    frame.text = new TextDecoder().decode(buffer.subarray(start, end));
    return end;
  }
}

function readerOf(
  chunks: readonly Chunk[],
  options: FrameReaderOptions = {},
  decoder = new LineDecoder(),
): FrameReader<{ text: string }> {
  return new FrameReader(new ChunkConnection(chunks), decoder, options);
}

/** The frames of each batch, up to the end or the error. */
async function batches(reader: FrameReader<{ text: string }>): Promise<string[][]> {
  const all: string[][] = [];
  try {
    for await (const batch of reader) all.push(batch.map(({ text }) => text));
  } catch (error) {
    all.push([(error as Error).name]);
  }
  return all;
}

test("FrameReader gives all whole frames that have arrived as one batch", async () => {
  const chunks = ["a\nb\nc", "\n", "d\ne\n"].map(bytesOf);
  assertEquals(await batches(readerOf(chunks)), [["a", "b"], ["c"], ["d", "e"]]);
});

test("FrameReader gives the same frames whole, byte by byte and at random splits", async () => {
  const lines = fc.array(fc.string({ unit: fc.constantFrom("a", "b", " "), maxLength: 300 }));
  const property = fc.asyncProperty(lines, fc.array(fc.nat()), async (list, places) => {
    const bytes = bytesOf(list.map((line) => `${line}\n`).join(""));
    for (const chunks of [[bytes], byteByByte(bytes), cutAt(bytes, places)]) {
      const found = await batches(readerOf(chunks.filter(({ length }) => length > 0)));
      assertEquals(found.flat(), list);
    }
  });
  await fc.assert(property, { numRuns: 100 });
});

test("FrameReader gives the frames before a broken one first, and the error after them", async () => {
  assertEquals(await batches(readerOf([bytesOf("a\nb\n!\nc\n")])), [["a", "b"], [
    "FrameSyntaxError",
  ]]);
  const long = "x".repeat(50);
  const reader = () => readerOf([bytesOf(`a\nb\n${long}\n`)], { maxFrameBytes: 20 });
  assertEquals(await batches(reader()), [["a", "b"], ["FrameTooLargeError"]]);
});

test("FrameReader takes a frame of the largest size and none above, at any split", async () => {
  for (const max of [10, 64, 2048, 5000, 65_536, 70_000]) {
    for (const step of [1, 7, 4096]) {
      if (max / step > 10_000) continue;
      const line = (length: number) => bytesOf(`${"x".repeat(length - 1)}\n`);
      const split = (bytes: Uint8Array) =>
        Array.from(
          { length: Math.ceil(bytes.length / step) },
          (_, i) => bytes.subarray(i * step, (i + 1) * step),
        );
      const found = await batches(readerOf(split(line(max)), { maxFrameBytes: max }));
      assertEquals(found.flat().map(({ length }) => length), [max - 1], `${max} by ${step}`);
      const reader = readerOf(split(line(max + 1)), { maxFrameBytes: max });
      await assertRejects(() => reader.next(), FrameTooLargeError, `longer than ${max} bytes`);
    }
  }
});

test("FrameReader reads a frame that arrives byte by byte in linear time", async () => {
  const decoder = new LineDecoder();
  await batches(readerOf(byteByByte(bytesOf(`${"x".repeat(20_000)}\n`)), {}, decoder));
  assertEquals(decoder.looked, 20_001);
});

test("FrameReader begins small, grows for large batches, and becomes small again", async () => {
  const batch = (bytes: number) => bytesOf("x\n".repeat(bytes / 2));
  const small = Array.from({ length: 20 }, () => bytesOf("x\n"));
  const connection = new ChunkConnection([...small, batch(1_000_000), ...small]);
  const reader = new FrameReader(connection, new LineDecoder());
  let frames = 0;
  let largest = 0;
  for await (const batch of reader) {
    frames += batch.length;
    largest = Math.max(largest, reader.bytes.length);
  }
  assertEquals(frames, 500_040);
  assertEquals(connection.asked[0], 2048);
  assertEquals(largest >= 65_536 && largest <= 131_072, true, `${largest}`);
  assertEquals(connection.asked.at(-1)! <= 2048, true, `${connection.asked.at(-1)}`);
});

test("FrameReader reads more at once when reads leave no room, wherever frames end", async () => {
  // Of 687 bytes each, so that no read of a power of two ends with a frame.
  const frames = bytesOf(`${"x".repeat(686)}\n`.repeat(1_000));
  const connection = new ChunkConnection([frames]);
  let count = 0;
  for await (const batch of new FrameReader(connection, new LineDecoder())) count += batch.length;
  assertEquals(count, 1_000);
  assertEquals(connection.asked.length < 30, true, `${connection.asked.length} reads`);
});

test("FrameReader gives very many very small frames in batches of bounded size", async () => {
  const sizes = (await batches(readerOf([bytesOf("\n".repeat(1_000_000))]))).map((batch) =>
    batch.length
  );
  assertEquals(sizes.reduce((sum, size) => sum + size), 1_000_000);
  assertEquals(Math.max(...sizes) <= 1024, true, `${Math.max(...sizes)}`);
});

test("FrameReader throws UnexpectedEndError when the peer closes in the middle of a frame", async () => {
  const reader = readerOf([bytesOf("a\nb-")]);
  assertEquals((await reader.next())?.map(({ text }) => text), ["a"]);
  await assertRejects(() => reader.next(), UnexpectedEndError, "after 2 bytes");
  assertEquals(new TextDecoder().decode(reader.leftover), "b-");
});

test("FrameReader takes what has no end when the peer closes its side", async () => {
  assertEquals(await batches(readerOf([bytesOf("a\nb")])), [["a"], ["b"]]);
  assertEquals(await batches(readerOf([])), []);
});

test("FrameReader takes what has no end when the peer is quiet, and reads on", async () => {
  const go = gate();
  const chunks = [bytesOf("a"), go.promise, bytesOf("b\nc"), "end"] as const;
  const reader = readerOf(chunks, { quietMs: 1 });
  assertEquals((await within(reader.next()))?.map(({ text }) => text), ["a"]);
  assertEquals(reader.buffered, 0);
  go.resolve();
  assertEquals((await within(reader.next()))?.map(({ text }) => text), ["b"]);
  assertEquals((await within(reader.next()))?.map(({ text }) => text), ["c"]);
  assertEquals(await within(reader.next()), null);
});

test("FrameReader asks once at each quiet gap, and waits for bytes when that made no frame", async () => {
  const go = gate();
  let flushes = 0;
  class Counting extends LineDecoder {
    override decode(
      ...args: [{ text: string }, Uint8Array, number, number, boolean, number]
    ): number {
      if (args[4]) {
        flushes++;
        setTimeout(go.resolve, 20);
      }
      return super.decode(...args);
    }
  }
  const reader = readerOf(
    [bytesOf("a-"), go.promise, bytesOf("b\n")],
    { quietMs: 1 },
    new Counting(),
  );
  assertEquals((await within(reader.next()))?.map(({ text }) => text), ["a-b"]);
  assertEquals(flushes, 1);
});

test("FrameReader passes on what the connection throws, also after a quiet gap", async () => {
  await assertRejects(() => readerOf([bytesOf("a"), new Error("reset")]).next(), Error, "reset");
  const go = gate();
  const reader = readerOf([bytesOf("a"), go.promise, new Error("reset")], { quietMs: 1 });
  assertEquals((await within(reader.next()))?.map(({ text }) => text), ["a"]);
  go.resolve();
  await assertRejects(() => within(reader.next()), Error, "reset");
});

test("FrameReader tells what it waits for, and a frame's time from its first byte", async () => {
  const clock = { nowMs: 0 };
  const activity = new Activity(clock);
  const seen: [Phase, number][] = [];
  const tick = async () => {
    for (let i = 0; i < 5; i++) await Promise.resolve();
    seen.push([activity.phase, activity.sinceMs]);
    clock.nowMs += 10;
  };
  const gates = [0, 1, 2].map(() => gate());
  const reader = readerOf(
    [
      gates[0].promise,
      bytesOf("a"),
      gates[1].promise,
      bytesOf("b"),
      gates[2].promise,
      bytesOf("\n"),
    ],
    { activity },
  );
  const batch = reader.next();
  for (const gate of gates) {
    await tick();
    gate.resolve();
  }
  await within(batch);
  await tick();
  assertEquals(seen, [[Phase.IDLE, 0], [Phase.FRAME, 10], [Phase.FRAME, 10], [Phase.WORK, 30]]);
});
