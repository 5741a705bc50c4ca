import fc from "fast-check";
import { assert, assertEquals, assertMatch, assertThrows } from "../../../asserts.ts";
import { test } from "../../../harness.ts";
import {
  formatPasswordHash,
  hashPassword,
  isPassword,
  parsePasswordHash,
} from "../../../../http/proxy/access/password_hash.ts";

/** Cheap enough for many. */
const CHEAP = { cost: 2, blockSize: 1, parallelization: 1 };

test("hashPassword makes what isPassword knows again, and no other password", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string(), fc.string(), async (password, other) => {
      const hash = parsePasswordHash(formatPasswordHash(await hashPassword(password, CHEAP)));
      assert(await isPassword(password, hash));
      if (other.normalize("NFC") !== password.normalize("NFC")) {
        assert(!await isPassword(other, hash));
      }
    }),
    { numRuns: 50 },
  );
});

test("hashPassword costs as much as it should, and gives each hash salt of its own", async () => {
  const texts = [await hashPassword("same"), await hashPassword("same")].map(formatPasswordHash);
  for (const text of texts) assertMatch(text, /^scrypt:16384:8:5:[\w-]{22}:[\w-]{43}$/);
  assert(texts[0] !== texts[1]);
});

test("isPassword computes scrypt as RFC 7914 says", async () => {
  // RFC 7914 §12, with the salt "SodiumChloride".
  const exact = {
    cost: 16_384,
    blockSize: 8,
    parallelization: 1,
    salt: new TextEncoder().encode("SodiumChloride"),
    hash: fromHex(
      "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2" +
        "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887",
    ),
  };
  assert(await isPassword("pleaseletmein", exact));
});

function fromHex(text: string): Uint8Array {
  return new Uint8Array(text.match(/../g)!.map((byte) => parseInt(byte, 16)));
}

test("parsePasswordHash refuses what is no hash, and what costs too much, and tells nothing of it", () => {
  const salt = "U29kaXVtQ2hsb3JpZGU";
  const hash = "a".repeat(43);
  const bad = [
    "hunter2",
    "",
    `scrypt:16384:8:5:${salt}`,
    `scrypt:16384:8:5:${salt}:${hash}:x`,
    `bcrypt:16384:8:5:${salt}:${hash}`,
    `scrypt:16383:8:5:${salt}:${hash}`,
    `scrypt:0:8:5:${salt}:${hash}`,
    `scrypt:1:8:5:${salt}:${hash}`,
    `scrypt:16384:0:5:${salt}:${hash}`,
    `scrypt:16384:8:0:${salt}:${hash}`,
    `scrypt:1048576:8:1:${salt}:${hash}`,
    `scrypt:65536:8:64:${salt}:${hash}`,
    `scrypt:8192:999:999:${salt}:${hash}`,
    `scrypt:16384:8:5:${salt}:a`,
    `scrypt:16384:8:5:a:${hash}`,
    `scrypt:16384:8:5:${salt}:${hash.slice(1)}$`,
  ];
  for (const text of bad) {
    const error = assertThrows(() => parsePasswordHash(text), RangeError, "expected a hash", text);
    assert(!error.message.includes("hunter2") && !error.message.includes(salt), error.message);
  }
  assertEquals(parsePasswordHash(`scrypt:16384:8:5:${salt}:${hash}`).cost, 16_384);
});

test("formatPasswordHash writes what a shell leaves as it is", async () => {
  for (let i = 0; i < 20; i++) {
    assertMatch(formatPasswordHash(await hashPassword("x", CHEAP)), /^[\w:-]+$/);
  }
});
