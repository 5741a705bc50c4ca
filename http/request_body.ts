/**
 * The body of a request on its way from a client to an origin, framed anew: what goes up was written here, byte by byte.
 *
 * @module
 */

import { Phase } from "../net/activity.ts";
import { BodyReader } from "./body_reader.ts";
import type { RequestBody } from "./exchange.ts";
import { BodyKind } from "./framing.ts";
import type { Session } from "./session.ts";
import { ByteWriter } from "./writer.ts";

/** The body of a session's present request. */
export class ClientBody implements RequestBody {
  readonly #session: Session;
  readonly #reader: BodyReader;
  readonly #chunked: boolean;
  readonly #out = new ByteWriter(256);
  #ended = false;
  #begun = false;

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

  /** Whether the whole body was read. */
  get done(): boolean {
    return this.#reader.done;
  }

  /** The next piece, in chunks if it came in chunks. */
  async next(): Promise<Uint8Array | null> {
    if (this.#ended) return null;
    this.#begun = true;
    this.#session.peer.activity.enter(Phase.BODY);
    const piece = await this.#reader.next();
    this.#session.peer.activity.enter(Phase.WORK);
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
