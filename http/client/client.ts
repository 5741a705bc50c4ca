/**
 * A small HTTP client: a request to an origin or through a proxy, the response's body as it arrives. It follows no
 * redirect, keeps no cookie and undoes no coding: what is seen is what went over the wire.
 *
 * @module
 */

import type { NetAddress } from "../../net/connection.ts";
import { ClosedError, FrameTooLargeError } from "../../net/errors.ts";
import { formatAddress } from "../../net/address.ts";
import { connect } from "../../net/runtime.ts";
import { ClientConnection } from "./client_connection.ts";
import { type PreparedRequest, prepareRequest, type RequestBody } from "./client_request.ts";
import { type FieldLine, FieldList, type FieldReader } from "../message/field_reader.ts";
import { parseDeltaSeconds } from "../fields/delta_seconds.ts";
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from "../message/limits.ts";
import type { ResponseHead } from "../message/response_head.ts";
import { ByteWriter } from "../message/writer.ts";

export type { RequestBody } from "./client_request.ts";

/** Settings of an {@linkcode HttpClient}. */
export interface HttpClientOptions {
  /** The proxy that every request goes to; without one each goes to its origin. */
  readonly proxy?: NetAddress;
  /** `USER:PASSWORD` for the proxy, in the Basic scheme (RFC 7617). */
  readonly proxyUser?: string;
  /** How long to try to connect, in milliseconds. @default {5000} */
  readonly connectTimeoutMs?: number;
  /** How long the other side may take for its next bytes, in milliseconds. @default {60000} */
  readonly timeoutMs?: number;
  /** Connections that are kept open for each address. @default {4} */
  readonly maxIdlePerAddress?: number;
  /** Limits of a response's head. */
  readonly headLimits?: HeadLimits;
}

/** One request. */
export interface HttpRequestOptions {
  /** The method. @default {"GET"} */
  readonly method?: string;
  /** The fields; Host follows from the URL unless it is among them, and framing from the body. */
  readonly fields?: readonly FieldLine[];
  /** The body; pieces are sent in chunks. */
  readonly body?: RequestBody;
}

/** A response whose head has come. Its body has to be read, or the response closed. */
export class HttpResponse {
  /** The status. */
  readonly status: number;
  /** The reason phrase, which may be empty. */
  readonly reason: string;
  /** 1 for HTTP/1.1, 0 for HTTP/1.0. */
  readonly minorVersion: number;
  /** The fields. */
  readonly fields: FieldReader;
  /** Whether the connection had carried a response before. */
  readonly reused: boolean;
  readonly #connection: ClientConnection;
  readonly #release: () => void;
  #isReleased = false;

  /** Made by {@linkcode HttpClient.request}. */
  constructor(
    head: ResponseHead,
    connection: ClientConnection,
    release: () => void,
  ) {
    this.status = head.status;
    this.reason = head.reason;
    this.minorVersion = head.minorVersion;
    this.fields = new FieldList(head.lines());
    this.reused = connection.responses > 1;
    this.#connection = connection;
    this.#release = release;
    if (connection.bodyDone) this.close();
  }

  /** Seconds since the origin made or validated it, as the caches on the way say, or `null`. */
  get age(): number | null {
    const value = this.fields.get("age");
    return value === null ? null : parseDeltaSeconds(value);
  }

  /** What the caches on the way did (RFC 9211), or `null`. */
  get cacheStatus(): string | null {
    return this.fields.get("cache-status");
  }

  /** Content-Length, or `null`. */
  get contentLength(): number | null {
    const value = this.fields.get("content-length");
    return value !== null && /^\d+$/.test(value) ? Number(value) : null;
  }

  /**
   * The body, piece by piece; a piece is valid until the next one is asked for. Leaving the loop early closes the
   * connection.
   *
   * @throws {HalfwayError} If the body breaks off, breaks the grammar, or does not come in time.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    if (this.#isReleased) return;
    try {
      for (
        let piece = await this.#connection.nextPiece();
        piece !== null;
        piece = await this.#connection.nextPiece()
      ) yield piece;
    } finally {
      this.close();
    }
  }

  /**
   * The whole body.
   *
   * @param maxBytes The connection is closed if there is more. @default {67108864}
   * @throws {FrameTooLargeError} If the body is longer.
   * @throws {HalfwayError} If the body breaks off, breaks the grammar, or does not come in time.
   */
  async bytes(maxBytes = 64 * 1024 * 1024): Promise<Uint8Array> {
    const whole = new ByteWriter();
    for await (const piece of this) {
      if (whole.length + piece.length > maxBytes) {
        throw new FrameTooLargeError(`Expected a body of at most ${maxBytes} bytes`);
      }
      whole.putBytes(piece);
    }
    return whole.written().slice();
  }

  /** The whole body as UTF-8; as {@linkcode HttpResponse.bytes}. */
  async text(maxBytes?: number): Promise<string> {
    return new TextDecoder().decode(await this.bytes(maxBytes));
  }

  /** Does without the rest of the body. */
  close(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    this.#release();
  }
}

/**
 * A client that keeps its connections.
 *
 * @example
 * ```ts
 * import { HttpClient, startFileServer } from "@halfway/proxy";
 *
 * await using server = await startFileServer({ root: ".", port: 0 });
 * using client = new HttpClient();
 * const response = await client.request(`http://127.0.0.1:${server.addr.port}/README.md`);
 * console.log(response.status, (await response.text()).length > 0); // 200 true
 * ```
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #idle = new Map<string, ClientConnection[]>();
  readonly #open = new Set<ClientConnection>();
  #closed = false;

  /** Opens nothing before the first request. */
  constructor(options: HttpClientOptions = {}) {
    this.#options = options;
  }

  /**
   * Sends a request, and waits for the head of its response.
   *
   * Where a kept connection turns out to be closed, a request that may be repeated goes out once more on a new one.
   *
   * @param url An http URL; its fragment is not sent.
   * @throws {TypeError} If the URL, the method or a field can't stand in a request.
   * @throws {HalfwayError} If there is no connection, or no response.
   */
  async request(url: string | URL, options: HttpRequestOptions = {}): Promise<HttpResponse> {
    const { method = "GET", fields = [], body = null } = options;
    const { proxy = null, proxyUser = null } = this.#options;
    const prepared = prepareRequest(url, method, fields, body, proxy, proxyUser);
    if (this.#closed) throw new ClosedError("The client is closed");
    const kept = this.#idle.get(formatAddress(prepared.address))?.pop();
    if (kept !== undefined) {
      try {
        return await this.#exchange(kept, prepared);
      } catch (error) {
        if (kept.heard || !prepared.repeatable || this.#closed || isTimeout(error)) throw error;
      }
    }
    return await this.#exchange(await this.#connect(prepared.address), prepared);
  }

  /** Closes every connection; what is under way fails. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#open) connection.close();
    this.#open.clear();
    this.#idle.clear();
  }

  /** Closes every connection. */
  [Symbol.dispose](): void {
    this.close();
  }

  async #connect(address: NetAddress): Promise<ClientConnection> {
    const { connectTimeoutMs, timeoutMs = 60_000, headLimits = DEFAULT_HEAD_LIMITS } =
      this.#options;
    const socket = await connect({ ...address, timeoutMs: connectTimeoutMs });
    if (this.#closed) {
      socket.close();
      throw new ClosedError("The client is closed");
    }
    const connection = new ClientConnection(socket, address, timeoutMs, headLimits);
    this.#open.add(connection);
    return connection;
  }

  async #exchange(
    connection: ClientConnection,
    request: PreparedRequest,
  ): Promise<HttpResponse> {
    connection.heard = false;
    // Not waited for: an answer may come before all is sent, and the rest is then of no use.
    let sent: "under way" | "whole" | "not" = "under way";
    let failure: unknown = null;
    const sending = send(connection, request).then(() => void (sent = "whole"), (error) => {
      sent = "not";
      failure = error;
    });
    try {
      const head = await connection.readHead(request.method);
      return new HttpResponse(head, connection, () => {
        this.#release(connection, request.address, sent === "whole");
      });
    } catch (error) {
      connection.close();
      this.#open.delete(connection);
      await sending;
      // Where the caller's own pieces failed, that is the reason.
      throw request.chunks !== null && failure !== null && !connection.heard ? failure : error;
    }
  }

  #release(connection: ClientConnection, address: NetAddress, isSent: boolean): void {
    const key = formatAddress(address);
    const kept = this.#idle.get(key) ?? [];
    const { maxIdlePerAddress = 4 } = this.#options;
    if (!this.#closed && isSent && connection.reusable && kept.length < maxIdlePerAddress) {
      kept.push(connection);
      this.#idle.set(key, kept);
    } else {
      connection.close();
      this.#open.delete(connection);
    }
  }
}

async function send(connection: ClientConnection, request: PreparedRequest): Promise<void> {
  await connection.write(request.head);
  if (request.chunks === null) return;
  const out = new ByteWriter();
  let isWriting = false;
  try {
    for await (const piece of request.chunks) {
      if (piece.length === 0) continue;
      out.clear();
      out.chunkHead(piece.length);
      out.putBytes(piece);
      out.endLine();
      isWriting = true;
      await connection.write(out.written());
      isWriting = false;
    }
  } catch (error) {
    // Half a body is no body. Where the other side takes no more, its answer may still be there to read.
    if (!isWriting) connection.close();
    throw error;
  }
  out.clear();
  out.lastChunk();
  await connection.write(out.written());
}

function isTimeout(error: unknown): boolean {
  return (error as { code?: string }).code === "TIMEOUT";
}
