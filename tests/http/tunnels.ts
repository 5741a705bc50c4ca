/**
 * An origin that is bare TCP, and a forward proxy that makes tunnels to it.
 *
 * @module
 */

import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from "../../http/proxy/proxy.ts";
import { latin1 } from "../../http/message/bytes.ts";
import { formatAddress } from "../../net/address.ts";
import type { Connection, Listener, NetAddress } from "../../net/connection.ts";
import { listen } from "../../net/runtime.ts";
import { RawClient } from "./origin.ts";

/** Takes connections, and leaves what to do with them to the test. */
export class TcpOrigin {
  readonly #listener: Listener;
  readonly #open: Connection[] = [];

  private constructor(listener: Listener) {
    this.#listener = listener;
  }

  static async start(): Promise<TcpOrigin> {
    return new TcpOrigin(await listen({ port: 0 }));
  }

  get addr(): NetAddress {
    return this.#listener.addr;
  }

  /** The address as a target of CONNECT. */
  get target(): string {
    return formatAddress(this.addr);
  }

  async accept(): Promise<Connection> {
    const connection = await this.#listener.accept();
    this.#open.push(connection);
    return connection;
  }

  [Symbol.dispose](): void {
    this.#listener.close();
    for (const connection of this.#open) closeQuietly(connection);
  }
}

/** Closes what may be closed already. */
export function closeQuietly(connection: Connection): void {
  try {
    connection.close();
  } catch {
    // It is.
  }
}

/** A proxy whose tunnels may go to `origin`. */
export function startTunnelProxy(
  origin: TcpOrigin,
  options: HttpProxyOptions = {},
): Promise<HttpProxy> {
  return startHttpProxy({ port: 0, connectPorts: [origin.addr.port], ...options });
}

/** Asks for a tunnel, with `early` sent along, and waits for the answer's head. */
export async function openTunnel(
  proxy: HttpProxy,
  origin: TcpOrigin,
  early = "",
): Promise<{ client: RawClient; far: Connection; head: string }> {
  const client = await RawClient.connect(proxy.addr);
  await client.send(`CONNECT ${origin.target} HTTP/1.1\r\nHost: ${origin.target}\r\n\r\n${early}`);
  const far = await origin.accept();
  return { client, far, head: await client.until("\r\n\r\n") };
}

/** Reads so many bytes as text. */
export async function readText(connection: Connection, count: number): Promise<string> {
  const buffer = new Uint8Array(count);
  let text = "";
  while (text.length < count) {
    const n = await connection.read(buffer.subarray(text.length));
    if (n === null) throw new Error(`closed after ${JSON.stringify(text)}`);
    text += latin1(buffer, text.length, text.length + n);
  }
  return text;
}

/** Reads until the other side has closed or is gone, and says how much came. */
export async function readToEnd(connection: Connection): Promise<number> {
  const buffer = new Uint8Array(65536);
  let count = 0;
  try {
    for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
      count += n;
    }
  } catch {
    // A reset is an end as well.
  }
  return count;
}
