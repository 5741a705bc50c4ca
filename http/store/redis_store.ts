/**
 * Stored responses in a Redis that several proxies share, with the memory of each as a first level.
 *
 * What is purged by one is purged by all: it is taken out of Redis in one step with a new epoch, all others are told, and
 * each says when it has done so. What was asked for in an earlier epoch does not come into Redis any more. While Redis is
 * away each proxy goes on alone; when it is back what may have been purged meanwhile is forgotten.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { HalfwayError } from "../../net/errors.ts";
import { isMeant, type Purge, type SharedPurges } from "../purges.ts";
import { variantName } from "./names.ts";
import { PurgeTalk } from "./purge_talk.ts";
import { packBody, packRecord, unpackRecord } from "./packed.ts";
import { RedisLink } from "./redis_link.ts";
import { PURGE_SCRIPT, PUT_SCRIPT } from "./redis_scripts.ts";
import type { ResponseStore } from "./response_store.ts";
import type { Variant } from "./variant.ts";

/** Settings of a {@linkcode RedisStore}. */
export interface RedisStoreOptions {
  /** Where it is: `redis://host:port`. */
  readonly url: string;
  /** The first level. */
  readonly memory: ResponseStore;
  /** Told in a sentence that Redis went away, or came back. */
  readonly onChange: (sentence: string, isBack: boolean) => void;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
}

const EPOCH = "halfway:epoch";
const RESPONSES = "halfway:responses:";

/** Bytes on their way to Redis; what comes beyond is kept in memory alone. */
const MAX_WRITING_BYTES = 64 * 1024 * 1024;

/** Purges that wait for Redis to come back; beyond them everything is purged then. */
const MAX_PENDING = 1_000;

/** What is kept without an end is kept so long. */
const MAX_TTL_MS = 365 * 24 * 3600 * 1000;

/** Keys that are looked at in one step of a purge by prefix. */
const SCAN_COUNT = 1_000;

/** A response on its way from Redis. */
interface Loading {
  readonly done: Promise<void>;
  /** Whether what comes may be older than a purge. */
  overtaken: boolean;
}

/** Keeps responses in memory and in Redis. */
export class RedisStore implements ResponseStore, SharedPurges {
  readonly #memory: ResponseStore;
  readonly #options: RedisStoreOptions;
  readonly #loading = new Map<string, Loading>();
  readonly #writing = new Set<Promise<unknown>>();
  #writingBytes = 0;
  /** The epoch that was heard of last. */
  #epoch = 0;
  /** What was purged while Redis was away. */
  #pending: Purge[] = [];
  #wasUp = false;
  readonly #link: RedisLink;
  readonly #talk: PurgeTalk;
  onPurge: (purges: readonly Purge[]) => Promise<number> | number = () => 0;

  private constructor(options: RedisStoreOptions) {
    this.#options = options;
    this.#memory = options.memory;
    const link = new RedisLink(options.url, {
      onUp: () => this.#onUp(),
      onDown: (reason) =>
        options.onChange(`Cannot reach ${link.address}: ${reason}; going on alone`, false),
      onMessage: (channel, text) => this.#talk.hear(channel, text),
    });
    this.#link = link;
    this.#talk = new PurgeTalk(link, (purges) => this.#obey(purges));
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

  /** Whether Redis can be reached. */
  get connected(): boolean {
    return this.#link.up;
  }

  get(key: string): readonly Variant[] {
    return this.#memory.get(key);
  }

  load(key: string): Promise<void> | null {
    return this.#memory.get(key).length > 0 ? null : this.lookFurther(key);
  }

  lookFurther(key: string): Promise<void> | null {
    if (!this.#link.up) return null;
    let loading = this.#loading.get(key);
    if (loading === undefined) {
      loading = { done: this.#fetch(key), overtaken: false };
      this.#loading.set(key, loading);
    }
    return loading.done;
  }

  mark(): number {
    return this.#epoch;
  }

  put(key: string, variant: Variant, mark: number): boolean | Promise<boolean> {
    const kept = this.#memory.put(key, variant, mark);
    this.#send(key, variant, mark);
    return kept;
  }

  replace(key: string, before: Variant, after: Variant, mark: number): void {
    this.#memory.replace(key, before, after, mark);
    // What was purged meanwhile does not come back.
    if (this.#memory.get(key).includes(after)) this.#send(key, after, mark);
  }

  remove(key: string, gone: Variant): void {
    this.#memory.remove(key, gone);
    const name = variantName(gone.stored);
    this.#track(0, this.#link.run((client) => client.hDel(RESPONSES + key, name || "-")));
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

  /** Takes out of the memory what another proxy has purged. */
  async forget(purges: readonly Purge[]): Promise<number> {
    for (const [key, loading] of this.#loading) {
      if (purges.some((purge) => isMeant(purge, key))) loading.overtaken = true;
    }
    let count = 0;
    for (const { kind, text } of purges) {
      count += await (kind === "key" ? this.#memory.purge(text) : this.#memory.purgePrefix(text));
    }
    return count;
  }

  async announce(purges: readonly Purge[]): Promise<number> {
    if (!this.#link.up || this.#pending.length > 0) {
      throw new HalfwayError("CONNECT", "the shared store can't be reached; it will be told later");
    }
    return await this.#talk.announce(purges);
  }

  async close(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing);
    await this.#link.close();
    await Promise.all([...this.#loading.values()].map(({ done }) => done));
    await this.#memory.close();
  }

  /** Brings what Redis has under a key into memory. */
  async #fetch(key: string): Promise<void> {
    // Others find this in the map before it goes on.
    await Promise.resolve();
    const reply = await this.#link.run((client) =>
      client.multi().get(EPOCH).hGetAll(RESPONSES + key).exec()
    );
    const loading = this.#loading.get(key)!;
    this.#loading.delete(key);
    if (reply === null || loading.overtaken) return;
    const [epoch, fields] = reply as unknown as [Buffer | null, Record<string, Buffer>];
    this.#epoch = Number(epoch ?? 0);
    const held = this.#memory.get(key);
    for (const [name, bytes] of Object.entries(fields)) {
      const variant = unpackRecord(key, bytes);
      if (variant === null || (variantName(variant.stored) || "-") !== name) continue;
      if (variant.stored.deleteAtMs <= this.#options.now()) continue;
      const known = held.find(({ stored }) => (variantName(stored) || "-") === name);
      if (known !== undefined && known.stored.storedAtMs >= variant.stored.storedAtMs) continue;
      await this.#memory.put(key, variant, 0);
    }
  }

  /** Begins to put a response into Redis. */
  #send(key: string, variant: Variant, mark: number): void {
    const { bodyBytes } = variant;
    if (!this.#link.up || mark !== this.#epoch) return;
    if (this.#writingBytes + bodyBytes > MAX_WRITING_BYTES) return;
    this.#track(bodyBytes, this.#write(key, variant, mark));
  }

  async #write(key: string, variant: Variant, mark: number): Promise<void> {
    const body = await packBody(variant);
    if (body === null) return;
    const { buffer, byteOffset, length } = packRecord(key, variant, body);
    const { stored } = variant;
    const ttlMs = Math.ceil(Math.min(MAX_TTL_MS, stored.deleteAtMs - this.#options.now()));
    if (ttlMs <= 0) return;
    await this.#link.run((client) =>
      client.eval(PUT_SCRIPT, {
        keys: [EPOCH, RESPONSES + key],
        arguments: [
          String(mark),
          variantName(stored) || "-",
          Buffer.from(buffer, byteOffset, length),
          String(ttlMs),
        ],
      })
    );
  }

  #track(bytes: number, work: Promise<unknown>): void {
    this.#writingBytes += bytes;
    this.#writing.add(work);
    work.finally(() => {
      this.#writingBytes -= bytes;
      this.#writing.delete(work);
    });
  }

  async #purge(purge: Purge): Promise<number> {
    const here = await this.forget([purge]);
    const there = this.#link.up && this.#pending.length === 0
      ? await this.#purgeThere(purge)
      : null;
    if (there === null) this.#remember(purge);
    return Math.max(here, there ?? 0);
  }

  /** Takes out of Redis what a purge means. Returns how many keys; `null` if that could not be done. */
  async #purgeThere({ kind, text }: Purge): Promise<number | null> {
    if (kind === "key") return await this.#unlink([RESPONSES + text]);
    // What is on its way must not come in behind the scan.
    let count = await this.#unlink([]);
    let cursor = "0";
    const pattern = `${escapePattern(RESPONSES + text)}*`;
    do {
      const at = cursor;
      const found = await this.#link.run((client) =>
        client.scan(at, { MATCH: pattern, COUNT: SCAN_COUNT })
      );
      if (found === null || count === null) return null;
      cursor = String(found.cursor);
      if (found.keys.length > 0) {
        const more = await this.#unlink(found.keys.map(String));
        if (more === null) return null;
        count += more;
      }
    } while (cursor !== "0");
    return count;
  }

  async #unlink(keys: readonly string[]): Promise<number | null> {
    const reply = await this.#link.run((client) =>
      client.eval(PURGE_SCRIPT, { keys: [EPOCH, ...keys], arguments: [] })
    );
    if (reply === null) return null;
    const [epoch, count] = (reply as unknown as [number, number]).map(Number);
    this.#epoch = epoch;
    return count;
  }

  #remember(purge: Purge): void {
    this.#pending.push(purge);
    if (this.#pending.length > MAX_PENDING) this.#pending = [{ kind: "prefix", text: "" }];
  }

  async #onUp(): Promise<void> {
    // What the others have purged meanwhile nobody has told us.
    await this.onPurge([{ kind: "prefix", text: "" }]);
    for (; this.#pending.length > 0; this.#pending.shift()) {
      const [purge] = this.#pending;
      if (await this.#purgeThere(purge) === null) throw new Error("lost again");
      // Nobody waits for their answer: they forget as they hear of it.
      await this.#talk.tell([purge]);
    }
    await this.#learnEpoch();
    const { address } = this.#link;
    this.#options.onChange(this.#wasUp ? `${address} is back` : `Sharing ${address}`, true);
    this.#wasUp = true;
  }

  /** Purges what another proxy has purged. */
  async #obey(purges: readonly Purge[]): Promise<number> {
    const count = await this.onPurge(purges);
    // What is asked for from now on is of the new epoch.
    await this.#learnEpoch();
    return count;
  }

  async #learnEpoch(): Promise<void> {
    const epoch = await this.#link.run((client) => client.get(EPOCH));
    // Answers come in the order of what was asked, so the last one counts.
    this.#epoch = Number(epoch ?? 0);
  }
}

/** A text that stands for itself in a pattern of Redis. */
function escapePattern(text: string): string {
  return text.replace(/[*?[\]\\^-]/g, "\\$&");
}
