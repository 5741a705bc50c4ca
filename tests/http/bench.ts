/**
 * A caching proxy between a client and an origin that a test scripts.
 *
 * @module
 */

import { HttpClient } from "../../http/client/client.ts";
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from "../../http/proxy/proxy.ts";
import { formatAddress } from "../../net/address.ts";
import { ok, type OriginScript, RawClient, ScriptedOrigin } from "./origin.ts";

/** A proxy in front of a scripted origin, a client, and a clock that the test moves. */
export class Bench {
  readonly origin: ScriptedOrigin;
  readonly proxy: HttpProxy;
  readonly client: HttpClient = new HttpClient();
  readonly #clock: { nowMs: number };

  private constructor(origin: ScriptedOrigin, proxy: HttpProxy, clock: { nowMs: number }) {
    this.origin = origin;
    this.proxy = proxy;
    this.#clock = clock;
  }

  static async start(
    script: OriginScript,
    options: Omit<HttpProxyOptions, "upstream"> & { forward?: boolean } = {},
  ): Promise<Bench> {
    const origin = await ScriptedOrigin.start(script);
    const clock = { nowMs: Date.UTC(2026, 10, 20) };
    const proxy = await startHttpProxy({
      port: 0,
      ...options,
      ...(options.forward ? {} : { upstream: [origin.addr] }),
      now: () => clock.nowMs,
    });
    return new Bench(origin, proxy, clock);
  }

  /** Lets time pass. */
  pass(seconds: number): void {
    this.#clock.nowMs += seconds * 1000;
  }

  async ask(
    path: string,
    fields: readonly (readonly [string, string])[] = [],
    method = "GET",
    body?: string,
  ): Promise<{ status: number; text: string; cache: string; get(name: string): string | null }> {
    const response = await this.client.request(`http://${this.host}${path}`, {
      method,
      fields,
      ...(body === undefined ? {} : { body: new TextEncoder().encode(body) }),
    });
    const text = await response.text();
    return {
      status: response.status,
      text,
      cache: response.cacheStatus ?? "",
      get: (name) => response.fields.get(name),
    };
  }

  /** Waits until `holds`, letting all that is ready go on in between; gives up when that has been often enough. */
  async until(what: string, holds: () => boolean): Promise<void> {
    for (let turn = 0; turn < 5_000; turn++) {
      if (holds()) return;
      await new Promise((resolve) => setTimeout(resolve));
    }
    throw new Error(`Expected ${what}`);
  }

  /** What the client puts into Host: it is part of the key. */
  get host(): string {
    return formatAddress(this.proxy.addr);
  }

  raw(): Promise<RawClient> {
    return RawClient.connect(this.proxy.addr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.client.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.origin[Symbol.asyncDispose]();
  }
}

/** Answers each request with its number. */
export function counting(...fields: string[]): OriginScript {
  let count = 0;
  return (request, reply) =>
    reply(request.method === "HEAD" ? ok("", ...fields) : ok(`answer ${++count}`, ...fields));
}
