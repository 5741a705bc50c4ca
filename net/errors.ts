/**
 * The errors that peers and networks cause, one small family, and the one table that says what each comes to.
 *
 * A mistake of the caller's own is a `TypeError` or `RangeError` instead.
 *
 * @module
 */

/** The stable names of the errors in this family. */
export type ErrorCode =
  | "FRAME_SYNTAX"
  | "FRAME_TOO_LARGE"
  | "UNEXPECTED_END"
  | "CONNECT"
  | "TIMEOUT"
  | "REMOTE"
  | "CLOSED"
  | "BIND"
  | "USAGE";

/** What an error comes to outside its protocol. */
export interface ErrorMeaning {
  /** Exit code of a program that ends with it. */
  readonly exitCode: number;
  /** The level at which a node logs it. */
  readonly logLevel: "debug" | "info" | "warning" | "error";
  /** Value of the `error` label in metrics. */
  readonly metricLabel: string;
}

/** Every error code with its exit code, log level and metric label. Replies on the wire are each protocol's own. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, ErrorMeaning>> = {
  FRAME_SYNTAX: { exitCode: 5, logLevel: "warning", metricLabel: "frame_syntax" },
  FRAME_TOO_LARGE: { exitCode: 5, logLevel: "warning", metricLabel: "frame_too_large" },
  UNEXPECTED_END: { exitCode: 5, logLevel: "info", metricLabel: "unexpected_end" },
  CONNECT: { exitCode: 3, logLevel: "error", metricLabel: "connect" },
  TIMEOUT: { exitCode: 4, logLevel: "warning", metricLabel: "timeout" },
  REMOTE: { exitCode: 1, logLevel: "info", metricLabel: "remote" },
  CLOSED: { exitCode: 3, logLevel: "info", metricLabel: "closed" },
  BIND: { exitCode: 6, logLevel: "error", metricLabel: "bind" },
  USAGE: { exitCode: 2, logLevel: "error", metricLabel: "usage" },
};

/** The common class of the family; `code` is stable, `message` is for people, `cause` keeps what lay beneath. */
export class HalfwayError extends Error {
  /** Which error this is; see {@linkcode ERROR_MEANINGS}. */
  readonly code: ErrorCode;

  /** Makes an error of the family; one of the subclasses says which. */
  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** The peer sent bytes that are no frame of the protocol. */
export class FrameSyntaxError extends HalfwayError {
  /** Makes the error with a sentence that says what was expected and what was found. */
  constructor(message: string, options?: ErrorOptions) {
    super("FRAME_SYNTAX", message, options);
  }
}

/** The peer sent, or announced, a frame larger than the limit. */
export class FrameTooLargeError extends HalfwayError {
  /** Makes the error with a sentence that names the limit. */
  constructor(message: string, options?: ErrorOptions) {
    super("FRAME_TOO_LARGE", message, options);
  }
}

/** The peer closed in the middle of a frame. */
export class UnexpectedEndError extends HalfwayError {
  /** Makes the error with a sentence that says what was still expected. */
  constructor(message: string, options?: ErrorOptions) {
    super("UNEXPECTED_END", message, options);
  }
}

/** No connection could be made. */
export class ConnectError extends HalfwayError {
  /** Makes the error with a sentence that names the address. */
  constructor(message: string, options?: ErrorOptions) {
    super("CONNECT", message, options);
  }
}

/** The peer did not do in time what was waited for. */
export class TimeoutError extends HalfwayError {
  /** Makes the error with a sentence that names what was waited for, and how long. */
  constructor(message: string, options?: ErrorOptions) {
    super("TIMEOUT", message, options);
  }
}

/** The peer answered with an error of the protocol. */
export class RemoteError extends HalfwayError {
  /** Makes the error with the peer's own words. */
  constructor(message: string, options?: ErrorOptions) {
    super("REMOTE", message, options);
  }
}

/** The connection is closed, by either side, so that nothing can be sent on it any more. */
export class ClosedError extends HalfwayError {
  /** Makes the error with a sentence that says what was closed. */
  constructor(message: string, options?: ErrorOptions) {
    super("CLOSED", message, options);
  }
}

/** The address to listen on can't be had. */
export class BindError extends HalfwayError {
  /** Makes the error with a sentence that names the address and what to do. */
  constructor(message: string, options?: ErrorOptions) {
    super("BIND", message, options);
  }
}

/** The command line, environment or configuration file is wrong. */
export class UsageError extends HalfwayError {
  /** Makes the error with a sentence that says what to change. */
  constructor(message: string, options?: ErrorOptions) {
    super("USAGE", message, options);
  }
}
