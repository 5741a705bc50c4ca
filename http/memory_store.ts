/**
 * Stored responses in memory, by key, every byte of them counted.
 *
 * @module
 */

import { Cache, type CacheListener } from "../cache/cache.ts";
import type { HeldBody } from "./policy/body_plan.ts";
import { addRange, holdsAll } from "./policy/parts.ts";
import type { ByteRange } from "./policy/ranges.ts";
import type { StoredResponse } from "./policy/stored.ts";
import { ByteWriter } from "./writer.ts";

/** Bytes from `first` on of a body. */
export interface Part {
  /** Offset in the whole body of the first byte. */
  readonly first: number;
  /** The bytes. */
  readonly bytes: Uint8Array;
}

/**
 * What an entry costs beside its bytes: about 2 KB of objects, buffers and numbers while it is there, and as much again
 * that V8 has not yet given back of those before it, as measured by the memory of the whole process.
 */
const OVERHEAD_BYTES = 3500;

/** Responses under one key that Vary tells apart; past this the oldest goes. */
const MAX_VARIANTS = 32;

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

  /** The same body with what policy has learned anew. */
  with(stored: StoredResponse): Variant {
    return new Variant(stored, this.parts, this.total, this.receivedWhole);
  }

  /** The body, if all of it is held in one piece. */
  get whole(): Uint8Array {
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

  /** The bytes of a range that is held. */
  slice(range: ByteRange): Uint8Array {
    const part = this.parts.find(({ first, bytes }) =>
      first <= range.first && first + bytes.length > range.last
    )!;
    return part.bytes.subarray(range.first - part.first, range.last - part.first + 1);
  }
}

const NO_BYTES = new Uint8Array(0);

/** Joins two bodies of which parts are held. */
export function joinParts(held: readonly Part[], added: Part): Part[] {
  const ranges = addRange(
    held.map(({ first, bytes }) => ({ first, last: first + bytes.length - 1 })),
    { first: added.first, last: added.first + added.bytes.length - 1 },
  );
  return ranges.map(({ first, last }) => {
    const bytes = new Uint8Array(last - first + 1);
    for (const part of [...held, added]) {
      const at = part.first - first;
      if (at >= 0 && at + part.bytes.length <= bytes.length) bytes.set(part.bytes, at);
    }
    return { first, bytes };
  });
}

/** Whether parts are all of a body. */
export function isWholeBody(parts: readonly Part[], total: number | null): boolean {
  return total !== null &&
    holdsAll(
      parts.map(({ first, bytes }) => ({ first, last: first + bytes.length - 1 })),
      total,
    );
}

/** Keeps responses in memory. */
export class MemoryStore {
  readonly #cache: Cache<string, readonly Variant[]>;

  /**
   * Makes an empty store.
   *
   * @param maxBytes Bytes of keys, heads and bodies that are kept.
   * @param listener Told of every change.
   * @param now The clock, in milliseconds since 1970.
   */
  constructor(
    maxBytes: number,
    listener: CacheListener<string, readonly Variant[]> | null,
    now: () => number,
  ) {
    this.#cache = new Cache({
      maxWeight: maxBytes,
      weigh: (key, variants) =>
        variants.reduce(
          (sum, variant) =>
            sum + OVERHEAD_BYTES + variant.bodyBytes + variant.stored.head.length * 2 +
            variant.stored.varyKey.length,
          key.length * 2,
        ),
      listener: listener ?? undefined,
      now,
    });
  }

  /** Keys that are kept. */
  get size(): number {
    return this.#cache.size;
  }

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#cache.weight;
  }

  /** The responses under a key; none if there is nothing. */
  get(key: string): readonly Variant[] {
    return this.#cache.get(key) ?? NO_VARIANTS;
  }

  /** Stores a response in the place of one for the same requests. Returns whether it is kept. */
  put(key: string, variant: Variant): boolean {
    const { varyKey, varyNames } = variant.stored;
    const others = this.#peek(key).filter(({ stored }) =>
      stored.varyKey !== varyKey || stored.varyNames.join() !== varyNames.join()
    );
    return this.#set(key, [...others.slice(1 - MAX_VARIANTS), variant]);
  }

  /** Puts `after` in the place of `before`, if that is still there. */
  replace(key: string, before: Variant, after: Variant): void {
    const variants = this.#peek(key);
    if (variants.includes(before)) {
      this.#set(key, variants.map((variant) => variant === before ? after : variant));
    }
  }

  /** Takes one response out. */
  remove(key: string, gone: Variant): void {
    const left = this.#peek(key).filter((variant) => variant !== gone);
    if (left.length > 0) this.#set(key, left);
    else this.#cache.delete(key);
  }

  /** Takes all responses under a key out. Returns whether there were any. */
  purge(key: string): boolean {
    return this.#cache.delete(key);
  }

  /** Takes out all keys that begin with `prefix`. Returns how many. */
  purgePrefix(prefix: string): number {
    let count = 0;
    for (const key of [...this.#cache.keys()]) {
      if (key.startsWith(prefix) && this.#cache.delete(key)) count++;
    }
    return count;
  }

  #peek(key: string): readonly Variant[] {
    return this.#cache.peek(key) ?? NO_VARIANTS;
  }

  #set(key: string, variants: readonly Variant[]): boolean {
    const deleteAtMs = Math.max(...variants.map(({ stored }) => stored.deleteAtMs));
    return this.#cache.set(key, variants, { deleteAtMs });
  }
}

const NO_VARIANTS: readonly Variant[] = [];
