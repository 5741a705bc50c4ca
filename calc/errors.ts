/**
 * Calculation errors as values: the Python exception that travels in an answer, its status, and its text.
 *
 * @module
 */

import { numberRepr, numberText, type PyNumber, stringRepr } from "./python_repr.ts";

/** The calculation succeeded. */
export const STATUS_OK = 200;
/** The request is at fault: it can't be calculated, or is no expression. */
export const STATUS_CLIENT_ERROR = 400;
/** The node is at fault, or could not read the packet. */
export const STATUS_SERVER_ERROR = 500;

/** The status of an error answer. */
export type ErrorStatus = 400 | 500;

/** What an exception may carry: text, numbers, `None` (as `null`), and further exceptions. */
export type ExceptionArg = string | PyNumber | null | PyException;

/** A Python exception: class and arguments, as it is pickled into an error answer. */
export class PyException {
  /** Module of the class: `builtins`, `api`, `struct` … */
  readonly module: string;
  /** Name of the class, such as `ValueError`. */
  readonly name: string;
  /** The arguments it was made with. */
  readonly args: readonly ExceptionArg[];

  /** Makes an exception value; nothing is thrown. */
  constructor(module: string, name: string, args: readonly ExceptionArg[]) {
    this.module = module;
    this.name = name;
    this.args = args;
  }

  /** As Python's `str`: nothing, the one argument, or the tuple of all. This is what a client prints. */
  toString(): string {
    const args = this.args;
    if (args.length === 0) return "";
    if (args.length === 2 && OS_ERRORS.has(this.name)) {
      return `[Errno ${argText(args[0])}] ${argText(args[1])}`;
    }
    if (args.length > 1) return `(${args.map(argRepr).join(", ")})`;
    return this.name === "KeyError" ? argRepr(args[0]) : argText(args[0]);
  }
}

/** Classes that show two arguments as `[Errno 111] Connection refused`. */
const OS_ERRORS: ReadonlySet<string> = new Set(
  ("OSError BlockingIOError ChildProcessError ConnectionError BrokenPipeError " +
    "ConnectionAbortedError ConnectionRefusedError ConnectionResetError FileExistsError " +
    "FileNotFoundError InterruptedError IsADirectoryError NotADirectoryError PermissionError " +
    "ProcessLookupError TimeoutError gaierror herror").split(" "),
);

function argText(arg: ExceptionArg): string {
  if (typeof arg === "string") return arg;
  if (arg === null) return "None";
  return arg instanceof PyException ? arg.toString() : numberText(arg);
}

function argRepr(arg: ExceptionArg): string {
  if (typeof arg === "string") return stringRepr(arg);
  if (arg === null) return "None";
  if (!(arg instanceof PyException)) return numberRepr(arg);
  return `${arg.name}(${arg.args.map(argRepr).join(", ")})`;
}

/** A request that can't be answered with a number: the exception to answer instead, and its status. */
export class CalcError extends Error {
  /** The exception that goes into the answer. */
  readonly exception: PyException;
  /** The status of the answer. */
  readonly status: ErrorStatus;

  /** Makes an error whose message is the exception's text. */
  constructor(
    exception: PyException,
    status: ErrorStatus = STATUS_CLIENT_ERROR,
    options?: ErrorOptions,
  ) {
    super(exception.toString(), options);
    this.name = new.target.name;
    this.exception = exception;
    this.status = status;
  }
}

/** Why a pickle was refused. */
export type PickleFault = "syntax" | "global" | "type" | "limit";

/** A pickle that the closed reader refuses; `detail` says why and where, the exception is what a peer is told. */
export class PickleError extends CalcError {
  /** What kind of fault it is. */
  readonly fault: PickleFault;
  /** What was expected and what was found, for the log. */
  readonly detail: string;

  /** Makes the error; `exception` is `ValueError('Received data could not be deserialized')` when left out. */
  constructor(
    fault: PickleFault,
    detail: string,
    exception: PyException = builtinException("ValueError", UNREADABLE_TEXT),
  ) {
    super(exception);
    this.fault = fault;
    this.detail = detail;
  }
}

/** What the original answers to bytes that are no pickle. */
export const UNREADABLE_TEXT = "Received data could not be deserialized";
/** What the original answers to a pickle of something else, and to no data; the 2 is the original's. */
export const NOT_AN_EXPRESSION_TEXT = "Received data is not an Expression2";

/** An exception of Python's own, such as `builtinException("ValueError", "math domain error")`. */
export function builtinException(name: string, ...args: ExceptionArg[]): PyException {
  return new PyException("builtins", name, args);
}

/** The error for a value that is no number, complex numbers included, in the original's words. */
export function unknownTypeError(pythonType: string): CalcError {
  const text = `Unknown expression type <class '${pythonType}'> cannot be converted to Expression`;
  return new CalcError(builtinException("TypeError", text));
}

/** What a node answers (status 500) to a packet whose header can't be read; `reason` is the header error's text. */
export function unpackException(reason: string): PyException {
  return new PyException("api", "CalculatorClientError", [
    `Error while unpacking request: ${reason}`,
  ]);
}

/** An exception of the original's for what a node itself can't do, such as serving one more connection. */
export function serverException(text: string): PyException {
  return new PyException("api", "CalculatorServerError", [text]);
}

/** What a proxy answers (status 500) when it could not get an answer; `cause` is the reason. */
export function proxyException(cause: PyException): PyException {
  return new PyException("api", "CalculatorServerError", ["Internal proxy error", cause]);
}

/** The cause within {@linkcode proxyException} when the server refused the connection and the cache can't help. */
export function refusedException(): PyException {
  return serverException(
    "Connection refused by server and the request was not in the cache/it was stale",
  );
}

/** What a node answers to a response packet where a request was due (400 by a server; within a proxy's 500). */
export function notARequestException(): PyException {
  return builtinException("TypeError", "Received a response instead of a request");
}

/** The original's words for a total length outside 12..65536. */
export function invalidLengthText(totalLength: number): string {
  return `Invalid total length: ${totalLength} (must be between 12 and 65536 bytes inclusive)`;
}

/** The error (status 500) for a packet of `totalLength` bytes, which is more than one packet can hold. */
export function tooLongError(totalLength: number): CalcError {
  // The original's own check lets 65536 pass, and its 16-bit field then can't hold it.
  const exception = totalLength === 65536
    ? new PyException("struct", "error", ["'H' format requires 0 <= number <= 65535"])
    : builtinException("ValueError", invalidLengthText(totalLength));
  return new CalcError(exception, STATUS_SERVER_ERROR);
}
