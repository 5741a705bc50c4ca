/**
 * The body of a request on its way from a client to an origin, framed anew: what goes up was written here, byte by byte.
 *
 * @module
 */

import { Phase } from "../../net/activity.ts";
import { BodyReader } from "../message/body_reader.ts";
import type { RequestBody } from "./exchange.ts";
import { BodyKind } from "../message/framing.ts";
import type { Session } from "./session.ts";
import { ByteWriter } from "../message/writer.ts";

/** The body of a session's present request. */
export class ClientBody implements RequestBody {
  readonly #session: Session;
  readonly #reader: BodyReader;
  readonly #chunked: boolean;
  readonly #out = new ByteWriter(256);
  #ended = false;
  #begun = false;
  #failure: unknown = null;

  /** Reads what follows the head that was parsed last. */
  constructor(session: Session) {
    this.#session = session;
    this.#reader = new BodyReader(session.source, session.head);
    this.#chunked = session.head.bodyKind === BodyKind.chunked;
  }

  /** Whether anything was read that can't be read again. */
  get begun(): boolean {
    return this.#begun;
  }

  /** Why the body could not be read to its end, or `null`. */
  get failure(): unknown {
    return this.#failure;
  }

  /** Whether the whole body was read. */
  get done(): boolean {
    return this.#reader.done;
  }

  /** The next piece as it came; the client has to send it in time, unless something else is waited for from it. */
  async #read(): Promise<Uint8Array | null> {
    const { activity } = this.#session.peer;
    // An answer may be on its way already, or its end: those limits go on.
    if (activity.phase === Phase.WORK) activity.enter(Phase.BODY);
    try {
      return await this.#reader.next();
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      if (activity.phase === Phase.BODY) activity.enter(Phase.WORK);
    }
  }

  /** The next piece, in chunks if it came in chunks. */
  async next(): Promise<Uint8Array | null> {
    if (this.#ended) return null;
    this.#begun = true;
    const piece = await this.#read();
    if (!this.#chunked) {
      this.#ended = piece === null;
      return piece;
    }
    const out = this.#out;
    out.clear();
    if (piece === null) {
      this.#ended = true;
      out.lastChunk(this.#reader.trailers);
    } else {
      out.chunkHead(piece.length);
      out.write(piece);
      out.endLine();
    }
    return out.written();
  }
}
