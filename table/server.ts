/**
 * The server of the table system: holds the table, and answers for it.
 *
 * @module
 */

import { listen } from "../net/runtime.ts";
import { ServedNode } from "../net/served_node.ts";
import { serve, type ServeLimits, type Service } from "../net/serve.ts";
import { formatAddress } from "../net/address.ts";
import { serviceHooks } from "../observe/service_hooks.ts";
import { Observer } from "../observe/observer.ts";
import { Integers } from "./integers.ts";
import { converse, lastWords, type Responder } from "./conversation.ts";
import type { TableMessage, TableReply } from "./message.ts";
import { Table, type TableView } from "./table.ts";

/** Settings of {@linkcode startTableServer}. */
export interface TableServerOptions extends ServeLimits {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {6002} */
  readonly port?: number;
  /** Number of entries. @default {10} */
  readonly size?: number;
  /** Values for the first entries; the others are empty. */
  readonly fill?: readonly number[];
  /** The longest message, in bytes. @default {65536} */
  readonly maxFrameBytes?: number;
  /** How long a client that sends no terminator has to be quiet, in milliseconds. @default {20} */
  readonly quietMs?: number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

/** A running server. */
export class TableServer extends ServedNode {
  /** The table that it holds. */
  readonly table: TableView;

  /** Made by {@linkcode startTableServer}. */
  constructor(service: Service, table: TableView) {
    super(service);
    this.table = table;
  }
}

const NODE = "table server";

/** A proxy adds the last `;` and the line break to a message that came without: it must not pass the limit by that. */
const END_BYTES = 2;

/** Answers from the table itself. */
class TableResponder implements Responder {
  readonly #table: Table;
  readonly #observer: Observer;
  readonly #scratch = new Integers();

  constructor(table: Table, observer: Observer) {
    this.#table = table;
    this.#observer = observer;
  }

  answer(request: TableMessage, reply: TableReply): null {
    const { op, indices, values } = request;
    const changed = this.#table.apply(op, indices, values, this.#scratch, reply);
    if (changed && this.#observer.state !== null) {
      this.#observer.state({
        type: "state.changed",
        node: NODE,
        timeMs: Date.now(),
        text: renderTable(this.#table),
      });
    }
    return null;
  }
}

/** The table in one line: index and value of every entry that is set. */
export function renderTable(table: Table): string {
  const entries: string[] = [];
  for (let index = 0; index < Math.min(table.size, 100); index++) {
    entries.push(`${index}=${table.at(index) ?? "-"}`);
  }
  if (table.size > 100) entries.push("...");
  return `table ${entries.join(" ")}`;
}

/**
 * Starts a server that holds a table of integers.
 *
 * @throws {BindError} If the address can't be had.
 * @throws {RangeError} If the size or a value to fill the table with is out of range.
 *
 * @example
 * ```ts
 * import { startTableServer } from "@halfway/proxy";
 *
 * await using server = await startTableServer({ port: 0, fill: [11, 12, 13] });
 * console.log(server.addr.port > 0);
 * ```
 */
export async function startTableServer(options: TableServerOptions = {}): Promise<TableServer> {
  const { hostname, port = 6002, maxFrameBytes = 64 * 1024, quietMs = 20 } = options;
  const observer = options.observer ?? new Observer();
  const table = new Table(options.size, options.fill);
  const listener = await listen({ hostname, port });
  const conversation = {
    node: NODE,
    observer,
    maxFrameBytes: maxFrameBytes + END_BYTES,
    quietMs,
  };
  observer.node?.({
    type: "node.listening",
    node: NODE,
    timeMs: Date.now(),
    text: `Listening on ${formatAddress(listener.addr)} with ${table.size} entries`,
  });
  const responder = new TableResponder(table, observer);
  const service = serve(listener, (peer) => converse(peer, responder, conversation), {
    ...options,
    ...serviceHooks(NODE, observer),
    lastWords,
  });
  return new TableServer(service, table);
}
