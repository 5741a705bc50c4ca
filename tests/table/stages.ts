/**
 * The set-ups that one suite runs over: a client at the server itself, and one at a proxy in front of it.
 *
 * @module
 */

import type { NetAddress } from "../../net/connection.ts";
import type { ServeLimits } from "../../net/serve.ts";
import type { ServedNode } from "../../net/served_node.ts";
import type { Observer } from "../../observe/observer.ts";
import { startTableProxy, type TableProxy } from "../../table/proxy.ts";
import { startTableServer, type TableServer } from "../../table/server.ts";

/** Settings of the node that the client speaks to, and what the server holds at first. */
export interface StageOptions extends ServeLimits {
  readonly fill?: readonly number[];
  readonly maxFrameBytes?: number;
  readonly quietMs?: number;
  readonly observer?: Observer;
}

/** Which node the client speaks to. */
export const STAGES = ["server", "proxy"] as const;

/** Running nodes. */
export class Stage {
  readonly server: TableServer;
  readonly proxy: TableProxy | null;

  private constructor(server: TableServer, proxy: TableProxy | null) {
    this.server = server;
    this.proxy = proxy;
  }

  static async start(kind: typeof STAGES[number], options: StageOptions = {}): Promise<Stage> {
    const { fill = [10, 11, 12] } = options;
    if (kind === "server") {
      return new Stage(await startTableServer({ ...options, port: 0, fill }), null);
    }
    const server = await startTableServer({ port: 0, fill });
    const proxy = await startTableProxy({ ...options, port: 0, upstream: server.addr, size: 10 });
    return new Stage(server, proxy);
  }

  /** The node that the client speaks to. */
  get node(): ServedNode {
    return this.proxy ?? this.server;
  }

  get addr(): NetAddress {
    return this.node.addr;
  }

  /** What the server holds, entry by entry. */
  get table(): string {
    return Array.from({ length: 10 }, (_, index) => this.server.table.at(index) ?? "-").join(" ");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy?.[Symbol.asyncDispose]();
    await this.server[Symbol.asyncDispose]();
  }
}
