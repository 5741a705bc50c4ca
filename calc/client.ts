/**
 * The client of the calculator system: expressions out, numbers and steps back, reconnected by itself.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import type { NetAddress } from "../net/connection.ts";
import { FrameSyntaxError, RemoteError } from "../net/errors.ts";
import { Upstream } from "../net/upstream.ts";
import { Observer } from "../observe/observer.ts";
import { upstreamHooks } from "../observe/upstream_hooks.ts";
import { describeAnswer } from "./describe.ts";
import { CalcEncoder } from "./encoder.ts";
import {
  CalcError,
  PyException,
  STATUS_CLIENT_ERROR,
  STATUS_OK,
  STATUS_SERVER_ERROR,
} from "./errors.ts";
import type { Expression } from "./expression.ts";
import { INDEFINITE, MAX_PACKET_LENGTH } from "./header.ts";
import { stringify } from "./notation.ts";
import { CalcDecoder, type CalcPacket } from "./packet.ts";
import { parse } from "./parse.ts";
import { type Answer, readAnswer } from "./pickle_reader.ts";
import type { PyNumber } from "./python_repr.ts";

/** Settings of a {@linkcode CalcClient}. */
export interface CalcClientOptions {
  /** The proxy, or a server. @default {{ hostname: "127.0.0.1", port: 9998 }} */
  readonly address?: NetAddress;
  /** Longest time for a connection, and from a request to its answer, in milliseconds. @default {30000} */
  readonly timeoutMs?: number;
  /** How long to go on trying to connect, in milliseconds; 0 for one attempt. @default {0} */
  readonly retryTimeMs?: number;
  /** Connections at a time; each carries one request. @default {1} */
  readonly maxConnections?: number;
  /** The clock of the time stamps, in milliseconds since 1970. @default {Date.now} */
  readonly now?: () => number;
  /** Told of connections, requests and answers. */
  readonly observer?: Observer;
}

/** How an expression is to be evaluated. */
export interface EvaluateOptions {
  /** Whether to ask for the steps. @default {true} */
  readonly steps?: boolean;
  /** Whether the answer may come from a cache, and be kept in one. @default {true} */
  readonly cache?: boolean;
  /**
   * How old a cached answer may be, in seconds below 65535; 0 has the server asked, and the cached answer replaced. Left
   * out, any age will do.
   */
  readonly maxAge?: number;
}

/** What an expression comes to. */
export interface CalcResult {
  /** The number: a `bigint` for a Python int, a `number` for a float, or a boolean or fraction. */
  readonly value: PyNumber;
  /** The text of each step, the result's last; empty if none were asked for, or there are none. */
  readonly steps: readonly string[];
  /** When the answer was made, in seconds since 1970, by the server's clock: the past if it comes from a cache. */
  readonly unixTime: number;
  /** For how many seconds it stays fresh: `Infinity`, or 0 if it must not be cached. */
  readonly freshSeconds: number;
}

/** The other side answered with an error. */
export class CalcRemoteError extends RemoteError {
  /** 400 if the expression is at fault, 500 if a node is. */
  readonly status: number;
  /** The Python exception; its `toString` is what the original's client prints. */
  readonly exception: PyException;

  /** Makes the error out of an answer. */
  constructor(status: number, exception: PyException) {
    super(exception.toString() || exception.name);
    this.status = status;
    this.exception = exception;
  }
}

/** The name of the node in events. */
const NODE = "calc client";

/**
 * A client of a proxy or a server.
 *
 * @example
 * ```ts
 * import { CalcClient, startCalcServer } from "@halfway/proxy";
 *
 * await using server = await startCalcServer({ port: 0 });
 * using client = new CalcClient({ address: server.addr });
 * const { value, steps } = await client.evaluate("max(2, 3) + 3");
 * console.log(value, steps); // 6n ["max(2, 3) + 3", "3 + 3", "6"]
 * ```
 */
export class CalcClient {
  readonly #upstream: Upstream<CalcPacket>;
  readonly #encoder = new CalcEncoder();
  readonly #observer: Observer;
  readonly #peer: string;
  readonly #now: () => number;

  /** Makes a client; it connects with the first request. */
  constructor(options: CalcClientOptions = {}) {
    const { address = { hostname: "127.0.0.1", port: 9998 }, timeoutMs = 30_000 } = options;
    this.#observer = options.observer ?? new Observer();
    this.#peer = formatAddress(address);
    this.#now = options.now ?? Date.now;
    this.#upstream = new Upstream({
      address,
      createDecoder: () => new CalcDecoder(),
      maxConnections: options.maxConnections ?? 1,
      // The original's nodes take what arrives together for one packet.
      maxInFlight: 1,
      maxFrameBytes: MAX_PACKET_LENGTH,
      // Of a peer whose lengths are wrong, a whole pickle is taken all the same.
      quietMs: 1_000,
      connectTimeoutMs: timeoutMs,
      replyTimeoutMs: timeoutMs,
      retryTimeMs: options.retryTimeMs ?? 0,
      ...upstreamHooks(NODE, this.#peer, this.#observer),
    });
  }

  /**
   * Has an expression evaluated.
   *
   * @param expression Text such as `max(2, 3) + 3`, or a tree.
   * @throws {ExpressionSyntaxError} If the text is no expression.
   * @throws {CalcError} If the expression is too large for a packet.
   * @throws {RangeError} If `maxAge` is not a whole number from 0 to 65534.
   * @throws {CalcRemoteError} If the answer is an error.
   * @throws {HalfwayError} If there is no answer, or none that can be read.
   */
  async evaluate(
    expression: string | Expression,
    options: EvaluateOptions = {},
  ): Promise<CalcResult> {
    const { steps, cache, maxAge = INDEFINITE } = options;
    if (options.maxAge !== undefined) checkMaxAge(options.maxAge);
    const tree = typeof expression === "string" ? parse(expression) : expression;
    const request = this.#encoder.request(tree, {
      unixTime: Math.floor(this.#now() / 1000),
      steps,
      cache,
      cacheControl: maxAge,
    }).slice();
    const answered = await this.#upstream.exchange(
      (out) => {
        this.#tell(
          "message.sent",
          request.length,
          () => `Sending request of length ${request.length} bytes: ${stringify(tree)}`,
        );
        out.putBytes(request);
      },
      (packet) => this.#take(packet),
      true,
    );
    const { status, answer, unixTime, freshSeconds } = answered;
    if (answer.kind === "error") throw new CalcRemoteError(status, answer.exception);
    return { value: answer.value, steps: answer.steps, unixTime, freshSeconds };
  }

  /** Closes the connection; what has no answer fails with a `ClosedError`. */
  close(): void {
    this.#upstream.close();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  #take(packet: CalcPacket): Answered {
    const { header, buffer, start, dataStart, end } = packet;
    this.#tell(
      "message.received",
      end - start,
      () => describeAnswer(buffer.subarray(start, end)).replace("Sending", "Got"),
    );
    // The original's client takes apart what it got in this order, and in these words.
    if (header.request) throw new FrameSyntaxError("Got a request instead of a response");
    const { status } = header;
    if (![STATUS_OK, STATUS_CLIENT_ERROR, STATUS_SERVER_ERROR].includes(status)) {
      throw new FrameSyntaxError(`Unknown status code: ${status}`);
    }
    let answer: Answer;
    try {
      answer = readAnswer(buffer, dataStart, end);
    } catch (error) {
      if (!(error instanceof CalcError)) throw error;
      throw new FrameSyntaxError(error.message, { cause: error });
    }
    if ((answer.kind === "result") !== (status === STATUS_OK)) {
      const wanted = status === STATUS_OK ? "result" : "error";
      throw new FrameSyntaxError(`Received data is not a valid ${wanted}`);
    }
    const freshSeconds = header.cacheControl === INDEFINITE ? Infinity : header.cacheControl;
    return { status, answer, unixTime: header.unixTime, freshSeconds };
  }

  #tell(type: "message.sent" | "message.received", bytes: number, text: () => string): void {
    if (this.#observer.message === null) return;
    this.#observer.message({
      type,
      node: NODE,
      timeMs: Date.now(),
      peer: this.#peer,
      bytes,
      text: text(),
    });
  }
}

/** An answer with what its header says. */
interface Answered {
  readonly status: number;
  readonly answer: Answer;
  readonly unixTime: number;
  readonly freshSeconds: number;
}

function checkMaxAge(seconds: number): void {
  if (!Number.isInteger(seconds) || seconds < 0 || seconds >= INDEFINITE) {
    throw new RangeError(`Expected a maxAge from 0 to ${INDEFINITE - 1} seconds, found ${seconds}`);
  }
}
