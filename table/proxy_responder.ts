/**
 * The proxy of the table system: holds a part of the server's table, and asks the server only for what it lacks.
 *
 * Why it is never wrong: all that it asks goes to the server over one connection, so the server does it in that order and
 * answers come in that order. The cache takes over each answer as it comes, and so is a copy of what the server held
 * when it sent the last one. An entry with a write on its way is not read from the cache until the write is answered,
 * or its connection is over: a reader asks the server instead, behind the write.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import { Cache } from "../cache/cache.ts";
import type { Entry } from "../cache/entry_list.ts";
import { EVICTION_STRATEGIES } from "../cache/eviction.ts";
import type { Observer } from "../observe/observer.ts";
import { upstreamHooks } from "../observe/upstream_hooks.ts";
import type { Responder } from "./conversation.ts";
import { Fetcher } from "./fetcher.ts";
import { Integers, NONE } from "./integers.ts";
import { Code, Op, type TableMessage, TableReply } from "./message.ts";
import { DEFAULT_UPSTREAM, type TableProxyOptions, type TableProxyStats } from "./proxy_options.ts";
import { answerSum, outOfRangeText } from "./table.ts";
import { type AnswerHandler, TableUpstream } from "./upstream.ts";
import type { ServerFailure } from "./wire_error.ts";
import { WritesUnderWay } from "./writes.ts";

/** A longer list of entries is not kept for the next request. */
const MAX_KEPT = 1024;

/** The name of the node in events. */
export const NODE = "table proxy";

/** Answers from the cache where it can, and from the server otherwise. */
export class ProxyResponder implements Responder {
  readonly #options: TableProxyOptions;
  readonly #observer: Observer;
  readonly #cache: Cache<number, number>;
  readonly #upstream: TableUpstream;
  readonly #fetcher: Fetcher;
  readonly #scratch = new Integers();
  /** The entries of the hit that is being looked up; those behind it are of earlier ones. */
  readonly #found: Entry<number, number>[] = [];
  readonly #writes = new WritesUnderWay();
  /** The writes themselves, and whether one in doubt has been settled since they were asked. */
  readonly #unanswered = new Set<{ overtaken: boolean }>();
  #hits = 0;
  #misses = 0;
  #changed = false;
  readonly #keepAlive: ReturnType<typeof setInterval>;
  #busyAt = 0;

  /** Connects to the server at once. */
  constructor(options: TableProxyOptions, observer: Observer) {
    const { upstream = DEFAULT_UPSTREAM, keepAliveMs = 60_000 } = options;
    this.#options = options;
    this.#observer = observer;
    this.#cache = new Cache({
      maxEntries: options.capacity ?? 5,
      eviction: EVICTION_STRATEGIES[options.eviction ?? "lru"],
      listener: (change, index, value) => this.#onCacheChange(change, index, value),
    });
    const hooks = upstreamHooks(NODE, formatAddress(upstream), this.#observer);
    this.#upstream = new TableUpstream({
      ...options,
      ...hooks,
      address: upstream,
      // An index of one digit may be answered by a value of seventeen.
      maxFrameBytes: 32 * (options.maxFrameBytes ?? 64 * 1024),
      dialect: options.upstreamDialect,
      keepConnected: true,
      onConnected: (again) => {
        // The server may have been started anew, with other values.
        if (again && !options.keepOnReconnect) this.#cache.clear();
        hooks.onConnected(again);
        this.#tellState();
      },
    });
    this.#fetcher = new Fetcher(this.#upstream, {
      keep: (index, value) => this.#cache.set(index, value),
      keepMixed: options.keepOnReconnect ?? false,
    });
    this.#keepAlive = setInterval(() => this.#stayAlive(), keepAliveMs);
  }

  /** What is cached, in order of recency. */
  get entries(): [index: number, value: number][] {
    return [...this.#cache];
  }

  /** What was counted since the start. */
  get stats(): TableProxyStats {
    return { hits: this.#hits, misses: this.#misses, roundTrips: this.#upstream.roundTrips };
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#upstream.connected;
  }

  /** Answers one request; see {@linkcode Responder.answer}. */
  answer(request: TableMessage, reply: TableReply): Promise<TableReply> | null {
    const { op, indices } = request;
    if (op === Op.GET || op === Op.ADD) {
      if (this.#answerFromCache(op, indices, reply)) {
        if (this.#changed) this.#tellState();
        return null;
      }
      if (reply.code !== 0) return null;
      return this.#answerFromServer(op, indices.toArray());
    }
    if (op === Op.INF) {
      const held = this.entries.filter(([index]) => this.#writes.isSettled(index));
      const keys = Integers.of(held.map(([index]) => index));
      reply.answer(op, keys, Integers.of(held.map(([, value]) => value)));
      return null;
    }
    if (op === Op.CLR) return this.#clear();
    if (!this.#inRange(op, indices, reply)) return null;
    return this.#put(indices.toArray(), request.values.toArray());
  }

  /** Answers at once if every entry is cached. An error in `reply` otherwise, or code 0: ask the server. */
  #answerFromCache(op: Op, indices: Integers, reply: TableReply): boolean {
    const { items, length } = indices;
    const values = this.#scratch;
    const found = this.#found;
    const cache = this.#cache;
    const settled = this.#writes.none;
    values.clear();
    for (let i = 0; i < length; i++) {
      const index = items[i];
      // Looked up without a use being counted: whether this is a hit is known when all are found.
      const entry = settled || this.#writes.isSettled(index) ? cache.find(index) : undefined;
      if (entry === undefined) {
        reply.code = 0;
        this.#inRange(op, indices, reply);
        return false;
      }
      found[i] = entry;
      values.push(entry.value);
    }
    for (let i = 0; i < length; i++) cache.use(found[i]);
    if (length > MAX_KEPT) found.length = 0;
    this.#hits += length;
    if (op === Op.ADD) answerSum(reply, indices, values);
    else reply.answer(op, indices, values);
    return true;
  }

  /**
   * Answers a request of which something is not cached. All values are those of one moment: the moment when the server
   * comes to what is asked here and now, since nothing is read from the cache that a write on its way will change.
   */
  async #answerFromServer(op: Op, indices: readonly number[]): Promise<TableReply> {
    const found = new Map<number, number>();
    const missing = new Set<number>();
    for (const index of indices) {
      const value = this.#writes.isSettled(index) ? this.#cache.get(index) : undefined;
      if (value === undefined) {
        missing.add(index);
        this.#misses++;
        if (!this.#writes.isSettled(index)) this.#onCacheChange("miss", index, undefined);
      } else {
        found.set(index, value);
        this.#hits++;
      }
    }
    const failure = await this.#fetcher.fetch(found, missing);
    const reply = new TableReply();
    if (failure !== null) {
      fail(reply, op, failure);
    } else {
      for (const index of indices) this.#cache.touch(index);
      const asked = Integers.of(indices);
      const values = Integers.of(indices.map((index) => found.get(index)!));
      if (op === Op.ADD) answerSum(reply, asked, values);
      else reply.answer(op, asked, values);
    }
    this.#tellState();
    return reply;
  }

  #put(indices: readonly number[], values: readonly number[]): Promise<TableReply> {
    const unique = [...new Set(indices)];
    for (const index of unique) this.#fetcher.forget(index);
    return this.#write(Op.PUT, unique, {
      ask: (handler) => this.#upstream.put(indices, values, handler),
      done: (reply) => {
        indices.forEach((index, i) => this.#cache.set(index, values[i]));
        reply.answer(Op.PUT, Integers.of(indices), Integers.of(values));
      },
      unknown: () => unique.forEach((index) => this.#cache.delete(index)),
    });
  }

  #clear(): Promise<TableReply> {
    this.#fetcher.forgetAll();
    return this.#write(Op.CLR, null, {
      ask: (handler) => this.#upstream.clear(handler),
      done: (reply) => {
        this.#cache.clear();
        reply.answer(Op.CLR, NONE, NONE);
      },
      unknown: () => this.#cache.clear(),
    });
  }

  /** Has the server do a write, and keeps the cache in step with whatever comes of it. */
  #write(op: Op, indices: readonly number[] | null, steps: WriteSteps): Promise<TableReply> {
    this.#writes.begin(indices);
    const write = { overtaken: false };
    this.#unanswered.add(write);
    return new Promise((resolve) => {
      const reply = new TableReply();
      steps.ask({
        onAnswer: () => {
          this.#unanswered.delete(write);
          steps.done(reply);
          // The one in doubt may have been done after this one.
          if (write.overtaken) steps.unknown();
          this.#writes.end(indices);
          this.#tellState();
          resolve(reply);
        },
        onFailure: (failure) => {
          this.#unanswered.delete(write);
          fail(reply, op, failure);
          if (failure.mayHaveArrived) {
            // The server may do it now, later or never, as long as the connection is not over.
            steps.unknown();
            this.#fetcher.doubt(indices);
            reply.text += "; it is not known whether the server has done it";
          } else {
            this.#writes.end(indices);
          }
          this.#tellState();
          resolve(reply);
        },
        onSettled: () => {
          // What was read meanwhile may be of before.
          steps.unknown();
          this.#fetcher.settle(indices);
          for (const one of this.#unanswered) one.overtaken = true;
          this.#writes.end(indices);
          this.#tellState();
        },
      });
    });
  }

  /** Refuses what no server can have, and what this one is known not to have. */
  #inRange(op: Op, indices: Integers, reply: TableReply): boolean {
    const size = this.#options.size ?? Infinity;
    const { items, length } = indices;
    for (let i = 0; i < length; i++) {
      if (items[i] >= 0 && items[i] < size) continue;
      const bad = [...new Set(indices)].filter((index) => index < 0 || index >= size);
      const text = size === Infinity ? `an index is never negative` : outOfRangeText(bad, size);
      reply.fail(op, Code.OUT_OF_RANGE, text, Integers.of(bad));
      return false;
    }
    return true;
  }

  #onCacheChange(
    change: "hit" | "miss" | "store" | "evict" | "expire" | "invalidate",
    index: number,
    value: number | undefined,
  ): void {
    this.#changed ||= change !== "miss";
    if (this.#observer.cache === null) return;
    this.#observer.cache({
      type: `cache.${change}`,
      node: NODE,
      timeMs: Date.now(),
      key: String(index),
      entries: this.#cache.size,
      ...(value === undefined ? {} : { detail: `value ${value}` }),
    });
  }

  #tellState(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#observer.state?.({
      type: "state.changed",
      node: NODE,
      timeMs: Date.now(),
      text: `cache ${
        this.entries.map(([index, value]) => `${index}=${value}`).join(" ") || "empty"
      }`,
    });
  }

  /** Reads an entry again if nothing was asked for a while. */
  #stayAlive(): void {
    const { roundTrips, pending, connected } = this.#upstream;
    const quiet = roundTrips === this.#busyAt && pending === 0 && connected;
    if (quiet) {
      for (const index of this.#cache.keys()) {
        this.#fetcher.fetch(new Map(), new Set([index])).catch(() => {});
        break;
      }
    }
    this.#busyAt = this.#upstream.roundTrips;
  }

  /** Closes the way to the server. */
  close(): void {
    clearInterval(this.#keepAlive);
    this.#upstream.close();
  }
}

/** The parts of a write. */
interface WriteSteps {
  /** Asks the server. */
  ask(handler: AnswerHandler): void;
  /** It is done: what the cache takes over, and what the client is told. */
  done(reply: TableReply): void;
  /** It may be done: what the cache gives up. */
  unknown(): void;
}

function fail(reply: TableReply, op: Op, failure: ServerFailure): void {
  reply.fail(op, failure.code, failure.text, Integers.of(failure.indices));
}
