/**
 * A stored response with what is held of its body.
 *
 * @module
 */

import type { HeldBody } from "../policy/body_plan.ts";
import { addRange, holdsAll } from "../policy/parts.ts";
import type { ByteRange } from "../policy/ranges.ts";
import type { StoredResponse } from "../policy/stored.ts";
import { ByteWriter } from "../message/writer.ts";
import { MemoryBytes, readAll, type StoredBytes } from "./stored_bytes.ts";

/** Bytes from `first` on of a body. */
export interface Part {
  /** Offset in the whole body of the first byte. */
  readonly first: number;
  /** The bytes. */
  readonly bytes: StoredBytes;
}

/** A stored response with what is held of its body. */
export class Variant {
  /** What policy knows of it. */
  readonly stored: StoredResponse;
  /** What is held, sorted and apart. */
  readonly parts: readonly Part[];
  /** Length of the whole body, or `null` if it isn't known. */
  readonly total: number | null;
  /** Whether its own body came to its end. */
  readonly receivedWhole: boolean;
  /** Bytes of all parts. */
  readonly bodyBytes: number;
  /** What a hit begins with: the stored head, and Content-Length. */
  readonly prefix: Uint8Array;

  /** Puts a response and its body together. */
  constructor(
    stored: StoredResponse,
    parts: readonly Part[],
    total: number | null,
    receivedWhole: boolean,
  ) {
    this.stored = stored;
    this.parts = parts;
    this.total = total;
    this.receivedWhole = receivedWhole;
    this.bodyBytes = parts.reduce((sum, part) => sum + part.bytes.length, 0);
    const prefix = new ByteWriter(stored.head.length + 32);
    prefix.write(stored.head);
    // RFC 9110 §8.6: a 204 has no Content-Length.
    if (stored.status !== 204) prefix.field("Content-Length", this.bodyBytes);
    this.prefix = prefix.written().slice();
  }

  /** A response whose whole body is `bytes`. */
  static whole(stored: StoredResponse, bytes: StoredBytes): Variant {
    return new Variant(stored, [{ first: 0, bytes }], bytes.length, true);
  }

  /** The same body with what policy has learned anew. */
  with(stored: StoredResponse): Variant {
    return new Variant(stored, this.parts, this.total, this.receivedWhole);
  }

  /** The same response with its bytes kept elsewhere. */
  keptIn(parts: readonly Part[]): Variant {
    return new Variant(this.stored, parts, this.total, this.receivedWhole);
  }

  /** The body as it came, of a response whose only part it is. */
  get body(): StoredBytes {
    return this.parts.length === 0 ? NO_BYTES : this.parts[0].bytes;
  }

  /** What is held, for {@linkcode planBody}. */
  get held(): HeldBody {
    return {
      total: this.total,
      ranges: this.parts.map(({ first, bytes }) => ({ first, last: first + bytes.length - 1 })),
      receivedWhole: this.receivedWhole,
    };
  }

  /** Where the bytes of a range are that is held. */
  find(range: ByteRange): { readonly bytes: StoredBytes; readonly first: number } {
    const part = this.parts.find(({ first, bytes }) =>
      first <= range.first && first + bytes.length > range.last
    )!;
    return { bytes: part.bytes, first: range.first - part.first };
  }
}

const NO_BYTES = new MemoryBytes(new Uint8Array(0));

/**
 * Joins parts of one body.
 *
 * @returns `null` if some of the bytes are lost.
 */
export async function joinParts(held: readonly Part[], added: Part): Promise<Part[] | null> {
  const ranges = addRange(held.map(rangeOf), rangeOf(added));
  const joined = ranges.map(({ first, last }) => ({
    first,
    bytes: new Uint8Array(last - first + 1),
  }));
  for (const part of [...held, added]) {
    const bytes = await readAll(part.bytes);
    if (bytes === null) return null;
    const into = joined.find(({ first, bytes: room }) =>
      part.first >= first && part.first + bytes.length <= first + room.length
    )!;
    into.bytes.set(bytes, part.first - into.first);
  }
  return joined.map(({ first, bytes }) => ({ first, bytes: new MemoryBytes(bytes) }));
}

/** Whether parts are all of a body. */
export function isWholeBody(parts: readonly Part[], total: number | null): boolean {
  return total !== null && holdsAll(parts.map(rangeOf), total);
}

function rangeOf({ first, bytes }: Part): ByteRange {
  return { first, last: first + bytes.length - 1 };
}
