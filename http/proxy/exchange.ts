/**
 * One exchange with an origin: a request sent, its body as it comes, the head of the answer, and the answer's body for
 * whoever reads it.
 *
 * @module
 */

import type { NetAddress } from "../../net/connection.ts";
import { HalfwayError, TimeoutError, UnexpectedEndError } from "../../net/errors.ts";
import { asNetworkError } from "../../net/network_errors.ts";
import type { Observer } from "../../observe/observer.ts";
import { BodyReader } from "../message/body_reader.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import type { Deadline, Deadlines } from "./deadlines.ts";
import type { OriginConnection, OriginPool } from "./origin_pool.ts";
import type { ExchangeTimes } from "../policy/stored.ts";
import { ResponseHead } from "../message/response_head.ts";
import { requestText, tell } from "./tell.ts";

/** A connection that was unused for longer is not trusted with a request that can be sent only once. */
const MAX_UNUSED_MS = 1_000;

/** Interim answers in a row: more of them are no answer. */
const MAX_INTERIM = 64;

/** The body of a request on its way from a client. */
export interface RequestBody {
  /** The next piece in the framing of the request that is sent, valid until the next call; `null` at its end. */
  next(): Promise<Uint8Array | null>;
  /** Whether a piece of it was taken, so that it can't be sent again. */
  readonly begun: boolean;
  /** What went wrong on the client's side, or `null`. */
  readonly failure: unknown;
}

/** A request to an origin. */
export interface OriginRequest {
  /** Whom to connect to. */
  readonly address: NetAddress;
  /** Its method: an answer to `HEAD` has no body. */
  readonly method: string;
  /** Its head, whole. */
  readonly head: Uint8Array;
  /** Its body, or `null`. */
  readonly body: RequestBody | null;
  /** Whether it may be sent again on a new connection if a kept one gives no answer. */
  readonly repeatable: boolean;
  /** Told of interim answers. */
  onInterim?(head: ResponseHead): Promise<void> | void;
}

/** What exchanges share. */
export interface ExchangeContext {
  /** Connections. */
  readonly pool: OriginPool;
  /** Limits on waits. */
  readonly deadlines: Deadlines;
  /** Longest time from the request to the head of the answer, and for each piece of its body, in milliseconds. */
  readonly firstByteTimeoutMs: number;
  /** The clock, in milliseconds since 1970. */
  readonly now: () => number;
  /** Told of messages. */
  readonly observer: Observer;
}

/** The origin gave no byte of an answer before it closed. */
export class NoAnswerError extends HalfwayError {
  /** Makes the error. */
  constructor(origin: string, options?: ErrorOptions) {
    super("CLOSED", `${origin} closed without an answer`, options);
  }
}

/** The answer of an origin, whose body is still to be read. */
export class OriginResponse {
  /** Its head; valid for as long as this object. */
  readonly head: ResponseHead;
  /** Its body. */
  readonly body: BodyReader;
  /** When the exchange took place. */
  readonly times: ExchangeTimes;
  /** The connection, for one that changes its protocol. */
  readonly origin: OriginConnection;
  readonly #context: ExchangeContext;
  readonly #sending: Promise<boolean> | null;
  #over = false;

  /** Made by {@linkcode exchange}. */
  constructor(
    origin: OriginConnection,
    times: ExchangeTimes,
    context: ExchangeContext,
    sending: Promise<boolean> | null,
  ) {
    this.origin = origin;
    this.head = origin.head;
    this.body = new BodyReader(origin.source, origin.head, { errorStatus: 502 });
    this.times = times;
    this.#context = context;
    this.#sending = sending;
    if (this.body.done && this.head.status !== 101) this.finish();
  }

  /**
   * The next piece of the body, in bounded time.
   *
   * @returns Bytes that are valid until the next call, or `null` at the end; the connection is given back then.
   * @throws {HalfwayError} If the body breaks off.
   */
  async next(): Promise<Uint8Array | null> {
    const ready = this.poll();
    if (ready !== null) return ready;
    if (this.body.done) {
      this.finish();
      return null;
    }
    const { deadlines, firstByteTimeoutMs } = this.#context;
    let late = false;
    const deadline = deadlines.within(firstByteTimeoutMs, () => {
      late = true;
      this.cancel();
    });
    try {
      const piece = await this.body.next();
      if (piece === null) this.finish();
      return piece;
    } catch (error) {
      this.cancel();
      if (late) {
        throw new TimeoutError(`${this.origin.origin} sent nothing for ${firstByteTimeoutMs} ms`);
      }
      throw asNetworkError(error, this.origin.origin);
    } finally {
      deadline.cancel();
    }
  }

  /** A piece that has come already, or `null`. What is wrong with it ends the exchange as well. */
  poll(): Uint8Array | null {
    try {
      return this.body.poll();
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  /** Whether the body has come to its end. */
  get done(): boolean {
    return this.body.done;
  }

  /** The body has been read: the connection may carry another exchange. */
  finish(): void {
    if (this.#over) return;
    this.#over = true;
    const { pool } = this.#context;
    if (!this.head.persistent || this.head.status === 101 || this.#sending !== null) {
      // A request that was answered before it was sent leaves its rest on the connection.
      pool.drop(this.origin);
    } else pool.put(this.origin);
  }

  /** Nobody wants the rest of the body. */
  cancel(): void {
    if (this.#over) return;
    this.#over = true;
    this.#context.pool.drop(this.origin);
  }

  /** Takes the connection over, for a protocol of its own. */
  detach(): OriginConnection {
    this.#over = true;
    return this.origin;
  }
}

/**
 * Sends a request and waits for the head of its answer.
 *
 * @throws {ConnectError} If the origin can't be reached.
 * @throws {TimeoutError} If it is too slow.
 * @throws {NoAnswerError} If it closes without a byte of an answer.
 * @throws {HttpSyntaxError} If the answer can't be read.
 * @throws {HalfwayError} If the connection is lost in the middle of the head.
 */
export async function exchange(
  context: ExchangeContext,
  request: OriginRequest,
): Promise<OriginResponse> {
  // A body is taken from the client as it goes out, so such a request can be sent only once.
  const once = !request.repeatable || request.body !== null;
  const kept = context.pool.take(request.address, once ? MAX_UNUSED_MS : Infinity);
  if (kept !== null) {
    try {
      return await attempt(context, kept, request);
    } catch (error) {
      const untouched = request.body === null || !request.body.begun;
      // A kept connection that the origin has closed meanwhile: it never saw the request.
      if (!(error instanceof NoAnswerError) || !request.repeatable || !untouched) throw error;
    }
  }
  return await attempt(context, await context.pool.open(request.address), request);
}

async function attempt(
  context: ExchangeContext,
  origin: OriginConnection,
  request: OriginRequest,
): Promise<OriginResponse> {
  const { pool, deadlines, firstByteTimeoutMs, now, observer } = context;
  const requestTimeMs = now();
  let late = false;
  const deadline = deadlines.within(firstByteTimeoutMs, () => {
    late = true;
    pool.drop(origin);
  });
  let sent = request.body === null;
  try {
    if (observer.message !== null) {
      tell(observer, "message.sent", origin.origin, request.head.length, requestText(request.head));
    }
    await writeAll(origin, request.head);
    const sending = request.body === null ? null : sendBody(origin, request.body, deadline);
    sending?.then((whole) => {
      sent = whole;
      // The origin would wait for the rest in vain.
      if (request.body!.failure !== null) pool.drop(origin);
    });
    await readHead(origin, request);
    const times = { requestTimeMs, responseTimeMs: now() };
    if (observer.message !== null) {
      const { status, reason, length } = origin.head;
      tell(observer, "message.received", origin.origin, length, `${status} ${reason}`);
    }
    return new OriginResponse(origin, times, context, sent ? null : sending);
  } catch (error) {
    pool.drop(origin);
    if (request.body !== null && request.body.failure !== null) throw request.body.failure;
    if (late) {
      throw new TimeoutError(`${origin.origin} did not answer within ${firstByteTimeoutMs} ms`);
    }
    throw error;
  } finally {
    deadline.cancel();
  }
}

async function writeAll(origin: OriginConnection, bytes: Uint8Array): Promise<void> {
  try {
    let n = await origin.connection.write(bytes);
    while (n < bytes.length) n += await origin.connection.write(bytes.subarray(n));
  } catch (error) {
    throw new NoAnswerError(origin.origin, { cause: error });
  }
}

/** Sends a body. Returns whether all of it went; a failure shows in the answer, or its absence. */
async function sendBody(
  origin: OriginConnection,
  body: RequestBody,
  deadline: Deadline,
): Promise<boolean> {
  try {
    for (;;) {
      // It is the client that is waited for now, which has a limit of its own.
      deadline.suspend();
      const piece = await body.next();
      deadline.restart();
      if (piece === null) return true;
      await writeAll(origin, piece);
    }
  } catch {
    return false;
  }
}

/** Reads the head of the final answer into `origin.head`, which then has bytes of its own. */
async function readHead(origin: OriginConnection, request: OriginRequest): Promise<void> {
  const { source } = origin;
  const head = origin.head = new ResponseHead();
  let any = false;
  for (let interim = 0; interim <= MAX_INTERIM;) {
    const after = source.start < source.end
      ? head.parse(source.buffer, source.start, source.end, request.method)
      : NEED_MORE;
    if (after !== NEED_MORE) {
      if (head.interim) {
        await request.onInterim?.(head);
        source.start = after;
        interim++;
        continue;
      }
      // The body is read into the same buffer.
      const bytes = source.buffer.slice(source.start, after);
      source.start = after;
      head.rebase(bytes, 0);
      return;
    }
    any ||= source.start < source.end;
    let more: boolean;
    try {
      more = await source.fill();
    } catch (error) {
      if (!any) throw new NoAnswerError(origin.origin, { cause: error });
      throw asNetworkError(error, origin.origin);
    }
    if (!more) {
      if (!any && interim === 0) throw new NoAnswerError(origin.origin);
      throw new UnexpectedEndError(`${origin.origin} closed in the middle of an answer's head`);
    }
  }
  throw new UnexpectedEndError(`${origin.origin} sent ${MAX_INTERIM} interim answers and no other`);
}
