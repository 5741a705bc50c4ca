/**
 * What is wrong with a message that a peer sent, with the status that answers it (RFC 9110 §15).
 *
 * @module
 */

import { FrameSyntaxError, FrameTooLargeError } from "../../net/errors.ts";

/** The statuses that answer a message which can't be read. 502 says that it was an upstream's. */
export type SyntaxStatus = 400 | 417 | 501 | 502 | 505;

/** The statuses that answer a message beyond a limit. 502 says that it was an upstream's. */
export type LimitStatus = 413 | 414 | 431 | 502;

/** A message that breaks the grammar, or that two readers could read in two ways. The connection can't be used on. */
export class HttpSyntaxError extends FrameSyntaxError {
  /** The status to answer with before closing. */
  readonly status: SyntaxStatus;

  /** Makes the error with its status and a sentence that says what was expected and what was found. */
  constructor(status: SyntaxStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** A message, or a part of one, that is larger than its limit. The connection can't be used on. */
export class HttpLimitError extends FrameTooLargeError {
  /** The status to answer with before closing. */
  readonly status: LimitStatus;

  /** Makes the error with its status and a sentence that names the limit. */
  constructor(status: LimitStatus, message: string, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}
