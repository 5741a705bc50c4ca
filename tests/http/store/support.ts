/**
 * Responses to store, and stores to put them into.
 *
 * @module
 */

import { latin1, latin1Bytes } from "../../../http/message/bytes.ts";
import type { FieldLine } from "../../../http/message/field_reader.ts";
import { DiskStore, type DiskStoreOptions } from "../../../http/store/disk_store.ts";
import { MemoryStore } from "../../../http/store/memory_store.ts";
import { RedisStore } from "../../../http/store/redis_store.ts";
import type { ResponseStore } from "../../../http/store/response_store.ts";
import { MemoryBytes, readAll } from "../../../http/store/stored_bytes.ts";
import { Variant } from "../../../http/store/variant.ts";
import { START, store as makeResponse } from "../policy/support.ts";

/** A response with this body, fresh for a minute. */
export function page(
  body: string | Uint8Array,
  lines: FieldLine[] = [],
  request: FieldLine[] = [],
): Variant {
  const bytes = typeof body === "string" ? latin1Bytes(body) : body;
  const stored = makeResponse([["Cache-Control", "max-age=60"], ...lines], { request });
  return Variant.whole(stored, new MemoryBytes(bytes));
}

/** Bytes that differ from place to place, and from seed to seed. */
export function bytesOf(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
  return bytes;
}

/** The bodies that are stored under a key, as text. */
export async function bodies(store: ResponseStore, key: string): Promise<string[]> {
  return (await bodyBytes(store, key)).map((bytes) =>
    bytes === null ? "(lost)" : latin1(bytes, 0, bytes.length)
  );
}

/** The bodies that are stored under a key; `null` for one that is lost. */
export async function bodyBytes(store: ResponseStore, key: string): Promise<(Uint8Array | null)[]> {
  await store.load(key);
  return await Promise.all(store.get(key).map((variant) => readAll(variant.body)));
}

/** A disk store that is closed at the end, and what it has complained of. */
export interface TestDisk extends AsyncDisposable {
  readonly store: DiskStore;
  readonly troubles: string[];
}

/** Opens a folder as a store. */
export async function openDisk(
  folder: string,
  options: Partial<DiskStoreOptions> = {},
): Promise<TestDisk> {
  const troubles: string[] = [];
  const store = await DiskStore.open(folder, {
    maxBytes: 1024 * 1024 * 1024,
    listener: null,
    onTrouble: (sentence) => troubles.push(sentence),
    now: () => START,
    ...options,
  });
  return { store, troubles, [Symbol.asyncDispose]: () => store.close() };
}

/** A store in front of a Redis that is closed at the end, and what it has said. */
export interface TestShared extends AsyncDisposable {
  readonly store: RedisStore;
  readonly memory: MemoryStore;
  readonly said: string[];
}

/** Opens a store in front of a Redis. */
export async function openRedis(
  url: string,
  { now = () => START }: { readonly now?: () => number } = {},
): Promise<TestShared> {
  const said: string[] = [];
  const memory = new MemoryStore({ maxBytes: 1024 * 1024 * 1024 }, null, now);
  const onChange = (sentence: string): void => void said.push(sentence);
  const store = await RedisStore.open({ url, memory, onChange, now });
  return { store, memory, said, [Symbol.asyncDispose]: () => store.close() };
}
