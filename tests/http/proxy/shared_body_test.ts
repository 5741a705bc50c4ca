import fc from "fast-check";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { SharedBody, type SharedBodyReader } from "../../../http/proxy/shared_body.ts";
import type { Spill } from "../../../http/store/spill.ts";
import { readAll } from "../../../http/store/stored_bytes.ts";
import { bytesOf } from "../store/support.ts";

/** Turns of the event loop, in which what is under way goes on. */
async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setTimeout(resolve));
}

/** A place in memory that takes its time, and fails where it is told to. */
class TrialSpill implements Spill {
  bytes: number[] = [];
  closed = false;
  readonly #failsAt: number;
  readonly #turns: number;

  constructor(failsAt: number, turns: number) {
    this.#failsAt = failsAt;
    this.#turns = turns;
  }

  async write(bytes: Uint8Array): Promise<void> {
    const before = bytes.slice();
    await turns(this.#turns);
    assertEquals(this.closed, false, "written to when it was closed");
    assertEquals(bytes, before, "bytes that changed while they were written");
    if (this.bytes.length + bytes.length > this.#failsAt) throw new Error("the disk is full");
    for (const byte of bytes) this.bytes.push(byte);
  }

  async read(position: number, target: Uint8Array): Promise<number> {
    await turns(this.#turns);
    assertEquals(this.closed, false, "read from when it was closed");
    const piece = this.bytes.slice(position, position + target.length);
    target.set(piece);
    return piece.length;
  }

  close(): void {
    this.closed = true;
  }
}

/** Reads as fast as `pace` lets it, and at most until `leavesAt`. */
async function readAlong(
  body: SharedBody,
  reader: SharedBodyReader,
  expected: Uint8Array,
  { pace, leavesAt }: { readonly pace: number; readonly leavesAt: number },
): Promise<"whole" | "left" | "broken"> {
  let at = 0;
  try {
    while (at < leavesAt) {
      const piece = reader.poll() ?? await reader.next();
      if (piece === null) {
        assertEquals(at, expected.length, "an early end");
        return "whole";
      }
      assert(piece.length > 0, "an empty piece");
      assert(piece.every((byte, i) => byte === expected[at + i]), `other bytes at ${at}`);
      at += piece.length;
      await turns(pace);
    }
    return "left";
  } catch (error) {
    if (error instanceof Error && error.message === "broken off") return "broken";
    throw error;
  } finally {
    reader.leave();
    assert(at <= body.length);
  }
}

const LENGTH = 900_000;
const WHOLE = bytesOf(LENGTH);

test("SharedBody with a spill gives each reader every byte, or says that it was broken off", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        pieces: fc.array(fc.integer({ min: 1, max: 65_536 }), { minLength: 1, maxLength: 14 }),
        spillFrom: fc.nat(300_000),
        failsAt: fc.oneof(fc.constant(Infinity), fc.nat(LENGTH)),
        spillTurns: fc.nat(3),
        forgetAt: fc.oneof(fc.constant(Infinity), fc.nat(LENGTH)),
        brokenOff: fc.boolean(),
        readers: fc.array(
          fc.record({
            joinsAt: fc.nat(LENGTH),
            pace: fc.nat(3),
            leavesAt: fc.oneof(fc.constant(Infinity), fc.nat(LENGTH)),
          }),
          { maxLength: 5 },
        ),
      }),
      async ({ pieces, spillFrom, failsAt, spillTurns, forgetAt, brokenOff, readers }) => {
        const body = new SharedBody();
        const spill = new TrialSpill(failsAt, spillTurns);
        const expected = WHOLE.subarray(0, pieces.reduce((sum, length) => sum + length, 0));
        const reading: Promise<string>[] = [];
        const waiting = new Set(readers);
        const join = (at: number): void => {
          for (const reader of waiting) {
            if (reader.joinsAt > at) continue;
            waiting.delete(reader);
            if (body.readable) reading.push(readAlong(body, body.read(), expected, reader));
          }
        };
        for (const length of pieces) {
          body.push(expected.subarray(body.length, body.length + length));
          if (body.kept && body.inMemory && body.length > spillFrom) body.spillTo(spill);
          if (body.kept && body.length > forgetAt) body.forget();
          join(body.length);
          const room = body.room();
          if (room !== null) await room;
          const bound = body.kept && body.inMemory ? Infinity : 256 * 1024 + 2 * 65_536;
          if (body.wanted || body.kept) {
            assert(body.heldBytes <= bound, `${body.heldBytes} bytes in memory`);
          }
        }
        const stowed = await body.stow();
        if (stowed !== null) assertEquals(await readAll(stowed), expected);
        if (brokenOff) body.fail(new Error("broken off"));
        else body.finish();
        join(LENGTH);
        for (const how of await Promise.all(reading)) {
          assert(how === "left" || how === (brokenOff ? "broken" : "whole"), how);
        }
        assertEquals(spill.closed, !body.inMemory);
      },
    ),
    { numRuns: 100 },
  );
});

test("SharedBody whose spill is closed is not to be read any more", async () => {
  const body = new SharedBody();
  body.push(WHOLE.subarray(0, 65_536));
  body.spillTo(new TrialSpill(Infinity, 0));
  assert(body.readable);
  await body.stow();
  body.finish();
  assertEquals([body.kept, body.readable], [true, false]);
});
