/**
 * What goes wrong on the way to a server, as the codes of the protocol.
 *
 * @module
 */

import type { ErrorCode, HalfwayError } from "../net/errors.ts";
import { Code } from "./message.ts";

/** The code that a client is told for each error on the way to the server. */
export const WIRE_CODES: Readonly<Record<ErrorCode, number>> = {
  FRAME_SYNTAX: Code.BAD_GATEWAY,
  FRAME_TOO_LARGE: Code.BAD_GATEWAY,
  UNEXPECTED_END: Code.BAD_GATEWAY,
  REMOTE: Code.BAD_GATEWAY,
  CONNECT: Code.UNAVAILABLE,
  CLOSED: Code.UNAVAILABLE,
  BIND: Code.UNAVAILABLE,
  USAGE: Code.UNAVAILABLE,
  TIMEOUT: Code.GATEWAY_TIMEOUT,
};

/** Why a server did not give what it was asked for. */
export interface ServerFailure {
  /** The code for the client. */
  readonly code: number;
  /** The entries at fault, if the server named them. */
  readonly indices: readonly number[];
  /** Why, in a sentence. */
  readonly text: string;
  /** The server answered: what was asked for is not done, and never will be. */
  readonly answered: boolean;
  /** The server may have had it, and may have done it. */
  readonly mayHaveArrived: boolean;
}

/** A failure on the way. */
export function failureOf(error: HalfwayError, mayHaveArrived: boolean): ServerFailure {
  const { message } = error;
  return {
    code: WIRE_CODES[error.code],
    indices: [],
    text: message,
    answered: false,
    mayHaveArrived,
  };
}
