/**
 * Sockets on Deno: its own objects, as they are. The one file that names `Deno.listen` and `Deno.connect`.
 *
 * @module
 */

import type { Connection, ConnectOptions, Listener, ListenOptions } from "./connection.ts";
import { TimeoutError } from "./errors.ts";
import { asBindError, asConnectError } from "./network_errors.ts";
import { formatAddress } from "./address.ts";

const DEFAULT_CONNECT_TIMEOUT_MS = 5_000;

/**
 * Listens for TCP connections.
 *
 * @throws {BindError} If the address can't be had.
 */
export function listen(options: ListenOptions): Promise<Listener> {
  const hostname = options.hostname ?? "127.0.0.1";
  try {
    const { port, reusePort = false } = options;
    return Promise.resolve(Deno.listen({ hostname, port, transport: "tcp", reusePort }));
  } catch (error) {
    return Promise.reject(asBindError(error, { hostname, port: options.port }));
  }
}

/**
 * Opens a TCP connection, with small writes sent at once.
 *
 * @throws {ConnectError} If it can't be made.
 * @throws {TimeoutError} If it is not made in time.
 */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const { hostname, port, timeoutMs = DEFAULT_CONNECT_TIMEOUT_MS } = options;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), timeoutMs);
  try {
    const connection = await Deno.connect({
      hostname,
      port,
      transport: "tcp",
      signal: abort.signal,
    });
    connection.setNoDelay(true);
    return connection;
  } catch (error) {
    if (abort.signal.aborted) {
      throw new TimeoutError(
        `Cannot connect to ${formatAddress(options)}: no answer within ${timeoutMs} ms`,
        { cause: error },
      );
    }
    throw asConnectError(error, options);
  } finally {
    clearTimeout(timer);
  }
}
