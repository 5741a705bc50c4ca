/**
 * Puts packets together: header and pickle in one buffer, used again and again. Spec: calc, 2.1 to 2.3.
 *
 * @module
 */

import { type ErrorStatus, type PyException, STATUS_OK, tooLongError } from "./errors.ts";
import type { Result } from "./evaluate.ts";
import { checkExtent, type Expression } from "./expression.ts";
import {
  type Header,
  HEADER_LENGTH,
  INDEFINITE,
  MAX_PACKET_LENGTH,
  writeHeader,
} from "./header.ts";
import { PickleWriter } from "./pickle_writer.ts";

/** How a request is to be answered. */
export interface RequestOptions {
  /** When the request is made, in seconds since 1970. */
  unixTime: number;
  /** Whether to ask for the steps; `true` when left out. */
  steps?: boolean;
  /** Whether the answer may be cached; `true` when left out. */
  cache?: boolean;
  /** How many seconds old the answer may be; for ever when left out, and 0 when it may not be cached. */
  cacheControl?: number;
}

/** How an answer may be kept. */
export interface AnswerOptions {
  /** When the answer is made, in seconds since 1970. */
  unixTime: number;
  /** For how many seconds it stays fresh; for ever when left out. 0 says that it must not be cached. */
  cacheControl?: number;
}

/** Makes packets. What a method returns is overwritten by the next call. */
export class CalcEncoder {
  readonly #writer = new PickleWriter(new Uint8Array(MAX_PACKET_LENGTH));
  readonly #header: Header = {
    unixTime: 0,
    totalLength: 0,
    cache: false,
    steps: false,
    request: false,
    status: 0,
    cacheControl: 0,
  };

  /**
   * Makes a request.
   *
   * @throws {CalcError} If the expression is beyond the limits, or does not fit in a packet.
   */
  request(expression: Expression, options: RequestOptions): Uint8Array {
    checkExtent(expression);
    const end = this.#writer.writeExpression(expression, HEADER_LENGTH);
    const cache = options.cache ?? true;
    const header = this.#header;
    header.request = true;
    header.steps = options.steps ?? true;
    header.cache = cache;
    header.status = 0;
    header.cacheControl = cache ? options.cacheControl ?? INDEFINITE : 0;
    return this.#packet(end, options.unixTime);
  }

  /**
   * Makes the answer with a result; its steps flag says whether there are steps.
   *
   * @throws {CalcError} If it does not fit in a packet; that error is what to answer instead.
   */
  result(result: Result, options: AnswerOptions): Uint8Array {
    const end = this.#writer.writeResult(result.value, result.steps, HEADER_LENGTH);
    return this.#answer(end, STATUS_OK, result.steps.length > 0, options);
  }

  /**
   * Makes the answer with an exception.
   *
   * @throws {CalcError} If it does not fit in a packet.
   */
  error(exception: PyException, status: ErrorStatus, options: AnswerOptions): Uint8Array {
    const end = this.#writer.writeException(exception, HEADER_LENGTH);
    return this.#answer(end, status, false, options);
  }

  #answer(end: number, status: number, steps: boolean, options: AnswerOptions): Uint8Array {
    const header = this.#header;
    header.request = false;
    header.steps = steps;
    header.status = status;
    header.cacheControl = options.cacheControl ?? INDEFINITE;
    header.cache = header.cacheControl !== 0;
    return this.#packet(end, options.unixTime);
  }

  #packet(end: number, unixTime: number): Uint8Array {
    if (end > MAX_PACKET_LENGTH) throw tooLongError(end);
    this.#header.unixTime = unixTime;
    this.#header.totalLength = end;
    writeHeader(this.#header, this.#writer.buffer, 0);
    return this.#writer.buffer.subarray(0, end);
  }
}
