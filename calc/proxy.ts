/**
 * The proxy of the calculator system, as a running node.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import { listen } from "../net/runtime.ts";
import { serve, type Service } from "../net/serve.ts";
import { ServedNode } from "../net/served_node.ts";
import { Observer } from "../observe/observer.ts";
import { serviceHooks } from "../observe/service_hooks.ts";
import { converse, lastError } from "./conversation.ts";
import { type CalcProxyOptions, type CalcProxyStats, DEFAULT_UPSTREAM } from "./proxy_options.ts";
import { NODE, ProxyResponder } from "./proxy_responder.ts";

/** A running proxy. */
export class CalcProxy extends ServedNode {
  readonly #responder: ProxyResponder;

  private constructor(service: Service, responder: ProxyResponder) {
    super(service, () => responder.close());
    this.#responder = responder;
  }

  /** Starts a proxy; see {@linkcode startCalcProxy}. */
  static async start(options: CalcProxyOptions): Promise<CalcProxy> {
    const { hostname, port = 9998, quietMs = 1_000 } = options;
    const observer = options.observer ?? new Observer();
    const responder = new ProxyResponder(options, observer);
    const listener = await listen({ hostname, port });
    observer.node?.({
      type: "node.listening",
      node: NODE,
      timeMs: Date.now(),
      text: `Listening on ${formatAddress(listener.addr)}, in front of ${
        formatAddress(options.upstream ?? DEFAULT_UPSTREAM)
      }`,
    });
    const conversation = { node: NODE, observer, quietMs };
    const service = serve(listener, (peer) => converse(peer, responder, conversation), {
      ...options,
      ...serviceHooks(NODE, observer),
      lastWords: (error, peer) => {
        const last = lastError(error, peer);
        return last === null ? null : responder.refuse(last);
      },
    });
    return new CalcProxy(service, responder);
  }

  /** What was counted since the start. */
  get stats(): CalcProxyStats {
    return this.#responder.stats;
  }

  /** The expressions whose answers are cached, the most recent first. */
  get entries(): string[] {
    return this.#responder.entries;
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#responder.connected;
  }
}

/**
 * Starts a proxy in front of a server. It connects when the first request comes that the cache can't answer.
 *
 * @throws {BindError} If the address can't be had.
 * @throws {RangeError} If the capacity is not positive.
 *
 * @example
 * ```ts
 * import { CalcClient, startCalcProxy, startCalcServer } from "@halfway/proxy";
 *
 * await using server = await startCalcServer({ port: 0 });
 * await using proxy = await startCalcProxy({ port: 0, upstream: server.addr });
 * using client = new CalcClient({ address: proxy.addr });
 * await client.evaluate("7 / 2");
 * await client.evaluate("7 / 2");
 * console.log(proxy.stats.hits); // 1
 * ```
 */
export function startCalcProxy(options: CalcProxyOptions = {}): Promise<CalcProxy> {
  return CalcProxy.start(options);
}
