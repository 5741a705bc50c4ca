/**
 * One client of a proxy: requests in, in whatever pieces they come, and answers out in the same order. What can be
 * answered at once is gathered, so that pipelined requests are answered by one write.
 *
 * @module
 */

import { Phase } from "../../net/activity.ts";
import { NEED_MORE } from "../../net/decoder.ts";
import type { Peer } from "../../net/peer.ts";
import { ByteSource } from "../message/byte_source.ts";
import { BodyKind } from "../message/framing.ts";
import type { HeadLimits } from "../message/limits.ts";
import type { Observer } from "../../observe/observer.ts";
import { RequestHead } from "../message/request_head.ts";
import { REASONS } from "../message/status.ts";
import { tell } from "./tell.ts";
import { ByteWriter } from "../message/writer.ts";

/** A full buffer is sent before the next request is looked at. */
const SEND_BYTES = 64 * 1024;

/** Answers requests. */
export interface RequestHandler {
  /** Answers into `session.out` at once, or returns `false` and has changed nothing. */
  quick(session: Session): boolean;
  /** Answers in its own time; `session.out` is empty at its beginning, and is sent at its end. */
  handle(session: Session): Promise<void>;
}

/** A client's connection. */
export class Session {
  /** The connection. */
  readonly peer: Peer;
  /** Told of messages, and of what is refused. */
  readonly observer: Observer;
  /** What comes from the client. */
  readonly source: ByteSource;
  /** The head of the present request. */
  readonly head: RequestHead;
  /** What goes to the client. */
  readonly out: ByteWriter = new ByteWriter(2048);
  /** Whether another request may follow the present one. */
  keepAlive = true;
  /** Status of the last answer, for whoever is told of it. */
  status = 0;
  /** What the cache did for it, as Cache-Status says. */
  cacheStatus = "";
  /** Whether the connection is taken over by another protocol. */
  detached = false;

  /** Serves `peer`. */
  constructor(peer: Peer, limits: HeadLimits, observer: Observer) {
    this.peer = peer;
    this.observer = observer;
    this.source = new ByteSource(peer.connection);
    this.head = new RequestHead(limits);
    peer.out = this.out;
  }

  /** Whether the present request came in HTTP/1.0. */
  get isHttp10(): boolean {
    return this.head.minorVersion === 0;
  }

  /** Answers requests until the client closes. */
  async run(handler: RequestHandler): Promise<void> {
    const { peer, source, head, out } = this;
    const { activity } = peer;
    try {
      for (;;) {
        const after = source.start < source.end
          ? head.parse(source.buffer, source.start, source.end)
          : NEED_MORE;
        if (after === NEED_MORE) {
          if (out.length > 0) {
            const rest = peer.flushed(await peer.send());
            if (rest !== null) await rest;
          }
          if (source.start < source.end) activity.remain(Phase.FRAME);
          else if (peer.draining && !peer.patient) return;
          else activity.enter(Phase.IDLE);
          if (!await source.fill()) return;
          continue;
        }
        activity.enter(Phase.WORK);
        this.keepAlive = head.persistent && !peer.draining;
        const from = out.length;
        if (this.observer.message !== null) this.#tellRequest();
        if (head.plain && handler.quick(this)) {
          source.start = after;
          peer.answering = false;
          if (this.observer.message !== null) this.#tellAnswer(out.length - from);
          if (out.length >= SEND_BYTES) await peer.flush();
        } else {
          if (out.length > 0) await peer.flush();
          // The body is read into the same buffer, and what was asked for is looked at for longer than that.
          head.rebase(source.buffer.slice(source.start, after), 0);
          source.start = after;
          await handler.handle(this);
          if (this.detached) return;
          peer.answering = false;
          if (this.observer.message !== null) this.#tellAnswer(out.length);
          if (out.length > 0) await peer.flush();
        }
        if (!this.keepAlive) {
          await peer.flush();
          await peer.linger(null);
          return;
        }
      }
    } catch (error) {
      // What was answered before the fault goes out before the last words do.
      if (out.length > 0 && !peer.closed) await peer.flush();
      throw error;
    }
  }

  #tellRequest(): void {
    const { method, target, minorVersion, length } = this.head;
    const text = `${method} ${target} HTTP/1.${minorVersion}`;
    tell(this.observer, "message.received", this.peer.address, length, text);
  }

  #tellAnswer(bytes: number): void {
    const text = [`${this.status} ${REASONS[this.status] ?? ""}`, this.cacheStatus];
    const told = text.filter((part) => part !== "").join(" · ");
    tell(this.observer, "message.sent", this.peer.address, bytes, told);
    this.status = 0;
    this.cacheStatus = "";
  }

  /**
   * Ends the connection in the middle of an answer: the client sees the break, since what it was promised does not come.
   */
  async breakOff(): Promise<void> {
    this.keepAlive = false;
    await this.peer.flush().catch(() => {});
    this.peer.close();
  }

  /** Writes the fields that say how the connection goes on, and ends the head. */
  endHead(): void {
    this.peer.answering = true;
    if (!this.keepAlive) this.out.write(CONNECTION_CLOSE);
    else if (this.isHttp10) this.out.write(CONNECTION_KEEP_ALIVE);
    this.out.endLine();
  }

  /** Whether the present request has a body. */
  get hasBody(): boolean {
    return this.head.bodyKind !== BodyKind.none;
  }
}

const encoder = new TextEncoder();
const CONNECTION_CLOSE = encoder.encode("Connection: close\r\n");
const CONNECTION_KEEP_ALIVE = encoder.encode("Connection: keep-alive\r\n");
