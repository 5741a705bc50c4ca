/**
 * One connection of a client: a request out, a response in, as often as both sides keep it.
 *
 * @module
 */

import type { Connection, NetAddress } from "../../net/connection.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import { ClosedError, TimeoutError, UnexpectedEndError } from "../../net/errors.ts";
import { asNetworkError } from "../../net/network_errors.ts";
import { formatAddress } from "../../net/address.ts";
import { BodyReader } from "../message/body_reader.ts";
import { ByteSource } from "../message/byte_source.ts";
import type { HeadLimits } from "../message/limits.ts";
import { ResponseHead } from "../message/response_head.ts";

/** A connection to a server or a proxy. */
export class ClientConnection {
  /** The other end, as `host:port`. */
  readonly name: string;
  /** How many responses have come. */
  responses = 0;
  /** Whether any byte has come since the last request was sent. */
  heard = false;
  readonly #connection: Connection;
  readonly #source: ByteSource;
  readonly #head: ResponseHead;
  readonly #timeoutMs: number;
  #body: BodyReader | null = null;
  #closed = false;

  /** Takes an open connection; each wait for the other side ends after `timeoutMs`. */
  constructor(
    connection: Connection,
    address: NetAddress,
    timeoutMs: number,
    limits: HeadLimits,
  ) {
    this.name = formatAddress(address);
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#source = new ByteSource(connection);
    this.#head = new ResponseHead(limits);
  }

  /** Whether another request may be sent: the last response came to its end, and nobody wants to close. */
  get reusable(): boolean {
    return !this.#closed && !this.#source.ended && this.#source.available === 0 &&
      this.#head.persistent && this.#body?.done === true;
  }

  /** Whether the body has come to its end. */
  get bodyDone(): boolean {
    return this.#body?.done ?? false;
  }

  /** The body of the last response that was read. */
  get body(): BodyReader | null {
    return this.#body;
  }

  /**
   * Writes all of `bytes`.
   *
   * @throws {ClosedError} If the connection is lost.
   * @throws {TimeoutError} If the other side takes nothing in time.
   */
  async write(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      const rest = bytes.subarray(sent);
      sent += await this.#within(this.#connection.write(rest), "took nothing");
    }
  }

  /**
   * Reads the head of the final response; interim ones are read over (RFC 9110 §15.2).
   *
   * @returns The head, good until the body is read.
   * @throws {HttpSyntaxError | HttpLimitError} If it can't be read.
   * @throws {UnexpectedEndError} If the other side closed instead.
   */
  async readHead(method: string): Promise<ResponseHead> {
    const source = this.#source;
    const head = this.#head;
    this.#body = null;
    for (;;) {
      if (source.available > 0) {
        this.heard = true;
        const after = head.parse(source.buffer, source.start, source.end, method);
        if (after !== NEED_MORE) {
          source.start = after;
          if (head.interim) continue;
          this.responses++;
          this.#body = new BodyReader(source, head, { errorStatus: 502 });
          return head;
        }
      }
      if (!await this.#within(source.fill(), "sent no answer")) {
        throw new UnexpectedEndError(
          source.available > 0
            ? `${this.name} closed in the middle of a response`
            : `${this.name} closed without an answer`,
        );
      }
    }
  }

  /** The next piece of the body, valid until the next call, or `null` when it has ended. */
  async nextPiece(): Promise<Uint8Array | null> {
    const body = this.#body!;
    return body.poll() ?? (body.done ? null : await this.#within(body.next(), "sent no more"));
  }

  /** Closes the connection at once. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.close();
  }

  async #within<T>(wait: Promise<T>, what: string): Promise<T> {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      this.close();
    }, this.#timeoutMs);
    try {
      return await wait;
    } catch (error) {
      if (isLate) {
        throw new TimeoutError(`${this.name} ${what} within ${this.#timeoutMs} ms`, {
          cause: error,
        });
      }
      if (this.#closed) {
        throw new ClosedError(`Connection to ${this.name} is closed`, { cause: error });
      }
      throw asNetworkError(error, this.name);
    } finally {
      clearTimeout(timer);
    }
  }
}
