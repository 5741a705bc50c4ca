/**
 * The proxy of the table system, as a running node.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import { listen } from "../net/runtime.ts";
import { serve, type Service } from "../net/serve.ts";
import { ServedNode } from "../net/served_node.ts";
import { Observer } from "../observe/observer.ts";
import { serviceHooks } from "../observe/service_hooks.ts";
import { converse, lastWords } from "./conversation.ts";
import { DEFAULT_UPSTREAM, type TableProxyOptions, type TableProxyStats } from "./proxy_options.ts";
import { NODE, ProxyResponder } from "./proxy_responder.ts";

/** A running proxy. */
export class TableProxy extends ServedNode {
  readonly #responder: ProxyResponder;

  private constructor(service: Service, responder: ProxyResponder) {
    super(service, () => responder.close());
    this.#responder = responder;
  }

  /** Starts a proxy; see {@linkcode startTableProxy}. */
  static async start(options: TableProxyOptions): Promise<TableProxy> {
    const { hostname, port = 6001, maxFrameBytes = 64 * 1024, quietMs = 20 } = options;
    const observer = options.observer ?? new Observer();
    const listener = await listen({ hostname, port });
    observer.node?.({
      type: "node.listening",
      node: NODE,
      timeMs: Date.now(),
      text: `Listening on ${formatAddress(listener.addr)}, in front of ${
        formatAddress(options.upstream ?? DEFAULT_UPSTREAM)
      }`,
    });
    try {
      const responder = new ProxyResponder(options, observer);
      const conversation = { node: NODE, observer, maxFrameBytes, quietMs };
      const service = serve(listener, (peer) => converse(peer, responder, conversation), {
        ...options,
        ...serviceHooks(NODE, observer),
        lastWords,
      });
      return new TableProxy(service, responder);
    } catch (error) {
      listener.close();
      throw error;
    }
  }

  /** What is cached, the most recent first. */
  get entries(): [index: number, value: number][] {
    return this.#responder.entries;
  }

  /** What was counted since the start. */
  get stats(): TableProxyStats {
    return this.#responder.stats;
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#responder.connected;
  }
}

/**
 * Starts a proxy in front of a server. It connects at once, and goes on trying while the server is away.
 *
 * @throws {BindError} If the address can't be had.
 * @throws {RangeError} If the capacity is not positive.
 *
 * @example
 * ```ts
 * import { startTableProxy, startTableServer } from "@halfway/proxy";
 *
 * await using server = await startTableServer({ port: 0, fill: [11, 12] });
 * await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
 * console.log(proxy.entries.length); // 0
 * ```
 */
export function startTableProxy(options: TableProxyOptions = {}): Promise<TableProxy> {
  return TableProxy.start(options);
}
