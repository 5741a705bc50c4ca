import fc from "fast-check";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { areRight, BLOCK_BYTES, BlockChecks, checkSum } from "../../../http/store/block_checks.ts";
import {
  MARK_BYTES,
  readTail,
  type StoredRecord,
  tailLength,
  writeTail,
} from "../../../http/store/record.ts";
import { store as makeResponse } from "../policy/support.ts";
import { bytesOf } from "./support.ts";

function record(overrides: Partial<StoredRecord> = {}): StoredRecord {
  return {
    key: "http://a.example/x?y",
    stored: makeResponse([
      ["Cache-Control", "max-age=60"],
      ["ETag", '"\u00e9"'],
      ["Vary", "Accept"],
    ], { request: [["Accept", "never"]] }),
    parts: [[0, 5]],
    total: 5,
    receivedWhole: true,
    sums: [0xffffffff],
    ...overrides,
  };
}

test("readTail reads what writeTail writes", () => {
  const cases: StoredRecord[] = [
    record(),
    record({ parts: [[0, 2], [7, 3]], total: null, receivedWhole: false, sums: [] }),
    record({ stored: makeResponse([["Cache-Control", "no-cache"], ["ETag", '"1"']]) }),
    record({ stored: { ...record().stored, deleteAtMs: Infinity, freshUntilMs: -Infinity } }),
    record({
      stored: makeResponse([["Cache-Control", "max-age=9"], ["Content-Range", "bytes 0-4/*"]], {
        status: 206,
        request: [["Range", "bytes=0-4"]],
      }),
    }),
  ];
  for (const written of cases) {
    const tail = writeTail(written);
    assertEquals(tailLength(tail), tail.length);
    assertEquals(readTail(tail, 5), written);
    assertEquals(readTail(tail, 6), null);
  }
});

test("readTail finds every changed byte", () => {
  const tail = writeTail(record());
  fc.assert(fc.property(fc.nat(tail.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    const changed = tail.slice();
    changed[at] ^= by;
    const length = tailLength(changed);
    return length !== tail.length || readTail(changed, 5) === null;
  }));
});

test("readTail reads no arbitrary bytes", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
    const length = tailLength(bytes);
    return length === null || length !== bytes.length || readTail(bytes, 0) === null;
  }));
});

test("readTail turns down a description that is none, though its sum is right", () => {
  const tail = writeTail(record());
  const json = JSON.parse(new TextDecoder().decode(tail.subarray(0, -MARK_BYTES)));
  for (const name of Object.keys(json)) {
    const description = new TextEncoder().encode(JSON.stringify({ ...json, [name]: { x: [] } }));
    const forged = new Uint8Array([...description, ...tail.subarray(-MARK_BYTES)]);
    const view = new DataView(forged.buffer, description.length);
    view.setUint32(0, description.length);
    view.setUint32(4, checkSum(description));
    assertEquals(readTail(forged, 5), null, name);
  }
});

test("BlockChecks sums up blocks however their bytes come", () => {
  const body = bytesOf(2 * BLOCK_BYTES + 1000);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 50_000 }), { maxLength: 20 }), (lengths) => {
      const checks = new BlockChecks();
      let at = 0;
      for (const length of lengths) {
        checks.push(body.subarray(at, at + length));
        at = Math.min(body.length, at + length);
      }
      checks.push(body.subarray(at));
      const sums = checks.finish();
      return sums.length === 3 && areRight(body, 0, sums) &&
        areRight(body.subarray(BLOCK_BYTES), 1, sums);
    }),
    { numRuns: 30 },
  );
});

test("areRight finds every changed byte", () => {
  const body = bytesOf(BLOCK_BYTES + 1000);
  const checks = new BlockChecks();
  checks.push(body);
  const sums = checks.finish();
  fc.assert(fc.property(fc.nat(body.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
    body[at] ^= by;
    const right = areRight(body, 0, sums);
    body[at] ^= by;
    return !right;
  }));
  assert(areRight(body, 0, sums));
  assert(!areRight(body, 1, sums));
});
