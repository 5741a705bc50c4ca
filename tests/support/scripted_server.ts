/**
 * A server whose every move the test decides: real sockets, so that what reaches a node has come over the wire.
 *
 * @module
 */

import { listen } from "../../net/runtime.ts";
import type { Listener, NetAddress } from "../../net/connection.ts";
import { within } from "./within.ts";
import { Wire } from "./wire.ts";

/** Takes connections and leaves the rest to the test. */
export class ScriptedServer {
  /** Every connection so far. */
  readonly wires: Wire[] = [];
  readonly #listener: Listener;
  readonly #play: ((wire: Wire, nth: number) => Promise<void>) | null;
  readonly #playing = new Set<Promise<void>>();
  readonly #loop: Promise<void>;
  #waiting: Wire[] = [];
  #arrived: () => void = () => {};
  #closed = false;

  private constructor(
    listener: Listener,
    play: ((wire: Wire, nth: number) => Promise<void>) | null,
  ) {
    this.#listener = listener;
    this.#play = play;
    this.#loop = this.#accept();
  }

  /**
   * Listens on a free port, or on `port`.
   *
   * @param play Plays every connection (counted from 0), if given; it is closed afterwards.
   */
  static async start(
    play: ((wire: Wire, nth: number) => Promise<void>) | null = null,
    port = 0,
  ): Promise<ScriptedServer> {
    return new ScriptedServer(await listen({ port }), play);
  }

  get addr(): NetAddress {
    const { hostname, port } = this.#listener.addr;
    return { hostname, port };
  }

  async #accept(): Promise<void> {
    for (;;) {
      let wire: Wire;
      try {
        wire = new Wire(await this.#listener.accept());
      } catch {
        return;
      }
      const nth = this.wires.push(wire) - 1;
      if (this.#play === null) {
        this.#waiting.push(wire);
        this.#arrived();
      } else {
        const part = this.#play(wire, nth).catch(() => {}).finally(() => {
          wire.close();
          this.#playing.delete(part);
        });
        this.#playing.add(part);
      }
    }
  }

  /** The next connection. */
  async next(): Promise<Wire> {
    while (this.#waiting.length === 0) {
      await within(new Promise<void>((resolve) => this.#arrived = resolve), "a connection");
    }
    return this.#waiting.shift()!;
  }

  /** Is gone, as a server that was killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.close();
    for (const wire of this.wires) wire.close();
    await this.#loop;
    await Promise.all(this.#playing);
  }
}
