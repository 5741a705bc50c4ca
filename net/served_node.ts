/**
 * What every server and proxy is, whatever its protocol: something that serves connections until it is stopped.
 *
 * @module
 */

import type { NetAddress } from "./connection.ts";
import type { Service } from "./serve.ts";

/** A running node. */
export class ServedNode {
  readonly #service: Service;
  readonly #release: () => void;

  /**
   * Takes a running service.
   *
   * @param service Serves the connections.
   * @param release Gives back what the node holds beside its connections; may be called more than once.
   */
  constructor(service: Service, release: () => void = () => {}) {
    this.#service = service;
    this.#release = release;
  }

  /** The address that it listens on, with the real port where 0 was asked for. */
  get addr(): NetAddress {
    return this.#service.addr;
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#service.connections;
  }

  /** Resolves when the node has stopped and every connection is closed. */
  get finished(): Promise<void> {
    return this.#service.finished;
  }

  /**
   * Stops gracefully: no new connection, messages under way are finished and answered, then each connection is closed.
   *
   * @param timeoutMs After how long what is left is cut off, in milliseconds. @default {10000}
   * @param patienceMs For how long a connection may begin one more message, in milliseconds; for protocols whose answers
   *   say that they are the last. @default {0}
   */
  async drain(timeoutMs?: number, patienceMs?: number): Promise<void> {
    await this.#service.drain(timeoutMs, { onCut: this.#release, patienceMs });
    this.#release();
    await this.finished;
  }

  /** Stops at once. */
  close(): void {
    this.#service.close();
    this.#release();
  }

  /** Stops at once and waits until all is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.finished;
  }
}
