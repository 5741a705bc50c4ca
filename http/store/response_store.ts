/**
 * What a store of responses is to the proxy, whatever it keeps them in.
 *
 * @module
 */

import type { CacheListener } from "../../cache/cache.ts";
import type { SharedPurges } from "./purges.ts";
import type { Spill } from "./spill.ts";
import type { Variant } from "./variant.ts";

/** Told of every change, with what is stored under the key. */
export type StoreListener = CacheListener<string, readonly Variant[]>;

/** Keeps responses by key, those of one key told apart by what Vary lists. */
export interface ResponseStore {
  /** Reaches the others that share it; `null` if nobody does. */
  readonly shared: SharedPurges | null;
  /** Whether it has a place for long bodies while they come; see {@linkcode ResponseStore.spill}. */
  readonly spills: boolean;
  /** Keys that are kept. */
  readonly size: number;
  /** Bytes that are kept. */
  readonly bytes: number;

  /** The responses under a key that are at hand; none if there is nothing. Counts as a use. */
  get(key: string): readonly Variant[];

  /**
   * Brings what is kept under a key to hand.
   *
   * @returns `null` if all that there is was at hand; else resolves when it is.
   */
  load(key: string): Promise<void> | null;

  /**
   * Looks for responses under a key that others may have stored since, where those at hand do not do.
   *
   * @returns `null` if there is nowhere to look; else resolves when what was found is at hand.
   */
  lookFurther(key: string): Promise<void> | null;

  /** This moment, for a response that is asked for now: what is purged from now on must not come back with it. */
  mark(): number;

  /**
   * Stores a response in the place of one for the same requests.
   *
   * @param mark What {@linkcode ResponseStore.mark} gave when it was asked for.
   * @returns Whether it is kept.
   */
  put(key: string, variant: Variant, mark: number): boolean | Promise<boolean>;

  /** Puts `after`, the same body with another head, in the place of `before`, if that is still there. */
  replace(key: string, before: Variant, after: Variant, mark: number): void;

  /** Takes one response out. */
  remove(key: string, gone: Variant): void;

  /** Takes all responses under a key out. Returns how many keys that were: 0 or 1. */
  purge(key: string): number | Promise<number>;

  /** Takes out all keys that begin with `prefix`. Returns how many. */
  purgePrefix(prefix: string): number | Promise<number>;

  /** Where a long body goes while it comes, so that it is not held in memory; `null` if that is where it is kept. */
  spill(): Spill | null;

  /** Lets go of what is held open, when all is written that was to be. Closing twice does nothing. */
  close(): Promise<void>;
}

/** Responses under one key that Vary tells apart; past this the oldest goes. */
export const MAX_VARIANTS = 32;

/** Whether two responses answer the same requests, so that the younger takes the older one's place. */
export function answersTheSame(a: Variant, b: Variant): boolean {
  return a.stored.varyKey === b.stored.varyKey &&
    a.stored.varyNames.join() === b.stored.varyNames.join();
}
