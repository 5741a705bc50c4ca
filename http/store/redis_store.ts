/**
 * Stored responses in a Redis that several proxies share, with the memory of each as a first level.
 *
 * What is purged by one is purged by all: it is taken out of Redis in one step with a new epoch, all others are told, and
 * each says when it has done so. What was asked for before does not come into Redis any more. While Redis is
 * away each proxy goes on alone; when it is back what may have been purged meanwhile is forgotten.
 *
 * @module
 */

import { HalfwayError } from "../../net/errors.ts";
import { isMeant, type Purge, type SharedPurges } from "./purges.ts";
import { headWeight, type MemoryStore } from "./memory_store.ts";
import { PurgeTalk } from "./purge_talk.ts";
import { RedisLink } from "./redis_link.ts";
import { fieldOf, RedisResponses } from "./redis_responses.ts";
import type { ResponseStore } from "./response_store.ts";
import type { Variant } from "./variant.ts";

/** Settings of a {@linkcode RedisStore}. */
export interface RedisStoreOptions {
  /** Where it is: `redis://host:port`. */
  readonly url: string;
  /** The first level. */
  readonly memory: MemoryStore;
  /** Told in a sentence that Redis went away or refuses something, or that all is well. */
  readonly onChange: (sentence: string, isWell: boolean) => void;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

/** Bytes on their way to Redis; what comes beyond is kept in memory alone. */
const MAX_WRITING_BYTES = 32 * 1024 * 1024;

/** Purges that wait for Redis to come back; beyond them everything is purged then. */
const MAX_PENDING = 1_000;

/** How often it is told that Redis refuses something, at most. */
const REFUSED_EVERY_MS = 60_000;

const EVERYTHING: Purge = { kind: "prefix", text: "" };

/** A response on its way from Redis. */
interface Loading {
  readonly done: Promise<void>;
  /** Whether what comes may be older than a purge. */
  overtaken: boolean;
}

/** Keeps responses in memory and in Redis. */
export class RedisStore implements ResponseStore, SharedPurges {
  readonly spills = false;
  readonly #memory: MemoryStore;
  readonly #options: RedisStoreOptions;
  readonly #loading = new Map<string, Loading>();
  readonly #writing = new Set<Promise<unknown>>();
  /** What has yet to be purged in Redis before anything may be read from it. */
  readonly #pending = new Map<string, Purge>();
  #sharing = false;
  #saidAway = false;
  #wasSharing = false;
  #refusedAtMs = -Infinity;
  readonly #link: RedisLink;
  readonly #responses: RedisResponses;
  readonly #talk: PurgeTalk;
  onPurge: (purges: readonly Purge[]) => Promise<number> | number = (purges) => this.forget(purges);

  private constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#memory = options.memory;
    this.#link = new RedisLink(options.url, {
      onUp: () => this.#onUp(),
      onDown: (reason) => this.#onDown(reason),
      onMessage: (channel, text) => this.#talk.hear(channel, text),
    });
    this.#responses = new RedisResponses(
      this.#link,
      options.now,
      (what, reason) => this.#onRefused(what, reason),
    );
    this.#talk = new PurgeTalk(this.#link, ({ purges, epoch }) => {
      const count = this.onPurge(purges);
      this.#responses.hearEpoch(epoch);
      return Promise.resolve(count);
    });
  }

  /**
   * Opens a store; Redis need not be there yet.
   *
   * @throws {UsageError} If the URL is none of a Redis.
   */
  static async open(options: RedisStoreOptions): Promise<RedisStore> {
    const store = new RedisStore(options);
    await store.#link.start(store.#talk.channels);
    return store;
  }

  get shared(): SharedPurges {
    return this;
  }

  get size(): number {
    return this.#memory.size;
  }

  get bytes(): number {
    return this.#memory.bytes;
  }

  /** Whether what is stored is shared now. */
  get sharing(): boolean {
    return this.#sharing;
  }

  get(key: string): readonly Variant[] {
    return this.#memory.get(key);
  }

  load(key: string): Promise<void> | null {
    return this.#memory.get(key).length > 0 ? null : this.lookFurther(key);
  }

  lookFurther(key: string): Promise<void> | null {
    if (!this.#sharing) return null;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = { done: this.#fetch(key), overtaken: false };
      this.#loading.set(key, loading);
    }
    return loading.done;
  }

  mark(): number {
    return this.#responses.epoch;
  }

  put(key: string, variant: Variant, mark: number): boolean {
    const kept = this.#memory.put(key, variant);
    this.#send(key, variant, mark);
    return kept;
  }

  replace(key: string, before: Variant, after: Variant, mark: number): void {
    this.#memory.replace(key, before, after);
    // What was purged meanwhile does not come back.
    if (this.#memory.get(key).includes(after)) this.#send(key, after, mark);
  }

  remove(key: string, gone: Variant): void {
    this.#memory.remove(key, gone);
    const removed = this.#responses.remove(key, gone).then((done) => {
      if (!done) this.#remember({ kind: "key", text: key });
    });
    this.#track(0, removed);
  }

  purge(key: string): Promise<number> {
    return this.#purge({ kind: "key", text: key });
  }

  purgePrefix(prefix: string): Promise<number> {
    return this.#purge({ kind: "prefix", text: prefix });
  }

  spill(): null {
    return null;
  }

  /** Takes out of the memory what another proxy has purged; all of it before anything else is done. */
  forget(purges: readonly Purge[]): Promise<number> {
    for (const [key, loading] of this.#loading) {
      if (purges.some((purge) => isMeant(purge, key))) loading.overtaken = true;
    }
    let count = 0;
    for (const { kind, text } of purges) {
      count += kind === "key" ? this.#memory.purge(text) : this.#memory.purgePrefix(text);
    }
    return Promise.resolve(count);
  }

  async announce(purges: readonly Purge[]): Promise<number> {
    if (!this.#sharing) {
      throw new HalfwayError("CONNECT", "the shared store can't be reached; it will be told later");
    }
    try {
      return await this.#talk.announce({ purges, epoch: this.#responses.epoch });
    } finally {
      // Some may not have heard of it.
      if (!this.#sharing) { for (const purge of purges) this.#remember(purge); }
    }
  }

  async close(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    if (this.#sharing) await this.#talk.leave();
    this.#sharing = false;
    this.#talk.stop();
    await this.#link.close();
    await Promise.all([...this.#loading.values()].map(({ done }) => done));
    await this.#memory.close();
  }

  /** Brings what Redis has under a key into memory. */
  async #fetch(key: string): Promise<void> {
    const found = await this.#responses.get(key);
    const loading = this.#loading.get(key)!;
    this.#loading.delete(key);
    if (found === null || loading.overtaken) return;
    for (const variant of found) {
      const name = fieldOf(variant);
      const known = this.#memory.get(key).find((other) => fieldOf(other) === name);
      if (known !== undefined && known.stored.storedAtMs >= variant.stored.storedAtMs) continue;
      this.#memory.put(key, variant);
    }
  }

  /** Begins to put a response into Redis. */
  #send(key: string, variant: Variant, mark: number): void {
    if (!this.#sharing) return;
    const bytes = key.length + headWeight(variant) + variant.bodyBytes;
    if (this.#link.bytesUnderWay + bytes > MAX_WRITING_BYTES) return;
    this.#track(bytes, this.#responses.put(key, variant, mark));
  }

  #track(bytes: number, work: Promise<unknown>): void {
    this.#link.bytesUnderWay += bytes;
    const tracked = work.finally(() => {
      this.#link.bytesUnderWay -= bytes;
      this.#writing.delete(tracked);
    });
    this.#writing.add(tracked);
  }

  async #purge(purge: Purge): Promise<number> {
    const there = this.#sharing ? await this.#responses.purge(purge) : null;
    if (there === null) this.#remember(purge);
    // Not before: until then it may have been brought into memory once more.
    const here = await this.forget([purge]);
    return Math.max(here, there ?? 0);
  }

  /** Notes what has to be purged before anything is read from Redis again. */
  #remember(purge: Purge): void {
    if (this.#pending.size >= MAX_PENDING) {
      this.#pending.clear();
      purge = EVERYTHING;
    }
    this.#pending.set(`${purge.kind} ${purge.text}`, purge);
    // A way that is there has to begin anew.
    if (this.#sharing) this.#link.lose(new Error("a purge could not be done"));
  }

  async #onUp(): Promise<void> {
    // What the others have purged meanwhile nobody has told us.
    await this.onPurge([EVERYTHING]);
    const joined = await this.#responses.join(this.#talk.name);
    if (joined === null) return;
    if (joined.purgesLost) this.#remember(EVERYTHING);
    await this.#talk.join(joined.names);
    while (this.#pending.size > 0) {
      const [[name, purge]] = this.#pending;
      if (await this.#responses.purge(purge) === null) return;
      // Nobody waits for their answer: they forget as they hear of it.
      if (!await this.#talk.tell({ purges: [purge], epoch: this.#responses.epoch })) return;
      if (this.#pending.get(name) === purge) this.#pending.delete(name);
    }
    const { address } = this.#link;
    this.#sharing = true;
    this.#saidAway = false;
    this.#options.onChange(this.#wasSharing ? `${address} is back` : `Sharing ${address}`, true);
    this.#wasSharing = true;
  }

  #onDown(reason: string): void {
    this.#sharing = false;
    this.#talk.stop();
    if (this.#saidAway) return;
    this.#saidAway = true;
    this.#options.onChange(`Cannot reach ${this.#link.address}: ${reason}; going on alone`, false);
  }

  #onRefused(what: string, reason: string): void {
    const nowMs = performance.now();
    if (nowMs < this.#refusedAtMs + REFUSED_EVERY_MS) return;
    this.#refusedAtMs = nowMs;
    const { address } = this.#link;
    this.#options.onChange(`${address} refuses to ${what}: ${reason}; going on without`, false);
  }
}
