/**
 * What is taken out of a cache before its time, and the way to the other caches that answer for the same clients.
 *
 * @module
 */

/** What is taken out: one URI with all its variants, or all that begin alike. */
export interface Purge {
  /** Whether `text` is a whole key, or what keys begin with. */
  readonly kind: "key" | "prefix";
  /** The key, which is also the URI, or its beginning. */
  readonly text: string;
}

/** A purge, and when it was done. */
export interface PastPurge extends Purge {
  /** When, in milliseconds since 1970. */
  readonly atMs: number;
}

/** Whether a purge means this key. */
export function isMeant({ kind, text }: Purge, key: string): boolean {
  return kind === "key" ? key === text : key.startsWith(text);
}

/** Reaches the other caches that answer for the same clients. */
export interface PurgeChannel {
  /**
   * Has the others purge.
   *
   * @returns Resolves when all have, with how many entries they took out.
   * @throws {HalfwayError} If one can't be reached in bounded time.
   */
  announce(purges: readonly Purge[]): Promise<number>;
  /** What to do when another announces: purges here, and returns how many. Set by the proxy when it starts. */
  onPurge: (purges: readonly Purge[]) => Promise<number> | number;
}

/** Reaches the caches that share a store, out of which a purge has been taken already. */
export interface SharedPurges extends PurgeChannel {
  /** Takes out of the memory, and not out of the store, what another one has purged. Returns how many entries. */
  forget(purges: readonly Purge[]): Promise<number>;
}
