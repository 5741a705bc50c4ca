/**
 * The server of the calculator system: evaluates expressions, and writes down every step.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import type { OutputBuffer } from "../net/output_buffer.ts";
import { listen } from "../net/runtime.ts";
import { serve, type ServeLimits, type Service } from "../net/serve.ts";
import { ServedNode } from "../net/served_node.ts";
import { Observer } from "../observe/observer.ts";
import { serviceHooks } from "../observe/service_hooks.ts";
import { converse, lastError, type LateAnswer, type Responder } from "./conversation.ts";
import { CalcEncoder } from "./encoder.ts";
import {
  builtinException,
  CalcError,
  type ErrorStatus,
  notARequestException,
  type PyException,
  STATUS_SERVER_ERROR,
} from "./errors.ts";
import { Evaluation } from "./evaluate.ts";
import type { CalcPacket } from "./packet.ts";
import { readExpression } from "./pickle_reader.ts";
import { SLICE_MS, Turns } from "./turns.ts";

/** Settings of {@linkcode startCalcServer}. */
export interface CalcServerOptions extends ServeLimits {
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {9999} */
  readonly port?: number;
  /** The most time that one evaluation may take of the processor, in milliseconds. @default {1000} */
  readonly budgetMs?: number;
  /**
   * How long a packet that is shorter than its header says has to be without a further byte before it is taken as it
   * is, if its data is whole, in milliseconds. @default {1000}
   */
  readonly quietMs?: number;
  /** The clock of the time stamps, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

/** What a server has counted since its start. */
export interface CalcServerStats {
  /** Requests that were answered with a number. */
  readonly results: number;
  /** Packets that were answered with an error. */
  readonly errors: number;
}

/** A running server. */
export class CalcServer extends ServedNode {
  readonly #responder: ServerResponder;

  private constructor(service: Service, responder: ServerResponder) {
    super(service, () => responder.close());
    this.#responder = responder;
  }

  /** Starts a server; see {@linkcode startCalcServer}. */
  static async start(options: CalcServerOptions): Promise<CalcServer> {
    const { hostname, port = 9999, quietMs = 1_000 } = options;
    const observer = options.observer ?? new Observer();
    const responder = new ServerResponder(options, observer);
    const listener = await listen({ hostname, port });
    observer.node?.({
      type: "node.listening",
      node: NODE,
      timeMs: Date.now(),
      text: `Listening on ${formatAddress(listener.addr)}`,
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
    return new CalcServer(service, responder);
  }

  /** What was counted since the start. */
  get stats(): CalcServerStats {
    return this.#responder.stats;
  }
}

const NODE = "calc server";

/** Answers by evaluating. */
class ServerResponder implements Responder {
  readonly note = "";
  // So that each connection has one evaluation at a time, however many requests it sends.
  readonly inTurn = true;
  readonly #encoder = new CalcEncoder();
  readonly #turns = new Turns();
  readonly #observer: Observer;
  readonly #budgetMs: number;
  readonly #now: () => number;
  #results = 0;
  #errors = 0;

  constructor(options: CalcServerOptions, observer: Observer) {
    this.#observer = observer;
    this.#budgetMs = options.budgetMs ?? 1_000;
    this.#now = options.now ?? Date.now;
  }

  get stats(): CalcServerStats {
    return { results: this.#results, errors: this.#errors };
  }

  answer(packet: CalcPacket, out: OutputBuffer): Promise<LateAnswer> | null {
    let evaluation: Evaluation;
    this.#turns.interrupt();
    try {
      if (!packet.header.request) throw new CalcError(notARequestException());
      const expression = readExpression(packet.buffer, packet.dataStart, packet.end);
      const { steps } = packet.header;
      evaluation = new Evaluation(expression, { steps, budgetMs: this.#budgetMs });
      if (evaluation.run(SLICE_MS)) {
        out.putBytes(this.#result(evaluation));
        return null;
      }
    } catch (error) {
      out.putBytes(this.#error(error));
      return null;
    }
    return this.#goOn(evaluation);
  }

  refuse(error: CalcError): Uint8Array {
    return this.#error(error).slice();
  }

  pause(): Promise<void> {
    return this.#turns.run(() => true);
  }

  close(): void {
    this.#turns.close();
  }

  async #goOn(evaluation: Evaluation): Promise<LateAnswer> {
    let failure: unknown = null;
    let done = false;
    await this.#turns.run((sliceMs) => {
      try {
        return done = evaluation.run(sliceMs);
      } catch (error) {
        failure = error;
        return true;
      }
    });
    let bytes: Uint8Array;
    try {
      bytes = done ? this.#result(evaluation) : this.#error(failure);
    } catch (error) {
      bytes = this.#error(error);
    }
    // The encoder's buffer is everybody's.
    return { bytes: bytes.slice(), note: "" };
  }

  #result(evaluation: Evaluation): Uint8Array {
    const bytes = this.#encoder.result(evaluation.result(), { unixTime: this.#unixTime() });
    this.#results++;
    return bytes;
  }

  #error(error: unknown): Uint8Array {
    this.#errors++;
    if (!(error instanceof CalcError)) {
      this.#tellFault(error);
      const exception = builtinException("RuntimeError", "Internal server error");
      return this.#encode(exception, STATUS_SERVER_ERROR, 0);
    }
    const { exception, status } = error;
    // How far an evaluation gets in its time is chance: the next one may well end.
    const cacheControl = exception.name === "TimeoutError" ? 0 : undefined;
    try {
      return this.#encode(exception, status, cacheControl);
    } catch (tooLong) {
      if (!(tooLong instanceof CalcError)) throw tooLong;
      return this.#encode(tooLong.exception, tooLong.status, cacheControl);
    }
  }

  #encode(exception: PyException, status: ErrorStatus, cacheControl?: number): Uint8Array {
    return this.#encoder.error(exception, status, { unixTime: this.#unixTime(), cacheControl });
  }

  #unixTime(): number {
    return Math.floor(this.#now() / 1000);
  }

  #tellFault(error: unknown): void {
    this.#observer.node?.({
      type: "node.warning",
      node: NODE,
      timeMs: Date.now(),
      text: `Unexpected server error: ${error instanceof Error ? error.message : String(error)}`,
    });
  }
}

/**
 * Starts a server that evaluates expressions.
 *
 * @throws {BindError} If the address can't be had.
 *
 * @example
 * ```ts
 * import { CalcClient, startCalcServer } from "@halfway/proxy";
 *
 * await using server = await startCalcServer({ port: 0 });
 * using client = new CalcClient({ address: server.addr });
 * console.log((await client.evaluate("max(2, 3) + 3")).value); // 6n
 * ```
 */
export function startCalcServer(options: CalcServerOptions = {}): Promise<CalcServer> {
  return CalcServer.start(options);
}
