/**
 * A connection that gives the chunks of a script, one for each read: for readers, whose splits a socket would blur.
 *
 * @module
 */

import type { Connection, NetAddress } from "../../net/connection.ts";

const ADDRESS: NetAddress = { hostname: "127.0.0.1", port: 1 };

/** What one read gives: bytes, the end, an error, or nothing until it is told to go on. */
export type Chunk = Uint8Array | "end" | Error | Promise<void>;

/** A connection that is a script. */
export class ChunkConnection implements Connection {
  readonly remoteAddr: NetAddress = ADDRESS;
  readonly localAddr: NetAddress = ADDRESS;
  /** Bytes that were asked for by each read. */
  readonly asked: number[] = [];
  readonly #chunks: Chunk[];

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = [...chunks];
  }

  async read(p: Uint8Array): Promise<number | null> {
    if (p.length === 0) throw new Error("a read into nothing");
    this.asked.push(p.length);
    let chunk = this.#chunks.shift() ?? "end";
    while (chunk instanceof Promise) {
      await chunk;
      chunk = this.#chunks.shift() ?? "end";
    }
    if (chunk === "end") return null;
    if (chunk instanceof Error) throw chunk;
    const part = chunk.subarray(0, p.length);
    p.set(part);
    if (part.length < chunk.length) this.#chunks.unshift(chunk.subarray(part.length));
    return part.length;
  }

  write(p: Uint8Array): Promise<number> {
    return Promise.resolve(p.length);
  }

  closeWrite(): Promise<void> {
    return Promise.resolve();
  }

  close(): void {}

  setNoDelay(): void {}
}
