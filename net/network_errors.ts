/**
 * What the runtimes throw, brought to the errors of {@linkcode HalfwayError}. Deno names its errors by class, Node by
 * code; both are read here, and nowhere else.
 *
 * @module
 */

import { BindError, ClosedError, ConnectError, HalfwayError } from "./errors.ts";
import type { NetAddress } from "./connection.ts";
import { formatAddress } from "./address.ts";

/** Names and codes of "this connection is gone", from either side. */
const GONE = new Set([
  "ConnectionReset",
  "ConnectionAborted",
  "BrokenPipe",
  "NotConnected",
  "BadResource",
  "Interrupted",
  "UnexpectedEof",
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ENOTCONN",
  "EBADF",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_WRITE_AFTER_END",
  "ERR_SOCKET_CLOSED",
]);

function nameAndCode(error: unknown): [string, string] {
  if (!(error instanceof Error)) return ["", ""];
  const code = (error as { code?: unknown }).code;
  return [error.name, typeof code === "string" ? code : ""];
}

/** The short reason in an error of the runtime, for a sentence. */
export function reasonOf(error: unknown): string {
  const [name, code] = nameAndCode(error);
  if (name === "ConnectionRefused" || code === "ECONNREFUSED") return "connection refused";
  if (name === "TimedOut" || name === "TimeoutError" || code === "ETIMEDOUT") return "timed out";
  if (code === "ENOTFOUND" || code === "EAI_AGAIN") return "no such host";
  if (GONE.has(name) || GONE.has(code)) return "connection reset";
  const text = error instanceof Error ? error.message : String(error);
  if (/lookup address|name or service/i.test(text)) return "no such host";
  return text.replace(/ \(os error \d+\)/, "");
}

/**
 * Any error of a read or write as one of the family.
 *
 * @param error What was thrown.
 * @param peer The other end, for the sentence.
 * @returns `error` itself if it is of the family, otherwise a {@linkcode ClosedError} that keeps it as its cause.
 */
export function asNetworkError(error: unknown, peer: string): HalfwayError {
  if (error instanceof HalfwayError) return error;
  return new ClosedError(`Connection to ${peer} was lost: ${reasonOf(error)}`, { cause: error });
}

/** A failed `connect` as a {@linkcode ConnectError}. */
export function asConnectError(error: unknown, address: NetAddress): HalfwayError {
  if (error instanceof HalfwayError) return error;
  return new ConnectError(`Cannot connect to ${formatAddress(address)}: ${reasonOf(error)}`, {
    cause: error,
  });
}

/** A failed `listen` as a {@linkcode BindError} that says what to do. */
export function asBindError(error: unknown, address: NetAddress): BindError {
  const [name, code] = nameAndCode(error);
  const where = formatAddress(address);
  let sentence = `Cannot listen on ${where}: ${reasonOf(error)}`;
  if (name === "AddrInUse" || code === "EADDRINUSE") {
    sentence = `Cannot listen on ${where}: the port is in use; stop the other program or choose ` +
      `another port with --port`;
  } else if (name === "AddrNotAvailable" || code === "EADDRNOTAVAIL") {
    sentence =
      `Cannot listen on ${where}: this machine has no such address; choose another with --host`;
  } else if (name === "PermissionDenied" || code === "EACCES") {
    sentence = `Cannot listen on ${where}: not permitted; ports below 1024 need special rights`;
  }
  return new BindError(sentence, { cause: error });
}
