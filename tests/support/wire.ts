/**
 * One end of a TCP connection for tests: says bytes, and waits for bytes.
 *
 * @module
 */

import { connect } from "../../net/runtime.ts";
import type { Connection, NetAddress } from "../../net/connection.ts";
import { within } from "./within.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Text as bytes; bytes as they are. */
export function bytesOf(data: string | Uint8Array): Uint8Array {
  return typeof data === "string" ? encoder.encode(data) : data;
}

/** One end of a connection. */
export class Wire {
  readonly connection: Connection;
  /** What was read and not yet taken. */
  #text = "";
  #ended = false;
  #closed = false;
  readonly #sink = new Uint8Array(64 * 1024);

  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Connects to a node. */
  static async open(address: NetAddress): Promise<Wire> {
    return new Wire(await connect(address));
  }

  /** Sends all of `data`. */
  async send(data: string | Uint8Array): Promise<void> {
    let bytes = bytesOf(data);
    while (bytes.length > 0) {
      bytes = bytes.subarray(await within(this.connection.write(bytes), "the peer to take bytes"));
    }
  }

  /** Says that nothing more comes. */
  async end(): Promise<void> {
    await this.connection.closeWrite();
  }

  async #more(what: string): Promise<boolean> {
    if (this.#ended) return false;
    const n = await within(
      this.connection.read(this.#sink),
      `${what}; so far there is ${JSON.stringify(this.#text.slice(0, 300))}`,
    );
    if (n === null) this.#ended = true;
    else this.#text += decoder.decode(this.#sink.subarray(0, n), { stream: true });
    return n !== null;
  }

  /** The next `count` characters. */
  async take(count: number): Promise<string> {
    while (this.#text.length < count && await this.#more(`${count} characters`));
    const taken = this.#text.slice(0, count);
    this.#text = this.#text.slice(count);
    return taken;
  }

  /** What comes up to and with `end`. */
  async until(end: string): Promise<string> {
    while (!this.#text.includes(end)) {
      if (!await this.#more(JSON.stringify(end))) {
        throw new Error(`The peer closed before ${JSON.stringify(end)}, after ${this.#text}`);
      }
    }
    return await this.take(this.#text.indexOf(end) + end.length);
  }

  /** The next line, without its end. */
  async line(): Promise<string> {
    return (await this.until("\n")).trimEnd();
  }

  /** Sends a line and waits for one. */
  async ask(message: string): Promise<string> {
    await this.send(`${message}\n`);
    return await this.line();
  }

  /** All that comes until the peer closes. A reset counts as a close if `orReset`. */
  async rest(orReset = false): Promise<string> {
    try {
      while (await this.#more("the peer to close"));
    } catch (error) {
      if (!orReset || (error instanceof Error && error.message.startsWith("Waited"))) throw error;
    }
    return await this.take(this.#text.length);
  }

  /** Reads up to 64 KiB; `null` once the peer has closed, or reset the connection. */
  async some(): Promise<string | null> {
    if (this.#text === "") {
      try {
        if (!await this.#more("something")) return null;
      } catch {
        return null;
      }
    }
    return await this.take(this.#text.length);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.connection.close();
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
