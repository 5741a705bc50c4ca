/**
 * Several proxies in front of one scripted origin that share a Redis.
 *
 * @module
 */

import { HttpClient } from "../../http/client/client.ts";
import { latin1 } from "../../http/message/bytes.ts";
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from "../../http/proxy/proxy.ts";
import { Observer } from "../../observe/observer.ts";
import { TestRedis } from "../support/redis.ts";
import { until } from "../support/within.ts";
import { ok, type OriginScript, ScriptedOrigin } from "./origin.ts";

/** What a client was told. */
export interface Answer {
  readonly status: number;
  readonly text: string;
  readonly cache: string;
  get(name: string): string | null;
}

/** A proxy, and what it says. */
export interface SharingProxy {
  readonly proxy: HttpProxy;
  /** Warnings and notes, but for that it listens. */
  readonly said: string[];
}

/** The host that all clients name: it is a part of the keys. */
export const HOST = "a.test";

/** Proxies, their Redis and their origin. */
export class SharedBench {
  readonly origin: ScriptedOrigin;
  readonly redis: TestRedis;
  readonly proxies: SharingProxy[] = [];
  readonly #client = new HttpClient();
  #nowMs = Date.UTC(2026, 10, 20);

  constructor(origin: ScriptedOrigin, redis: TestRedis) {
    this.origin = origin;
    this.redis = redis;
  }

  /** Starts two proxies. */
  static async start(script: OriginScript, ...args: string[]): Promise<SharedBench> {
    const redis = await TestRedis.start(...args);
    const bench = new SharedBench(await ScriptedOrigin.start(script), redis);
    await bench.add();
    await bench.add();
    return bench;
  }

  /** Starts another proxy. */
  async add(options: HttpProxyOptions = {}): Promise<SharingProxy> {
    const said: string[] = [];
    const observer = new Observer();
    observer.on("node", ({ type, text }) => {
      if (type === "node.warning" || type === "node.note") said.push(text);
    });
    const proxy = await startHttpProxy({
      port: 0,
      upstream: [this.origin.addr],
      sharedStore: this.redis.url,
      observer,
      now: () => this.#nowMs,
      ...options,
    });
    const added = { proxy, said };
    this.proxies.push(added);
    return added;
  }

  /** Lets time pass. */
  pass(seconds: number): void {
    this.#nowMs += seconds * 1000;
  }

  /** Asks the proxy with this number. */
  async ask(
    proxy: number,
    path: string,
    { method = "GET", fields = [], body }: {
      readonly method?: string;
      readonly fields?: readonly (readonly [string, string])[];
      readonly body?: string;
    } = {},
  ): Promise<Answer> {
    const { port } = this.proxies[proxy].proxy.addr;
    const response = await this.#client.request(`http://127.0.0.1:${port}${path}`, {
      method,
      fields: [
        ...(fields.some(([name]) => name === "Host") ? [] : [["Host", HOST] as const]),
        ...fields,
      ],
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    });
    const bytes = await response.bytes();
    return {
      status: response.status,
      text: latin1(bytes, 0, bytes.length),
      cache: response.cacheStatus ?? "",
      get: (name) => response.fields.get(name),
    };
  }

  purge(proxy: number, path: string): Promise<Answer> {
    return this.ask(proxy, path, { method: "PURGE" });
  }

  /** The text of each proxy's answer. */
  async texts(path: string): Promise<string[]> {
    const texts: string[] = [];
    for (let i = 0; i < this.proxies.length; i++) texts.push((await this.ask(i, path)).text);
    return texts;
  }

  /** Waits until so many responses of a path are in Redis. */
  async stored(path: string, count = 1): Promise<void> {
    await this.redis.until((n) => n === count, "HLEN", keyOf(path));
  }

  /** Waits until a proxy has said so often what matches. */
  async says(proxy: number, pattern: RegExp, times = 1): Promise<void> {
    const { said } = this.proxies[proxy];
    const count = (): number => said.filter((text) => pattern.test(text)).length;
    await until(() => count() >= times, `${pattern}, in ${JSON.stringify(said)}`, 20_000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#client.close();
    for (const { proxy } of this.proxies) await proxy[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
    await this.redis[Symbol.asyncDispose]();
  }
}

/** The name in Redis of what is stored of a path. */
export function keyOf(path: string): string {
  return `halfway:responses:http://${HOST}${path}`;
}

/** Answers with a text that the test changes. */
export function versions(first: string): { text: string; script: OriginScript } {
  const origin = {
    text: first,
    script: (async (request, reply) => {
      if (request.method !== "GET" && request.method !== "HEAD") await request.body();
      await reply(ok(origin.text, "Cache-Control: max-age=60"));
    }) as OriginScript,
  };
  return origin;
}
