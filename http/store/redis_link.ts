/**
 * The way to a Redis, or what speaks as one: made again whenever it is lost, and never waited for long.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { backoffMs } from "../../net/backoff.ts";
import { UsageError } from "../../net/errors.ts";

/** A client of `@redis/client` that gives values as bytes; it is loaded when it is needed. */
type Client = Awaited<ReturnType<typeof makeClient>>;

/** What a {@linkcode RedisLink} tells. */
export interface RedisLinkHooks {
  /** The way is made; nothing else uses it before this resolves. */
  onUp(): Promise<void>;
  /** It is lost, or could not be made: told once until it is made. */
  onDown(reason: string): void;
  /** Something was published on one of the channels. */
  onMessage(channel: string, text: string): void;
}

/** A command that is not answered within this time is taken for a sign that nobody is there. */
const COMMAND_TIMEOUT_MS = 1_000;

/** How long a start may wait for the way to be made. */
const FIRST_WAIT_MS = 1_000;

const BACKOFF = { firstMs: 100, maxMs: 2_000 };

/** Keeps a way to a Redis. */
export class RedisLink {
  /** Where it leads, without the password. */
  readonly address: string;
  readonly #url: string;
  readonly #hooks: RedisLinkHooks;
  #commands: Client | null = null;
  #up = false;
  #closed = false;
  #told = false;
  /** Ends the wait for what is going on: the loss of the connection, or the next attempt. */
  #proceed: () => void = () => {};
  /** Called when it is known how the first attempt ended. */
  #onTried: () => void = () => {};
  #running: Promise<void> = Promise.resolve();

  /**
   * Prepares the way.
   *
   * @param url `redis://` or `rediss://`, with host, port, and where needed user, password and number of the database.
   * @throws {UsageError} If the URL is none of these.
   */
  constructor(url: string, hooks: RedisLinkHooks) {
    this.#url = url;
    this.address = checkUrl(url);
    this.#hooks = hooks;
  }

  /** Begins to make the way, with `channels` that are listened to, and waits a moment for it. */
  async start(channels: readonly string[]): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    await new Promise<void>((resolve) => {
      timer = setTimeout(resolve, FIRST_WAIT_MS);
      this.#onTried = resolve;
      this.#running = this.#run(channels);
    });
    clearTimeout(timer);
  }

  /** Whether it can be used. */
  get up(): boolean {
    return this.#up;
  }

  /**
   * Does something over the way.
   *
   * @returns What came of it, or `null` if it could not be done; the way is given up then, and made anew.
   */
  async run<T>(work: (client: Client) => Promise<T>): Promise<T | null> {
    const client = this.#commands;
    if (client === null) return null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(
        () => reject(new Error(`no answer within ${COMMAND_TIMEOUT_MS} ms`)),
        COMMAND_TIMEOUT_MS,
      );
    });
    try {
      return await Promise.race([work(client), late]);
    } catch (error) {
      if (this.#commands === client) this.#lose(error);
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes it for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#up = false;
    this.#proceed();
    await this.#running;
  }

  async #run(channels: readonly string[]): Promise<void> {
    for (let attempt = 1; !this.#closed; attempt++) {
      const clients: Client[] = [];
      try {
        const lost = new Promise<void>((resolve) => this.#proceed = resolve);
        await this.#connect(clients, channels);
        this.#up = !this.#closed;
        this.#told = false;
        this.#onTried();
        attempt = 0;
        if (this.#up) await lost;
      } catch (error) {
        this.#lose(error);
      } finally {
        this.#up = false;
        this.#commands = null;
        for (const client of clients.splice(0)) if (client.isOpen) client.destroy();
      }
      if (this.#closed) break;
      await this.#pause(backoffMs(Math.max(1, attempt), BACKOFF));
    }
  }

  async #connect(clients: Client[], channels: readonly string[]): Promise<void> {
    for (let i = 0; i < 2; i++) {
      const client = await makeClient(this.#url);
      clients.push(client);
      // One that was given up has nothing to say about its successor.
      const onEnd = (error?: unknown): void => {
        if (clients.includes(client)) this.#lose(error ?? new Error("the connection was closed"));
      };
      client.on("error", onEnd);
      client.on("end", onEnd);
      await client.connect();
    }
    const [commands, subscriber] = clients;
    for (const channel of channels) {
      await subscriber.subscribe(channel, (text) => this.#hooks.onMessage(channel, String(text)));
    }
    this.#commands = commands;
    await this.#hooks.onUp();
    if (this.#commands === null) throw new Error("it was lost again");
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#proceed = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #lose(error: unknown): void {
    this.#up = false;
    this.#commands = null;
    if (!this.#told && !this.#closed) {
      this.#told = true;
      this.#hooks.onDown(error instanceof Error ? error.message : String(error));
    }
    this.#onTried();
    this.#proceed();
  }
}

// What a client is, TypeScript can't say shortly: it follows from the commands that it has.
// deno-lint-ignore explicit-function-return-type
async function makeClient(url: string) {
  const { createClient, RESP_TYPES } = await import("@redis/client");
  return createClient({
    url,
    disableOfflineQueue: true,
    socket: { connectTimeout: COMMAND_TIMEOUT_MS, reconnectStrategy: false },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

function checkUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === "") {
    throw new UsageError(
      "Expected a store such as redis://127.0.0.1:6379 or rediss://user:password@host:6380/1",
    );
  }
  return `${url.protocol}//${url.host}${url.pathname}`;
}
