/**
 * The client of the table system: each operation a promise, pipelined by not waiting, reconnected by itself.
 *
 * @module
 */

import type { NetAddress } from "../net/connection.ts";
import { NEED_MORE } from "../net/decoder.ts";
import { FrameSyntaxError, RemoteError } from "../net/errors.ts";
import { Upstream } from "../net/upstream.ts";
import { Integers } from "./integers.ts";
import { Form, Kind, MAX_VALUE, Op, OP_NAMES, type TableMessage } from "./message.ts";
import { ReplyDecoder } from "./reply_decoder.ts";
import { writeRequest } from "./reply_writer.ts";
import { RequestDecoder } from "./request_decoder.ts";

/** Settings of a {@linkcode TableClient}. */
export interface TableClientOptions {
  /** The proxy, or a server. @default {{ hostname: "127.0.0.1", port: 6001 }} */
  readonly address?: NetAddress;
  /** Longest time for a connection, and from a request to its reply, in milliseconds. @default {5000} */
  readonly timeoutMs?: number;
  /** How long to go on trying to connect, in milliseconds; 0 for one attempt. @default {0} */
  readonly retryTimeMs?: number;
  /** The longest reply, in bytes. @default {16777216} */
  readonly maxReplyBytes?: number;
}

/** The other side answered with an error. */
export class TableError extends RemoteError {
  /** `CODE` of the reply, such as 404 for an empty entry; see the protocol's documentation. */
  readonly status: number;
  /** The entries at fault, where the reply names them. */
  readonly indices: readonly number[];

  /** Makes the error out of a reply. */
  constructor(status: number, text: string, indices: readonly number[]) {
    super(text !== "" ? text : `the other side answered with code ${status}`);
    this.status = status;
    this.indices = indices;
  }
}

/** A reply as it came over the wire, to a message sent as it was written. */
export interface RawReply {
  /** The reply without its line break. */
  readonly text: string;
  /** `CODE` if it is an error, otherwise 0. */
  readonly status: number;
  /** What could be read of it. */
  readonly pieces: {
    /** `OP`. */
    readonly op: string;
    /** `IND`, or what stands for it. */
    readonly indices: readonly number[];
    /** `DATA`. */
    readonly values: readonly number[];
    /** `MSG` of an error, otherwise empty. */
    readonly message: string;
  };
}

/** How long a proxy that leaves the last `;` out has to be quiet. */
const QUIET_MS = 20;

const encoder = new TextEncoder();
const textDecoder = new TextDecoder();

/**
 * A client of a proxy or a server.
 *
 * @example
 * ```ts
 * import { startTableServer, TableClient } from "@halfway/proxy";
 *
 * await using server = await startTableServer({ port: 0, fill: [11, 12, 13] });
 * using client = new TableClient({ address: server.addr });
 * console.log(await client.get([0, 2])); // [11, 13]
 * ```
 */
export class TableClient {
  readonly #upstream: Upstream<TableMessage>;

  /** Makes a client; it connects with the first request. */
  constructor(options: TableClientOptions = {}) {
    const { address = { hostname: "127.0.0.1", port: 6001 }, timeoutMs = 5_000 } = options;
    this.#upstream = new Upstream({
      address,
      createDecoder: () => new ReplyDecoder(),
      isReply: (message) => message.kind === Kind.MESSAGE,
      maxConnections: 1,
      quietMs: QUIET_MS,
      maxFrameBytes: options.maxReplyBytes ?? 16 * 1024 * 1024,
      connectTimeoutMs: timeoutMs,
      replyTimeoutMs: timeoutMs,
      retryTimeMs: options.retryTimeMs ?? 0,
    });
  }

  /**
   * The values of entries, in the order of the indices.
   *
   * @throws {TableError} With status 404 if an entry is empty, 416 if an index is out of range.
   * @throws {RangeError} If an index is no integer.
   * @throws {HalfwayError} If there is no reply.
   */
  async get(indices: readonly number[]): Promise<number[]> {
    const { values } = await this.#ask(Op.GET, indices, []);
    if (values.length !== indices.length) {
      throw new FrameSyntaxError(`Expected ${indices.length} values, found ${values.length}`);
    }
    return values;
  }

  /**
   * Gives entries new values, all or none.
   *
   * @param entries Index and value of each.
   * @throws {TableError} With status 416 if an index is out of range.
   * @throws {RangeError} If an index or a value is not an integer within ±(2^53 - 1).
   * @throws {HalfwayError} If there is no reply; it may then have been done all the same.
   */
  async put(entries: Iterable<readonly [index: number, value: number]>): Promise<void> {
    const list = [...entries];
    await this.#ask(Op.PUT, list.map(([index]) => index), list.map(([, value]) => value));
  }

  /**
   * The sum of entries; an index that is named twice counts twice.
   *
   * @throws {TableError} With status 404 if an entry is empty, 416 if an index is out of range, 400 if the sum is.
   * @throws {RangeError} If an index is no integer.
   * @throws {HalfwayError} If there is no reply.
   */
  async add(indices: readonly number[]): Promise<number> {
    const { values } = await this.#ask(Op.ADD, indices, []);
    if (values.length !== 1) {
      throw new FrameSyntaxError(`Expected a sum, found ${values.length} values`);
    }
    return values[0];
  }

  /**
   * Empties every entry.
   *
   * @throws {HalfwayError} If there is no reply; it may then have been done all the same.
   */
  async clear(): Promise<void> {
    await this.#ask(Op.CLR, [], []);
  }

  /**
   * What the other side holds: a proxy its cache, the most recent entry first; a server the entries that are set.
   *
   * @throws {HalfwayError} If there is no reply.
   */
  async inf(): Promise<[index: number, value: number][]> {
    const { indices, values } = await this.#ask(Op.INF, [], []);
    return indices.map((index, i) => [index, values[i]]);
  }

  /**
   * Sends one or more messages as they are written, and a line break.
   *
   * @returns The replies, in order.
   * @throws {FrameSyntaxError} If it holds no message, or one that has no reply to wait for.
   * @throws {HalfwayError} If there is no reply.
   */
  async raw(text: string): Promise<RawReply[]> {
    const bytes = encoder.encode(text.trimEnd() + "\n");
    const messages = splitMessages(bytes);
    if (messages.length === 0) throw new FrameSyntaxError("Expected a message, found none");
    return await Promise.all(
      messages.map(
        (message) =>
          new Promise<RawReply>((resolve, reject) =>
            this.#upstream.request({
              // What a raw message does is not known, so it is never sent twice.
              repeatable: false,
              write: (out) => out.putBytes(message),
              onReply: (reply, buffer) => {
                const raw = buffer.subarray(reply.at, reply.at + reply.bytes);
                resolve({
                  text: textDecoder.decode(raw).trimEnd(),
                  status: reply.code,
                  pieces: {
                    op: reply.opName || OP_NAMES[reply.op],
                    indices: reply.indices.toArray(),
                    values: reply.values.toArray(),
                    message: reply.text,
                  },
                });
              },
              onFailure: reject,
            })
          ),
      ),
    );
  }

  /** Closes the connection; what has no reply fails with a `ClosedError`. */
  close(): void {
    this.#upstream.close();
  }

  /** Closes the connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  #ask(op: Op, indices: readonly number[], values: readonly number[]): Promise<Answer> {
    for (const index of indices) checkInteger("index", index);
    for (const value of values) checkInteger("value", value);
    if (indices.length === 0 && op !== Op.CLR && op !== Op.INF) {
      throw new RangeError(`Expected at least one index to ${OP_NAMES[op]}, found none`);
    }
    const asked = Integers.of(indices);
    const given = Integers.of(values);
    return this.#upstream.exchange(
      (out) => writeRequest(out, op, asked, given, Form.STANDARD_LINE),
      (reply) => {
        const answer = { indices: reply.indices.toArray(), values: reply.values.toArray() };
        if (reply.faultCode !== 0) throw new FrameSyntaxError(`Bad reply: ${reply.fault}`);
        if (reply.code !== 0) throw new TableError(reply.code, reply.text, answer.indices);
        return answer;
      },
      op !== Op.PUT && op !== Op.CLR,
    );
  }
}

/** The lists of a reply. */
interface Answer {
  readonly indices: number[];
  readonly values: number[];
}

function checkInteger(what: string, value: number): void {
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(
      `Expected ${what} to be an integer within ±${MAX_VALUE}, since an entry holds no other; found ${value}`,
    );
  }
}

/** The bytes in parts, each of which will bring one reply. */
function splitMessages(bytes: Uint8Array): Uint8Array[] {
  const decoder = new RequestDecoder();
  const message = decoder.create();
  const starts: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const next = decoder.decode(message, bytes, at, bytes.length, true, at);
    if (next === NEED_MORE) break;
    if (message.kind === Kind.MESSAGE) {
      if (message.form === Form.COLON) {
        throw new FrameSyntaxError(
          "The colon dialect is for old clients; write OP=GET;IND=5; instead",
        );
      }
      // What comes before the first message goes along with it.
      starts.push(starts.length === 0 ? 0 : at);
    }
    at = next;
  }
  return starts.map((start, i) => bytes.subarray(start, starts[i + 1] ?? bytes.length));
}
