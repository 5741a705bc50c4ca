/**
 * A whole stored response as bytes, and back.
 *
 * @module
 */

import { areRight, BlockChecks } from "./block_checks.ts";
import { describe, readTail, tailLength, writeTail } from "./record.ts";
import { MemoryBytes, readAll } from "./stored_bytes.ts";
import { Variant } from "./variant.ts";

/** A body, its parts one after the other. */
export interface PackedBody {
  /** The parts. */
  readonly pieces: readonly Uint8Array[];
  /** Check sums of the blocks of all of them. */
  readonly sums: readonly number[];
}

/** Brings a body together; `null` if some of it is lost. */
export async function packBody(variant: Variant): Promise<PackedBody | null> {
  const checks = new BlockChecks();
  const pieces: Uint8Array[] = [];
  for (const { bytes } of variant.parts) {
    const piece = await readAll(bytes);
    if (piece === null) return null;
    checks.push(piece);
    pieces.push(piece);
  }
  return { pieces, sums: checks.finish() };
}

/** A response with its body as bytes. */
export function packRecord(key: string, variant: Variant, body: PackedBody): Uint8Array {
  const pieces = [...body.pieces, writeTail(describe(key, variant, body.sums))];
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}

/**
 * A response that was packed, whose bytes stay those of `packed`.
 *
 * @returns `null` if it is none of this key, or is not as it was packed.
 */
export function unpackRecord(key: string, packed: Uint8Array): Variant | null {
  const tail = tailLength(packed);
  if (tail === null || tail > packed.length) return null;
  const body = packed.subarray(0, packed.length - tail);
  const record = readTail(packed.subarray(body.length), body.length);
  if (record === null || record.key !== key || !areRight(body, 0, record.sums)) return null;
  let offset = 0;
  const parts = record.parts.map(([first, length]) => {
    const bytes = new MemoryBytes(body.subarray(offset, offset + length));
    offset += length;
    return { first, bytes };
  });
  return new Variant(record.stored, parts, record.total, record.receivedWhole);
}
