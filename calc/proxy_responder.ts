/**
 * How the proxy of the calculator system answers: from its cache where it may, and from the server otherwise.
 *
 * The clauses are those of the original's proxy (spec: calc, 2.6); what goes beyond them is marked "ours" (2.8).
 *
 * @module
 */

import { Cache } from "../cache/cache.ts";
import { SingleFlight } from "../cache/single_flight.ts";
import { formatAddress } from "../net/address.ts";
import { asNetworkError } from "../net/network_errors.ts";
import type { OutputBuffer } from "../net/output_buffer.ts";
import type { Observer } from "../observe/observer.ts";
import { upstreamHooks } from "../observe/upstream_hooks.ts";
import { CalcUpstream, packedAnew, type ServerAnswer } from "./calc_upstream.ts";
import type { LateAnswer, Responder } from "./conversation.ts";
import { describeExpression } from "./describe.ts";
import { CalcEncoder } from "./encoder.ts";
import {
  type CalcError,
  notARequestException,
  proxyException,
  type PyException,
  STATUS_OK,
  STATUS_SERVER_ERROR,
} from "./errors.ts";
import { remainingText, secondsLeft } from "./freshness.ts";
import { HEADER_LENGTH } from "./header.ts";
import type { CalcPacket } from "./packet.ts";
import { type CalcProxyOptions, type CalcProxyStats, DEFAULT_UPSTREAM } from "./proxy_options.ts";
import { requestKey, requestOfKey } from "./request_key.ts";
import { Turns } from "./turns.ts";
import { causeException } from "./upstream_failure.ts";

/** The name of the node in events. */
export const NODE = "calc proxy";

/** What an entry weighs besides its bytes. */
const ENTRY_OVERHEAD = 200;

/** An answer in the cache. */
interface Stored extends ServerAnswer {
  /** Which question brought it: an older one must not replace it. */
  readonly question: number;
}

/** What is left of a request while the server is asked. */
interface Asked {
  readonly key: string;
  readonly steps: boolean;
  /** Whether the answer may be cached. */
  readonly cache: boolean;
  readonly cacheControl: number;
}

/** Answers from the cache where it can, and from the server otherwise. */
export class ProxyResponder implements Responder {
  /** What the log says before the answer that was given at once. */
  note = "";
  // All misses that arrive together are asked together.
  readonly inTurn = false;
  readonly #observer: Observer;
  readonly #cache: Cache<string, Stored>;
  readonly #flights = new SingleFlight<string, Stored>();
  readonly #upstream: CalcUpstream;
  readonly #encoder = new CalcEncoder();
  readonly #turns = new Turns();
  readonly #now: () => number;
  readonly #errorTtlMs: number;
  readonly #staleIfError: boolean;
  #questions = 0;
  #hits = 0;
  #misses = 0;
  #stale = 0;

  /** Connects to the server with the first miss. */
  constructor(options: CalcProxyOptions, observer: Observer) {
    const { upstream = DEFAULT_UPSTREAM, retries = 4, retryDelayMs = 500 } = options;
    this.#observer = observer;
    this.#now = options.now ?? Date.now;
    this.#errorTtlMs = options.errorTtlMs ?? 60_000;
    this.#staleIfError = options.staleIfError ?? false;
    this.#cache = new Cache({
      maxEntries: options.capacity ?? 1_000,
      maxWeight: options.cacheBytes ?? 64 * 1024 * 1024,
      weigh: (key, { packet }) => key.length + packet.length + ENTRY_OVERHEAD,
      now: this.#now,
      listener: (change, key) => {
        if (change === "evict" || change === "expire") this.#tellCache(`cache.${change}`, key);
      },
    });
    this.#upstream = new CalcUpstream({
      address: upstream,
      maxConnections: options.upstreamConnections ?? 32,
      // The original's server ends only when all its connections have ended.
      idleTimeoutMs: options.upstreamIdleMs ?? 30_000,
      connectTimeoutMs: options.connectTimeoutMs,
      replyTimeoutMs: options.replyTimeoutMs ?? 30_000,
      quietMs: options.quietMs ?? 1_000,
      // Half a wait more than the attempts take, so that the last one is still made.
      retryTimeMs: retries === 0 ? 0 : (retries + 0.5) * retryDelayMs,
      backoff: { firstMs: retryDelayMs, maxMs: retryDelayMs, jitter: 0 },
      ...upstreamHooks(NODE, formatAddress(upstream), observer),
    });
  }

  /** What was counted since the start. */
  get stats(): CalcProxyStats {
    return {
      hits: this.#hits,
      misses: this.#misses,
      stale: this.#stale,
      roundTrips: this.#upstream.roundTrips,
      entries: this.#cache.size,
      bytes: this.#cache.weight,
    };
  }

  /** The expressions whose answers are cached, the most recent first. */
  get entries(): string[] {
    return [...this.#cache.keys()].map(keyText);
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#upstream.connected;
  }

  /** Answers a packet; see {@linkcode Responder.answer}. */
  answer(packet: CalcPacket, out: OutputBuffer): Promise<LateAnswer> | null {
    const { header } = packet;
    this.note = "";
    if (!header.request) {
      out.putBytes(this.#error(notARequestException()));
      return null;
    }
    const key = requestKey(packet);
    let why = "";
    // A request that does not want a cached answer has no cache control, or has 0.
    if (header.cacheControl !== 0) {
      const stored = this.#cache.peek(key);
      if (stored !== undefined) {
        const age = Math.floor(this.#now() / 1000) - stored.unixTime;
        const server = secondsLeft(stored.cacheControl, age);
        const client = secondsLeft(header.cacheControl, age);
        if (server > 0 && client > 0) {
          this.#cache.touch(key);
          this.#hits++;
          out.putBytes(stored.packet);
          if (this.#observer.message !== null) {
            this.note = `Cache hit, ${remainingText(server, client)}. `;
          }
          this.#tellCache("cache.hit", key, server, client);
          return null;
        }
        why = "stale response, ";
      } else {
        // What has run out is not only passed over, but gone.
        this.#cache.get(key);
      }
    }
    const { steps, cache, cacheControl } = header;
    return this.#ask({ key, steps, cache, cacheControl }, packedAnew(packet), why);
  }

  /** See {@linkcode Responder.refuse}. */
  refuse(error: CalcError): Uint8Array {
    return this.#error(error.exception).slice();
  }

  /** See {@linkcode Responder.pause}. */
  pause(): Promise<void> {
    return this.#turns.run(() => true);
  }

  /** Closes the way to the server. */
  close(): void {
    this.#turns.close();
    this.#upstream.close();
  }

  async #ask(asked: Asked, request: Uint8Array, why: string): Promise<LateAnswer> {
    const { key, cache, cacheControl } = asked;
    this.#misses++;
    let answer: Stored;
    try {
      if (!cache) {
        answer = await this.#question(request);
      } else {
        // A reload wants an answer that was asked for after it; who comes later may share it (ours).
        if (cacheControl === 0) this.#flights.forget(key);
        answer = await this.#flights.run(key, () => this.#question(request));
      }
    } catch (error) {
      return this.#fail(asked, error);
    }
    const age = Math.floor(this.#now() / 1000) - answer.unixTime;
    const server = answer.cache ? secondsLeft(answer.cacheControl, age) : 0;
    const client = secondsLeft(cacheControl, age);
    const stored = this.#store(asked, answer, server, client);
    const outcome = why || (stored ? "response cached, " : "response not cached, ");
    this.#tellCache("cache.miss", key, server, client, outcome);
    return {
      bytes: answer.packet,
      note: `Cache miss, ${outcome}${remainingText(server, client)}. `,
    };
  }

  /** Asks the server. */
  async #question(request: Uint8Array): Promise<Stored> {
    const question = ++this.#questions;
    return { ...await this.#upstream.ask(request), question };
  }

  /** Keeps the answer if both sides allow it. Returns whether it is kept. */
  #store(asked: Asked, answer: Stored, server: number, client: number): boolean {
    const { key, cache, cacheControl } = asked;
    if (!cache || server <= 0) return false;
    // A reload takes the place of what is stored (ours); the original lets the old answer be.
    if (cacheControl !== 0 && client <= 0) return false;
    const present = this.#cache.peek(key);
    if (present !== undefined && present.question >= answer.question) {
      return present.question === answer.question;
    }
    // An error may be mended, and is not kept for ever (ours).
    const deleteAtMs = answer.status === STATUS_OK ? Infinity : this.#now() + this.#errorTtlMs;
    if (deleteAtMs <= this.#now()) return false;
    if (!this.#cache.set(key, answer, { deleteAtMs })) return false;
    this.#tellCache("cache.store", key, server, client);
    return true;
  }

  /** There is no answer: a stale one, if that is wanted (ours), or an error. */
  #fail({ key, cacheControl }: Asked, error: unknown): LateAnswer {
    if (this.#staleIfError && cacheControl !== 0) {
      const stored = this.#cache.get(key);
      if (stored !== undefined) {
        this.#stale++;
        const age = Math.floor(this.#now() / 1000) - stored.unixTime;
        const left = remainingText(
          secondsLeft(stored.cacheControl, age),
          secondsLeft(cacheControl, age),
        );
        return {
          bytes: stored.packet,
          note: `Stale response, since the server can't be reached, ${left}. `,
        };
      }
    }
    const cause = causeException(asNetworkError(error, "the server"));
    return { bytes: this.#error(cause).slice(), note: "" };
  }

  #error(cause: PyException): Uint8Array {
    return this.#encoder.error(proxyException(cause), STATUS_SERVER_ERROR, {
      unixTime: Math.floor(this.#now() / 1000),
      cacheControl: 0,
    });
  }

  #tellCache(
    type: "cache.hit" | "cache.miss" | "cache.store" | "cache.evict" | "cache.expire",
    key: string,
    server?: number,
    client = 0,
    why = "",
  ): void {
    if (this.#observer.cache === null) return;
    this.#observer.cache({
      type,
      node: NODE,
      timeMs: Date.now(),
      key: keyText(key),
      entries: this.#cache.size,
      ...(server === undefined ? {} : { detail: `${why}${remainingText(server, client)}` }),
    });
  }
}

/** The expression of a key, or how long the data is if it can't be shown. */
function keyText(key: string): string {
  const bytes = requestOfKey(key);
  const text = describeExpression(bytes, HEADER_LENGTH, bytes.length);
  return text === "" ? `${bytes.length - HEADER_LENGTH} bytes of data` : text;
}
