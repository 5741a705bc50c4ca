/**
 * A line between two nodes that passes everything on, until it is told to hold what comes back.
 *
 * @module
 */

import type { Connection, Listener, NetAddress } from "../../net/connection.ts";
import { connect, listen } from "../../net/runtime.ts";
import { gate } from "./gate.ts";

/** A line with the connections that were made over it. */
export class HeldLine {
  readonly #listener: Listener;
  readonly #target: NetAddress;
  readonly #open = new Set<Connection>();
  readonly #work: Promise<void>[] = [];
  #gate = gate();
  #held: ReadonlySet<number> = new Set();
  /** Connections that were made. */
  connections = 0;
  /** Bytes that came back and are held. */
  heldBytes = 0;

  private constructor(listener: Listener, target: NetAddress) {
    this.#listener = listener;
    this.#target = target;
    this.#work.push(this.#accept());
  }

  static async start(target: NetAddress): Promise<HeldLine> {
    return new HeldLine(await listen({ port: 0 }), target);
  }

  get addr(): NetAddress {
    return this.#listener.addr;
  }

  /** Holds what comes back from now on over these connections, counted from 0. */
  hold(...connections: number[]): void {
    this.#held = new Set(connections);
    this.heldBytes = 0;
  }

  /** Passes on what was held, and what comes. */
  release(): void {
    this.#held = new Set();
    this.#gate.resolve();
    this.#gate = gate();
  }

  async #accept(): Promise<void> {
    try {
      for (;;) {
        const near = await this.#listener.accept();
        const number = this.connections++;
        this.#open.add(near);
        this.#work.push(this.#join(near, number));
      }
    } catch {
      // It is closed.
    }
  }

  async #join(near: Connection, number: number): Promise<void> {
    try {
      const far = await connect(this.#target);
      this.#open.add(far);
      const there = this.#pass(near, far, () => null);
      const back = this.#pass(far, near, (n) => {
        if (!this.#held.has(number)) return null;
        this.heldBytes += n;
        return this.#gate.promise;
      });
      await Promise.race([there, back]);
      this.#close(near);
      this.#close(far);
      await Promise.all([there, back]);
    } catch {
      this.#close(near);
    }
  }

  /** Passes pieces on in order; those that are held are read meanwhile, so that it is known that they have come. */
  async #pass(
    from: Connection,
    to: Connection,
    wait: (n: number) => Promise<void> | null,
  ): Promise<void> {
    const buffer = new Uint8Array(65536);
    let last: Promise<void> = Promise.resolve();
    try {
      for (let n = await from.read(buffer); n !== null; n = await from.read(buffer)) {
        const piece = buffer.slice(0, n);
        const waiting = wait(n);
        last = last.then(async () => {
          await waiting;
          for (let sent = 0; sent < piece.length;) sent += await to.write(piece.subarray(sent));
        });
        last.catch(() => {});
        if (waiting === null) await last;
      }
    } catch {
      // One side is gone.
    }
  }

  #close(connection: Connection): void {
    if (!this.#open.delete(connection)) return;
    try {
      connection.close();
    } catch {
      // It is closed already.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.release();
    for (const connection of [...this.#open]) this.#close(connection);
    for (const work of this.#work) await work;
  }
}
