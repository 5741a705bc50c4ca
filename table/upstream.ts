/**
 * The way from a proxy to its server, in the dialect that the server speaks.
 *
 * There is one connection, so that the server does things in the order in which they are asked here, and answers come
 * in that order: the proxy's whole claim to consistency rests on it.
 *
 * @module
 */

import { formatAddress } from "../net/address.ts";
import type { NetAddress } from "../net/connection.ts";
import type { Decoder } from "../net/decoder.ts";
import { FrameSyntaxError } from "../net/errors.ts";
import { Upstream, type UpstreamOptions } from "../net/upstream.ts";
import { tellMessage } from "../observe/messages.ts";
import { Observer } from "../observe/observer.ts";
import { Integers, NONE } from "./integers.ts";
import { Code, Form, Kind, Op, OP_NAMES, type TableMessage } from "./message.ts";
import { BareReplyDecoder, ColonReplyDecoder, ReplyDecoder } from "./reply_decoder.ts";
import { writeRequest } from "./reply_writer.ts";
import { failureOf, type ServerFailure } from "./wire_error.ts";

/** The dialects of servers. */
export type UpstreamDialect = "standard" | "bare" | "colon";

/** What to do with an answer; exactly one of the first two is called, once. */
export interface AnswerHandler {
  /**
   * The server has done it.
   *
   * @param values Those of a `GET`, in the order asked for; valid during the call.
   * @param mixed They came over more than one connection, and the server may have been started anew in between.
   */
  onAnswer(values: Integers, mixed?: boolean): void;
  /** It is not done, or not known to be done. */
  onFailure(failure: ServerFailure): void;
  /** After a failure that may have arrived: nothing of it is still to happen. */
  onSettled?(): void;
}

/** Settings of a {@linkcode TableUpstream}. */
export interface TableUpstreamOptions
  extends Omit<UpstreamOptions<TableMessage>, "createDecoder" | "address" | "isReply"> {
  /** The server. */
  readonly address: NetAddress;
  /** The dialect that it speaks. @default {"standard"} */
  readonly dialect?: UpstreamDialect;
  /** Told of messages. */
  readonly observer?: Observer;
}

/** How long a server without terminators has to be quiet, in milliseconds. */
const QUIET_MS = 20;

/** Codes that a server's error keeps on its way to the client. */
const PASSED_CODES = new Set<number>([
  Code.BAD_REQUEST,
  Code.EMPTY,
  Code.UNKNOWN_OP,
  Code.TOO_LARGE,
  Code.OUT_OF_RANGE,
]);

const FORMS = { standard: Form.STANDARD_LINE, bare: Form.BARE, colon: Form.COLON } as const;

/** Asks a server, in its dialect. */
export class TableUpstream {
  readonly #dialect: UpstreamDialect;
  readonly #observer: Observer;
  readonly #name: string;
  readonly #upstream: Upstream<TableMessage>;
  /** The operation under way, for dialects that have one at a time. */
  #underWay: Op = Op.NONE;
  /** Requests that were sent. */
  roundTrips = 0;

  /** Connects when something is asked, or at once with `keepConnected`. */
  constructor(options: TableUpstreamOptions) {
    const { dialect = "standard" } = options;
    this.#dialect = dialect;
    this.#observer = options.observer ?? new Observer();
    this.#name = formatAddress(options.address);
    this.#upstream = new Upstream({
      ...options,
      maxConnections: 1,
      maxInFlight: dialect === "standard" ? options.maxInFlight : 1,
      quietMs: QUIET_MS,
      createDecoder: () => this.#decoder(),
      isReply: (message) => message.kind === Kind.MESSAGE,
    });
  }

  /** Counts the connections made so far. */
  get generation(): number {
    return this.#upstream.generation;
  }

  /** Whether the server is connected. */
  get connected(): boolean {
    return this.#upstream.connected;
  }

  /** Requests without an answer. */
  get pending(): number {
    return this.#upstream.pending;
  }

  /** Closes the connection; what has no answer fails. */
  close(): void {
    this.#upstream.close();
  }

  /** Asks for the values of entries, in one round trip where the dialect allows it. */
  get(indices: readonly number[], handler: AnswerHandler): void {
    if (this.#dialect === "colon" && indices.length > 1) {
      this.#oneByOne(Op.GET, indices, NO_VALUES, handler);
      return;
    }
    if (this.#dialect === "bare" && indices.length > 1) {
      this.#ask(Op.GET, indices, NO_VALUES, {
        ...forward(handler),
        onFailure: (failure) => {
          // The dialect says that something is empty, and not what.
          if (failure.code === Code.EMPTY) this.#oneByOne(Op.GET, indices, NO_VALUES, handler);
          else handler.onFailure(failure);
        },
      });
      return;
    }
    this.#ask(Op.GET, indices, NO_VALUES, handler);
  }

  /** Writes values. In the colon dialect one entry is written after the other. */
  put(indices: readonly number[], values: readonly number[], handler: AnswerHandler): void {
    if (this.#dialect === "colon" && indices.length > 1) {
      this.#oneByOne(Op.PUT, indices, values, handler);
    } else {
      this.#ask(Op.PUT, indices, values, handler);
    }
  }

  /** Empties every entry. */
  clear(handler: AnswerHandler): void {
    this.#ask(Op.CLR, NO_VALUES, NO_VALUES, handler);
  }

  #decoder(): Decoder<TableMessage> {
    if (this.#dialect === "bare") return new BareReplyDecoder();
    if (this.#dialect === "colon") return new ColonReplyDecoder(() => this.#underWay);
    return new ReplyDecoder();
  }

  #ask(
    op: Op,
    indices: readonly number[],
    values: readonly number[],
    handler: AnswerHandler,
  ): void {
    const asked = Integers.of(indices);
    const given = Integers.of(values);
    this.roundTrips++;
    this.#upstream.request({
      // A write that was made twice could undo what another client wrote in between.
      repeatable: op === Op.GET,
      write: (out) => {
        this.#underWay = op;
        const from = out.length;
        writeRequest(out, op, asked, given, FORMS[this.#dialect]);
        if (this.#observer.message !== null) {
          this.#tell("message.sent", out.bytes.subarray(from, out.length));
        }
      },
      onReply: (reply, bytes) => {
        if (this.#observer.message !== null) {
          this.#tell("message.received", bytes.subarray(reply.at, reply.at + reply.bytes));
        }
        this.#onReply(op, asked, reply, handler);
      },
      onFailure: (error, mayHaveArrived) => handler.onFailure(failureOf(error, mayHaveArrived)),
      onSettled: () => handler.onSettled?.(),
    });
  }

  #tell(type: "message.sent" | "message.received", bytes: Uint8Array): void {
    tellMessage(this.#observer, type, NODE, this.#name, bytes);
  }

  #onReply(op: Op, asked: Integers, reply: TableMessage, handler: AnswerHandler): void {
    const nonsense = reply.faultCode !== 0 ? reply.fault : this.#mismatch(op, asked, reply);
    if (nonsense !== "") {
      const error = new FrameSyntaxError(`The server answered nonsense: ${nonsense}`);
      // Whatever it meant, it may have done it, or do it yet; and what comes after may be just as wrong.
      handler.onFailure(failureOf(error, true));
      throw error;
    }
    if (reply.code === 0) {
      handler.onAnswer(op === Op.GET ? reply.values : NONE);
      return;
    }
    const passed = PASSED_CODES.has(reply.code);
    const indices = reply.indices.length > 0 ? reply.indices : asked;
    handler.onFailure({
      code: passed ? reply.code : Code.BAD_GATEWAY,
      indices: passed && reply.code !== Code.BAD_REQUEST ? indices.toArray() : [],
      text: reply.text !== "" ? reply.text : `the server answered with code ${reply.code}`,
      answered: true,
      mayHaveArrived: false,
    });
  }

  /** What in a reply does not belong to the request; empty if all does. */
  #mismatch(op: Op, asked: Integers, reply: TableMessage): string {
    if (this.#dialect === "colon") return "";
    const named = reply.op !== Op.NONE || reply.code === 0;
    if (named && reply.op !== op && reply.code === 0) {
      return `expected an answer to ${OP_NAMES[op]}, found ${OP_NAMES[reply.op]}`;
    }
    if (reply.code !== 0 || op === Op.CLR) return "";
    if (op === Op.GET && reply.values.length !== asked.length) {
      return `expected ${asked.length} values, found ${reply.values.length}`;
    }
    const { indices } = reply;
    if (indices.length > 0) {
      const same = indices.length === asked.length &&
        asked.toArray().every((index, i) => indices.items[i] === index);
      if (!same) return "the indices are not those asked for";
    }
    return "";
  }

  /** Asks for each entry by itself, in order, and puts the answers together. */
  #oneByOne(
    op: Op,
    indices: readonly number[],
    values: readonly number[],
    handler: AnswerHandler,
  ): void {
    const found = new Integers();
    const empty: number[] = [];
    let failure: ServerFailure | null = null;
    let mayHaveArrived = false;
    let generation = 0;
    let mixed = false;
    let answers = 0;
    let open = indices.length;
    const answered = () => {
      if (++answers < indices.length) return;
      if (failure === null) handler.onAnswer(found, mixed);
      else if (failure.code !== Code.EMPTY) handler.onFailure({ ...failure, mayHaveArrived });
      else handler.onFailure({ ...failure, indices: empty, mayHaveArrived });
    };
    const settled = () => {
      if (--open === 0 && failure !== null && mayHaveArrived) handler.onSettled?.();
    };
    indices.forEach((index, i) =>
      this.#ask(op, [index], op === Op.PUT ? [values[i]] : NO_VALUES, {
        onAnswer: (one) => {
          mixed ||= found.length > 0 && generation !== this.generation;
          generation = this.generation;
          if (op === Op.GET) found.push(one.items[0]);
          // Some of the writes are made even if others are not.
          else mayHaveArrived = true;
          answered();
          settled();
        },
        onFailure: (one) => {
          if (one.code === Code.EMPTY) empty.push(index);
          if (failure === null || failure.code === Code.EMPTY) failure = one;
          mayHaveArrived ||= one.mayHaveArrived;
          answered();
          if (!one.mayHaveArrived) settled();
        },
        onSettled: settled,
      })
    );
  }
}

const NODE = "table proxy";
const NO_VALUES: readonly number[] = [];

function forward(handler: AnswerHandler): AnswerHandler {
  return {
    onAnswer: (values, mixed) => handler.onAnswer(values, mixed),
    onFailure: (failure) => handler.onFailure(failure),
    onSettled: () => handler.onSettled?.(),
  };
}
