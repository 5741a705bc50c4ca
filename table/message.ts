/**
 * The messages of the table protocol, as they are held in memory.
 *
 * @module
 */

import { Integers, NONE } from "./integers.ts";

/** What a message asks for, or answers. */
export const Op = {
  /** No operation could be read. */
  NONE: 0,
  /** Values of some entries. */
  GET: 1,
  /** New values for some entries. */
  PUT: 2,
  /** Sum of some entries. */
  ADD: 3,
  /** Empties all entries. */
  CLR: 4,
  /** Which entries are held. */
  INF: 5,
  /** An operation that there is not. */
  UNKNOWN: 6,
} as const;

/** One of the values of {@linkcode Op}. */
export type Op = typeof Op[keyof typeof Op];

/** The names of the operations, by {@linkcode Op}; `ERR` where there is none to name. */
export const OP_NAMES = ["ERR", "GET", "PUT", "ADD", "CLR", "INF", "ERR"] as const;

/** How a message is written, and with it how its reply is. */
export const Form = {
  /** `OP=GET;IND=1;`: ends with `;` */
  STANDARD: 0,
  /** `OP=GET;IND=1;` and a line break. */
  STANDARD_LINE: 1,
  /** `OP=GET;IND=1` with a line break, and no last `;` */
  LINE: 2,
  /** `OP=GET;IND=1` with nothing at its end. */
  BARE: 3,
  /** `GET:1:` */
  COLON: 4,
} as const;

/** One of the values of {@linkcode Form}. */
export type Form = typeof Form[keyof typeof Form];

/** The status codes of replies. */
export const Code = {
  /** It went well; never sent by us, and accepted from others. */
  OK: 200,
  /** Cannot be parsed, a piece is missing, counts differ, or a number is none. */
  BAD_REQUEST: 400,
  /** An entry is empty. */
  EMPTY: 404,
  /** There is no such operation. */
  UNKNOWN_OP: 405,
  /** Longer than the limit. */
  TOO_LARGE: 413,
  /** An index is out of range. */
  OUT_OF_RANGE: 416,
  /** The server answered nonsense. */
  BAD_GATEWAY: 502,
  /** The server cannot be reached. */
  UNAVAILABLE: 503,
  /** The server did not answer in time. */
  GATEWAY_TIMEOUT: 504,
} as const;

/** The largest integer that an entry or a sum can hold, 2^53 - 1; the smallest is its negative. */
export const MAX_VALUE: number = Number.MAX_SAFE_INTEGER;

/** What a decoded frame is. */
export const Kind = {
  /** A message. */
  MESSAGE: 0,
  /** The line break of a message that was answered at its last `;` already. */
  LINE_END: 1,
  /** Bytes that mean nothing: blank lines, pieces after the end of a message. */
  NOTHING: 2,
} as const;

/** One of the values of {@linkcode Kind}. */
export type Kind = typeof Kind[keyof typeof Kind];

/**
 * A message as it was read: request or reply. The decoder fills the same objects again and again, so it is valid until
 * the next batch is read.
 */
export class TableMessage {
  /** Whether it is a message at all. */
  kind: Kind = Kind.MESSAGE;
  /** The operation. */
  op: Op = Op.NONE;
  /** How it was written. */
  form: Form = Form.STANDARD;
  /** The name of an operation that there is not; empty if it can't be repeated. */
  opName = "";
  /** The indices of `IND`, any integers. */
  readonly indices: Integers = new Integers();
  /** The integers of `DATA`. */
  readonly values: Integers = new Integers();
  /** `CODE` of a reply; 0 if there was none. */
  code = 0;
  /** `MSG` of a reply; empty if there was none. */
  text = "";
  /** What is wrong with `DATA`, where it matters; empty if nothing is. */
  dataFault = "";
  /** Why the message is wrong, in a sentence; empty if it is not. */
  fault = "";
  /** The status code for {@linkcode TableMessage.fault}. */
  faultCode = 0;
  /** Size on the wire in bytes, the line break included. */
  bytes = 0;
  /** Where it lies: offset of its first byte in the receive buffer. */
  at = 0;

  /** Makes it empty again. */
  reset(): void {
    this.kind = Kind.MESSAGE;
    this.op = Op.NONE;
    this.opName = "";
    this.form = Form.STANDARD;
    this.indices.clear();
    this.values.clear();
    this.code = 0;
    this.text = "";
    this.dataFault = "";
    this.fault = "";
    this.faultCode = 0;
  }

  /** Takes over what another message holds. */
  takeFrom(other: TableMessage): void {
    this.op = other.op;
    this.opName = other.opName;
    for (const index of other.indices) this.indices.push(index);
    for (const value of other.values) this.values.push(value);
    this.code = other.code;
    this.text = other.text;
    this.fault = other.fault;
    this.faultCode = other.faultCode;
  }

  /** Notes why the message is wrong; the first reason stays. */
  blame(code: number, sentence: string): void {
    if (this.faultCode !== 0) return;
    this.faultCode = code;
    this.fault = sentence;
  }
}

/** An answer before it is written in the form of its request. */
export class TableReply {
  /** The operation that is answered. */
  op: Op = Op.NONE;
  /** Its name, where there is no such operation. */
  opName = "";
  /** 0 for an answer, otherwise the {@linkcode Code} of an error. */
  code = 0;
  /** Indices to name: those of the request, or the ones at fault. */
  indices: Integers = NONE;
  /** Values to give; for `ADD` the one sum. */
  values: Integers = NONE;
  /** The sentence of an error, without `;`, `=` or a line break. */
  text = "";

  /** Makes it the answer to an operation. */
  answer(op: Op, indices: Integers, values: Integers): this {
    this.op = op;
    this.opName = "";
    this.code = 0;
    this.indices = indices;
    this.values = values;
    this.text = "";
    return this;
  }

  /** Makes it an error. */
  fail(op: Op, code: number, text: string, indices: Integers = NONE): this {
    this.op = op;
    this.opName = "";
    this.code = code;
    this.indices = indices;
    this.values = NONE;
    this.text = text;
    return this;
  }
}
