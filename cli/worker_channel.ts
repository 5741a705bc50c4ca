/**
 * A worker's side of the channel to its parent, and through it to the caches of the other workers.
 *
 * @module
 */

import process from "node:process";
import { ClosedError, HalfwayError, RemoteError, TimeoutError } from "../net/errors.ts";
import type { Purge, PurgeChannel } from "../http/store/purges.ts";
import type { FromWorker, ToWorker } from "./worker_messages.ts";

/** The parent gives up sooner, and says why. */
const ANNOUNCE_TIMEOUT_MS = 10_000;

/** The part of a process that is a channel to its parent. */
export interface ParentLink {
  /** Whether the parent is there. */
  readonly connected: boolean;
  /** Sends a message; `done` gets an error if it could not be. */
  send?(message: unknown, done: (error: Error | null) => void): unknown;
  /** Adds a listener. */
  on(event: "message", listener: (message: unknown) => void): unknown;
  /** Adds a listener. */
  on(event: "disconnect", listener: () => void): unknown;
}

interface Waiter {
  resolve(count: number): void;
  reject(error: HalfwayError): void;
}

/** The channel of a worker. */
export class WorkerChannel implements PurgeChannel {
  /** What to do when another worker announces; nothing is held before the proxy runs. */
  onPurge: (purges: readonly Purge[]) => Promise<number> | number = () => 0;
  /** Told of messages that are not about purges. */
  onMessage: (message: ToWorker) => void = () => {};
  /** Told when the parent is gone. */
  onGone: () => void = () => {};
  readonly #link: ParentLink;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiter>();
  #lastId = 0;

  /**
   * Opens the channel.
   *
   * @param link The process itself, or a test's.
   * @param timeoutMs How long an announcement may take.
   */
  constructor(
    link: ParentLink = process as ParentLink,
    timeoutMs: number = ANNOUNCE_TIMEOUT_MS,
  ) {
    this.#link = link;
    this.#timeoutMs = timeoutMs;
    link.on("message", (message) => this.#take(message as ToWorker));
    link.on("disconnect", () => {
      for (const waiter of this.#waiting.values()) waiter.reject(gone());
      this.onGone();
    });
  }

  /** Whether the parent is there. */
  get isOpen(): boolean {
    return this.#link.connected;
  }

  /** Sends a message. One that can't be sent is lost: the parent is gone then, which is told by itself. */
  send(message: FromWorker): void {
    if (this.#link.connected) this.#link.send?.(message, () => {});
  }

  /** Has the other workers purge, by way of the parent. */
  announce(purges: readonly Purge[]): Promise<number> {
    if (!this.#link.connected) return Promise.reject(gone());
    const id = ++this.#lastId;
    let timer: ReturnType<typeof setTimeout> | undefined;
    return new Promise<number>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(() => {
        reject(new TimeoutError(`The parent process has not answered for ${this.#timeoutMs} ms`));
      }, this.#timeoutMs);
      this.send({ type: "announce", id, purges });
    }).finally(() => {
      clearTimeout(timer);
      this.#waiting.delete(id);
    });
  }

  #take(message: ToWorker): void {
    if (message.type === "purge") this.#purge(message.id, message.purges);
    else if (message.type === "announced") {
      const waiter = this.#waiting.get(message.id);
      if (message.error === undefined) waiter?.resolve(message.count);
      else waiter?.reject(new RemoteError(message.error));
    } else this.onMessage(message);
  }

  async #purge(id: number, purges: readonly Purge[]): Promise<void> {
    try {
      this.send({ type: "purged", id, count: await this.onPurge(purges) });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.send({ type: "purged", id, count: 0, error: reason });
    }
  }
}

function gone(): ClosedError {
  return new ClosedError("The parent process is gone");
}
