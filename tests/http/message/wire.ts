/**
 * A peer that says over TCP what a test tells it to, byte for byte, and reads responses with the simplest of readers.
 *
 * @module
 */

import type { Connection, NetAddress } from "../../../net/connection.ts";
import { connect } from "../../../net/runtime.ts";

const encoder = new TextEncoder();

/** A response, its body one character a byte. */
export interface WireResponse {
  readonly status: number;
  /** Values by lower-case name. */
  readonly fields: ReadonlyMap<string, string>;
  readonly body: string;
}

/** One connection. */
export class Wire {
  readonly #connection: Connection;
  #pending = "";
  #isClosed = false;

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  /** Connects. */
  static async to(address: NetAddress): Promise<Wire> {
    return new Wire(await connect(address));
  }

  /** Sends text as UTF-8. */
  async send(text: string): Promise<void> {
    const bytes = encoder.encode(text);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** Says that no more will be sent. */
  async endSending(): Promise<void> {
    await this.#connection.closeWrite();
  }

  /** Reads some more; `false` at the end, a reset included. */
  async #more(): Promise<boolean> {
    const buffer = new Uint8Array(64 * 1024);
    const n = await this.#connection.read(buffer).catch(() => null);
    if (n === null) return false;
    let text = "";
    for (let at = 0; at < n; at += 4096) {
      text += String.fromCharCode(...buffer.subarray(at, Math.min(n, at + 4096)));
    }
    this.#pending += text;
    return true;
  }

  /** Takes so many bytes, or all there are if the other side closes first. */
  async take(count: number): Promise<string> {
    while (this.#pending.length < count && await this.#more());
    const taken = this.#pending.slice(0, count);
    this.#pending = this.#pending.slice(count);
    return taken;
  }

  /** Takes all until the other side closes. */
  async rest(): Promise<string> {
    while (await this.#more());
    return await this.take(this.#pending.length);
  }

  /** Takes one response; one to HEAD has no body, whatever its length says. */
  async response(method = "GET"): Promise<WireResponse> {
    while (!this.#pending.includes("\r\n\r\n") && await this.#more());
    const end = this.#pending.indexOf("\r\n\r\n");
    if (end < 0) throw new Error(`No response, but ${JSON.stringify(this.#pending)}`);
    const [statusLine, ...lines] = (await this.take(end + 4)).trimEnd().split("\r\n");
    const fields = new Map(lines.map((line) => {
      const colon = line.indexOf(": ");
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    }));
    const length = method === "HEAD" ? 0 : Number(fields.get("content-length") ?? 0);
    return { status: Number(statusLine.split(" ")[1]), fields, body: await this.take(length) };
  }

  /** Closes; twice does no harm. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#connection.close();
  }

  /** Closes. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** Sends a request on a connection of its own, and gives its response. */
export async function ask(
  address: NetAddress,
  target: string,
  fields: Readonly<Record<string, string>> = {},
  method = "GET",
): Promise<WireResponse> {
  using wire = await Wire.to(address);
  await wire.send(requestText(target, fields, method));
  return await wire.response(method);
}

/** The text of a request without a body. */
export function requestText(
  target: string,
  fields: Readonly<Record<string, string>> = {},
  method = "GET",
): string {
  const lines = Object.entries(fields).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${target} HTTP/1.1\r\nHost: a.example\r\n${lines.join("")}\r\n`;
}
