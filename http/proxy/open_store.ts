/**
 * Opens the store that the settings ask for.
 *
 * @module
 */

import { UsageError } from "../../net/errors.ts";
import type { Observer } from "../../observe/observer.ts";
import type { PastPurge } from "../store/purges.ts";
import { NODE } from "./tell.ts";
import { DiskStore } from "../store/disk_store.ts";
import { MemoryStore } from "../store/memory_store.ts";
import { RedisStore } from "../store/redis_store.ts";
import type { ResponseStore, StoreListener } from "../store/response_store.ts";

/** Settings of a store. */
export interface StoreOptions {
  /** Folder for files; memory if left out. */
  readonly cacheDir?: string;
  /** What was purged when nobody could take it out of the folder. */
  readonly pastPurges?: readonly PastPurge[];
  /** A Redis behind the memory. */
  readonly sharedStore?: string;
  /** Bytes that are kept; see {@linkcode cacheBytesOf}. */
  readonly cacheBytes?: number;
  /** Keys that are kept. @default {Infinity} */
  readonly cacheEntries?: number;
}

/** Bytes that are kept in memory when nothing is said. */
export const MEMORY_BYTES = 256 * 1024 * 1024;

const DISK_BYTES = 10 * 1024 * 1024 * 1024;

/** Bytes that are kept: what is said, else 256 MiB in memory and 10 GiB in a folder. */
export function cacheBytesOf({ cacheBytes, cacheDir }: StoreOptions): number {
  return cacheBytes ?? (cacheDir === undefined ? MEMORY_BYTES : DISK_BYTES);
}

/**
 * Opens a store.
 *
 * @throws {UsageError} If it can't be had.
 */
export async function openStore(
  options: StoreOptions,
  observer: Observer,
  now: () => number,
): Promise<ResponseStore> {
  const { cacheDir, sharedStore, pastPurges, cacheEntries: maxEntries } = options;
  if (cacheDir !== undefined && sharedStore !== undefined) {
    throw new UsageError("Expected a folder or a shared store, found both");
  }
  const maxBytes = cacheBytesOf(options);
  const say = (type: "node.warning" | "node.note", text: string): void =>
    observer.node?.({ type, node: NODE, timeMs: Date.now(), text });
  let opened: ResponseStore | null = null;
  const listener: StoreListener = (change, key, variants) => {
    if (observer.cache === null) return;
    observer.cache({
      type: `cache.${change}`,
      node: NODE,
      timeMs: Date.now(),
      key,
      entries: opened?.size ?? 0,
      ...(variants === undefined ? {} : { detail: `${variants.length} stored` }),
    });
  };
  if (cacheDir !== undefined) {
    const onTrouble = (text: string): void => say("node.warning", text);
    const settings = { maxBytes, maxEntries, pastPurges };
    return opened = await DiskStore.open(cacheDir, { ...settings, listener, onTrouble, now });
  }
  const memory = opened = new MemoryStore({ maxBytes, maxEntries }, listener, now);
  if (sharedStore === undefined) return memory;
  return await RedisStore.open({
    url: sharedStore,
    memory,
    onChange: (text, isBack) => say(isBack ? "node.note" : "node.warning", text),
    now,
  });
}
