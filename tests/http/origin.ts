/**
 * An origin whose every byte the test decides, and a client that sends bytes as they are: both over real sockets.
 *
 * @module
 */

import { latin1, latin1Bytes } from "../../http/message/bytes.ts";
import { ByteSource } from "../../http/message/byte_source.ts";
import { BodyReader } from "../../http/message/body_reader.ts";
import { RequestHead } from "../../http/message/request_head.ts";
import type { Connection, Listener, NetAddress } from "../../net/connection.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import { connect, listen } from "../../net/runtime.ts";

/** A request as the origin saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly target: string;
  get(name: string): string | null;
  readonly lines: readonly (readonly [string, string])[];
  /** Reads the body, which is not read before. */
  body(): Promise<string>;
}

/** Answers a request on the bare connection. Returns `false` to close it. */
export type OriginScript = (
  request: SeenRequest,
  reply: (text: string) => Promise<void>,
  connection: Connection,
) => Promise<boolean | void> | boolean | void;

/** An origin. */
export class ScriptedOrigin {
  /** Requests that came, in order. */
  readonly seen: SeenRequest[] = [];
  /** Connections that were made. */
  connections = 0;
  script: OriginScript;
  readonly #listener: Listener;
  readonly #open = new Set<Connection>();
  readonly #done: Promise<void>;
  #closed = false;

  private constructor(listener: Listener, script: OriginScript) {
    this.#listener = listener;
    this.script = script;
    this.#done = this.#accept();
  }

  /** Starts on a free port. */
  static async start(script: OriginScript): Promise<ScriptedOrigin> {
    return new ScriptedOrigin(await listen({ port: 0 }), script);
  }

  get addr(): NetAddress {
    return this.#listener.addr;
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#open.size;
  }

  async #accept(): Promise<void> {
    const serving: Promise<void>[] = [];
    try {
      for (;;) {
        const connection = await this.#listener.accept();
        this.connections++;
        this.#open.add(connection);
        serving.push(this.#serve(connection));
      }
    } catch {
      await Promise.all(serving);
    }
  }

  async #serve(connection: Connection): Promise<void> {
    const source = new ByteSource(connection);
    try {
      for (;;) {
        const head = new RequestHead();
        let after = NEED_MORE;
        while (after === NEED_MORE) {
          if (source.start < source.end) {
            after = head.parse(source.buffer, source.start, source.end);
          }
          if (after === NEED_MORE && !await source.fill()) return;
        }
        head.rebase(source.buffer.slice(source.start, after), 0);
        source.start = after;
        const reader = new BodyReader(source, head);
        const body = async () => {
          let text = "";
          for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
            text += latin1(piece, 0, piece.length);
          }
          return text;
        };
        const request = {
          method: head.method,
          target: head.target,
          get: (name: string) => head.get(name),
          lines: head.lines(),
          body,
        };
        this.seen.push(request);
        const reply = (text: string) => writeAll(connection, latin1Bytes(text));
        if (await this.script(request, reply, connection) === false) return;
      }
    } catch {
      // The proxy is gone, or the test is over.
    } finally {
      if (this.#open.delete(connection)) connection.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    await this.#done;
  }
}

export async function writeAll(connection: Connection, bytes: Uint8Array): Promise<void> {
  for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
}

/** A client that sends what it is told. */
export class RawClient {
  readonly connection: Connection;
  #text = "";

  private constructor(connection: Connection) {
    this.connection = connection;
  }

  static async connect(address: NetAddress): Promise<RawClient> {
    return new RawClient(await connect(address));
  }

  async send(text: string): Promise<void> {
    await writeAll(this.connection, latin1Bytes(text));
  }

  /** Reads until `end` has come, and gives all up to and with it. */
  async until(end: string): Promise<string> {
    const buffer = new Uint8Array(65536);
    for (;;) {
      const at = this.#text.indexOf(end);
      if (at >= 0) {
        const found = this.#text.slice(0, at + end.length);
        this.#text = this.#text.slice(at + end.length);
        return found;
      }
      const n = await this.connection.read(buffer);
      if (n === null) throw new Error(`closed after ${JSON.stringify(this.#text)}`);
      this.#text += latin1(buffer, 0, n);
    }
  }

  /** Reads until the other side closes, gracefully or not. */
  async rest(): Promise<string> {
    const buffer = new Uint8Array(65536);
    try {
      for (let n = await this.connection.read(buffer); n !== null;) {
        this.#text += latin1(buffer, 0, n);
        n = await this.connection.read(buffer);
      }
    } catch {
      // A reset is an end as well.
    }
    return this.#text;
  }

  [Symbol.dispose](): void {
    try {
      this.connection.close();
    } catch {
      // It is closed already.
    }
  }
}

/** A response with a body and fields. */
export function ok(body: string, ...fields: string[]): string {
  const lines = ["HTTP/1.1 200 OK", `Content-Length: ${body.length}`, ...fields];
  return `${lines.join("\r\n")}\r\n\r\n${body}`;
}
