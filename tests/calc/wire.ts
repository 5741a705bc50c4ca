/**
 * Talks to nodes in bytes, and stands in for the server with a script.
 *
 * @module
 */

import { CalcDecoder, type CalcPacket } from "../../calc/packet.ts";
import { CalcEncoder, type RequestOptions } from "../../calc/encoder.ts";
import { HEADER_LENGTH } from "../../calc/header.ts";
import { parse } from "../../calc/parse.ts";
import { type Answer, readAnswer } from "../../calc/pickle_reader.ts";
import type { Connection, NetAddress } from "../../net/connection.ts";
import { connect, listen } from "../../net/runtime.ts";

/** The time of the golden packets, in seconds. */
export const UNIX_TIME = 0x638f6081;

/** The request for an expression. */
export function requestFor(text: string, options: Partial<RequestOptions> = {}): Uint8Array {
  return new CalcEncoder().request(parse(text), { unixTime: UNIX_TIME, ...options }).slice();
}

/** A packet with any bytes as its data. */
export function packetOf(flags: number, cacheControl: number, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(HEADER_LENGTH + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, UNIX_TIME);
  view.setUint16(4, bytes.length);
  view.setUint16(6, flags);
  view.setUint16(8, cacheControl);
  bytes.set(data, HEADER_LENGTH);
  return bytes;
}

/** Takes a whole packet apart. */
export function decode(bytes: Uint8Array): CalcPacket {
  const decoder = new CalcDecoder();
  const packet = decoder.create();
  decoder.decode(packet, bytes, 0, bytes.length, true);
  return packet;
}

/** What an answer says: its status and its number or error, such as `200 6` or `400 ZeroDivisionError: division by zero`. */
export function said(bytes: Uint8Array): string {
  const { header, dataStart, end } = decode(bytes);
  const answer: Answer = readAnswer(bytes, dataStart, end);
  return answer.kind === "result"
    ? `${header.status} ${answer.value}`
    : `${header.status} ${answer.exception.name}: ${answer.exception}`;
}

/** A connection that sends any bytes. */
export class Wire {
  readonly #connection: Connection;
  #rest: Uint8Array = new Uint8Array(0);

  private constructor(connection: Connection) {
    this.#connection = connection;
  }

  static async open(address: NetAddress): Promise<Wire> {
    return new Wire(await connect(address));
  }

  async send(...parts: Uint8Array[]): Promise<void> {
    const bytes = concat(parts);
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#connection.write(bytes.subarray(sent));
    }
  }

  /** The next packet, or `null` at the end. */
  async packet(): Promise<Uint8Array | null> {
    for (;;) {
      const { length } = this.#rest;
      const total = length < HEADER_LENGTH ? Infinity : (this.#rest[4] << 8) | this.#rest[5];
      if (length >= total) {
        const packet = this.#rest.slice(0, total);
        this.#rest = this.#rest.slice(total);
        return packet;
      }
      const buffer = new Uint8Array(65_536);
      const n = await this.#connection.read(buffer).catch(() => null);
      if (n === null) return null;
      this.#rest = concat([this.#rest, buffer.subarray(0, n)]);
    }
  }

  /** Sends a request and says what the answer is. */
  async ask(request: Uint8Array): Promise<string> {
    await this.send(request);
    const answer = await this.packet();
    return answer === null ? "closed" : said(answer);
  }

  async closeWrite(): Promise<void> {
    await this.#connection.closeWrite();
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}

/** A stand-in for the server: answers the n-th request with what the script returns, or closes at `null`. */
export class FakeServer {
  readonly address: NetAddress;
  readonly requests: Uint8Array[] = [];
  connections = 0;
  readonly #close: () => Promise<void>;

  private constructor(address: NetAddress, close: () => Promise<void>) {
    this.address = address;
    this.#close = close;
  }

  static async start(
    script: (request: Uint8Array, count: number) => Promise<Uint8Array | null> | Uint8Array | null,
  ): Promise<FakeServer> {
    const listener = await listen({ port: 0 });
    const open = new Set<Connection>();
    const serving = new Set<Promise<void>>();
    const fake: FakeServer = new FakeServer(listener.addr, async () => {
      listener.close();
      await accepting;
      const left = [...open];
      open.clear();
      for (const connection of left) connection.close();
      await Promise.all(serving);
    });
    const answer = async (connection: Connection): Promise<void> => {
      const buffer = new Uint8Array(65_536);
      try {
        for (;;) {
          const n = await connection.read(buffer);
          if (n === null) break;
          const request = buffer.slice(0, n);
          fake.requests.push(request);
          const reply = await script(request, fake.requests.length);
          if (reply === null) break;
          await connection.write(reply);
        }
      } catch {
        // The other side is gone, or the test is over.
      }
      if (open.delete(connection)) connection.close();
    };
    const accepting = (async () => {
      try {
        for (;;) {
          const connection = await listener.accept();
          fake.connections++;
          open.add(connection);
          const served = answer(connection).finally(() => serving.delete(served));
          serving.add(served);
        }
      } catch {
        // The listener is closed.
      }
    })();
    return fake;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/** An address that nobody listens on. */
export async function deadAddress(): Promise<NetAddress> {
  const listener = await listen({ port: 0 });
  const { addr } = listener;
  listener.close();
  return addr;
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
