/**
 * A bad line between two nodes: it holds bytes back, cuts them up, and breaks, as chance has it.
 *
 * @module
 */

import { connect, listen } from "../../net/runtime.ts";
import type { Connection, Listener, NetAddress } from "../../net/connection.ts";

/** What may happen to a piece that passes, each with its chance from 0 to 1. */
export interface RelayOptions {
  readonly target: NetAddress;
  /** Random numbers from 0 to below 1. */
  readonly random: () => number;
  /** It is held back for up to so many milliseconds. */
  readonly holdMs: number;
  readonly holdChance: number;
  /** Both sides are closed, and what was held back is lost. */
  readonly breakChance: number;
}

/** A relay that is listening. */
export class Relay {
  readonly #listener: Listener;
  readonly #options: RelayOptions;
  readonly #open = new Set<Connection>();
  readonly #work = new Set<Promise<void>>();
  /** Connections that have broken. */
  broken = 0;
  /** Pieces that were held back. */
  held = 0;

  private constructor(listener: Listener, options: RelayOptions) {
    this.#listener = listener;
    this.#options = options;
    this.#track(this.#accept());
  }

  static async start(options: RelayOptions): Promise<Relay> {
    return new Relay(await listen({ port: 0 }), options);
  }

  get addr(): NetAddress {
    return this.#listener.addr;
  }

  #track(work: Promise<void>): void {
    const tracked = work.catch(() => {}).finally(() => this.#work.delete(tracked));
    this.#work.add(tracked);
  }

  async #accept(): Promise<void> {
    for (;;) {
      const near = await this.#listener.accept();
      this.#open.add(near);
      this.#track(this.#join(near));
    }
  }

  async #join(near: Connection): Promise<void> {
    const far = await connect(this.#options.target).catch(() => null);
    if (far === null) return this.#close(near);
    this.#open.add(far);
    await Promise.all([this.#pump(near, far), this.#pump(far, near)]);
    this.#close(near);
    this.#close(far);
  }

  #close(connection: Connection): void {
    if (this.#open.delete(connection)) connection.close();
  }

  async #pump(from: Connection, to: Connection): Promise<void> {
    const { random, holdMs, holdChance, breakChance } = this.#options;
    const buffer = new Uint8Array(4096);
    try {
      for (;;) {
        const n = await from.read(buffer.subarray(0, 1 + Math.floor(random() * 4095)));
        if (random() < breakChance) {
          this.broken++;
          this.#close(from);
          this.#close(to);
          return;
        }
        if (random() < holdChance) {
          this.held++;
          await new Promise((resolve) => setTimeout(resolve, random() * holdMs));
        }
        if (n === null) return await to.closeWrite();
        for (let sent = 0; sent < n;) sent += await to.write(buffer.subarray(sent, n));
      }
    } catch {
      this.#close(from);
      this.#close(to);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#open]) this.#close(connection);
    while (this.#work.size > 0) await Promise.all([...this.#work]);
  }
}
