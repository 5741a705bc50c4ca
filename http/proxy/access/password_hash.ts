/**
 * Passwords as a configuration may hold them: hashed by scrypt (RFC 7914), with all that it takes to check one:
 * `scrypt:N:r:p:SALT:HASH`, salt and hash in base64url. A shell leaves that as it is.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { randomBytes, scrypt, timingSafeEqual } from "node:crypto";

/** A hashed password. */
export interface PasswordHash {
  /** Cost, a power of two. */
  readonly cost: number;
  /** Block size. */
  readonly blockSize: number;
  /** How often the work is done. */
  readonly parallelization: number;
  /** What makes equal passwords differ. */
  readonly salt: Uint8Array;
  /** What has to come out. */
  readonly hash: Uint8Array;
}

/** 16 MiB and some tenths of a second: what guesses cost, and what a check may take. */
const COST = { cost: 16_384, blockSize: 8, parallelization: 5 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The most memory that a check may take. */
const MAX_MEMORY_BYTES = 128 * 1024 * 1024;
/** The most work, as cost times block size times parallelization. */
const MAX_WORK = 1 << 23;

/** Hashes a password, with new salt. */
export async function hashPassword(
  password: string | Uint8Array,
  cost: Pick<PasswordHash, "cost" | "blockSize" | "parallelization"> = COST,
): Promise<PasswordHash> {
  const blank = { ...cost, salt: randomBytes(SALT_BYTES), hash: new Uint8Array(HASH_BYTES) };
  return { ...blank, hash: await derive(bytesOf(password), blank) };
}

/** Whether a password is the one that was hashed. Takes as long for any password. */
export async function isPassword(
  password: string | Uint8Array,
  hash: PasswordHash,
): Promise<boolean> {
  return timingSafeEqual(await derive(bytesOf(password), hash), hash.hash);
}

/** Writes a hash as one word. */
export function formatPasswordHash(hash: PasswordHash): string {
  const { cost, blockSize, parallelization } = hash;
  const binary = [hash.salt, hash.hash].map((bytes) => Buffer.from(bytes).toString("base64url"));
  return ["scrypt", cost, blockSize, parallelization, ...binary].join(":");
}

/**
 * Reads what {@linkcode formatPasswordHash} wrote.
 *
 * @throws {RangeError} If it is something else, or asks for more work or memory than a check may take. The sentence
 * holds nothing of the text, which may be a password that stands in the wrong place.
 */
export function parsePasswordHash(text: string): PasswordHash {
  const match = /^scrypt:(\d{1,7}):(\d{1,3}):(\d{1,3}):([\w-]{11,86}):([\w-]{22,86})$/.exec(text);
  if (match === null) {
    throw new RangeError("expected a hash such as scrypt:16384:8:5:SALT:HASH");
  }
  const [cost, blockSize, parallelization] = match.slice(1, 4).map(Number);
  const [salt, hash] = match.slice(4).map((part) => new Uint8Array(Buffer.from(part, "base64url")));
  const isPower = cost >= 2 && (cost & (cost - 1)) === 0;
  const memory = 128 * blockSize * (cost + parallelization);
  const work = cost * blockSize * parallelization;
  if (!isPower || blockSize < 1 || parallelization < 1) {
    throw new RangeError("expected a hash whose cost is a power of two, with r and p from 1");
  }
  if (memory > MAX_MEMORY_BYTES || work > MAX_WORK) {
    throw new RangeError(
      `expected a hash that takes at most ${
        MAX_MEMORY_BYTES >> 20
      } MiB, and N·r·p of at most ${MAX_WORK}`,
    );
  }
  return { cost, blockSize, parallelization, salt, hash };
}

function derive(password: Uint8Array, hash: PasswordHash): Promise<Uint8Array> {
  const { cost, blockSize, parallelization, salt } = hash;
  const options = { cost, blockSize, parallelization, maxmem: 2 * MAX_MEMORY_BYTES };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, hash.hash.length, options, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}

function bytesOf(password: string | Uint8Array): Uint8Array {
  // Two ways to type the same letters are one password (RFC 8265 asks for NFC).
  return typeof password === "string"
    ? new TextEncoder().encode(password.normalize("NFC"))
    : password;
}
