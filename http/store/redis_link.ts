/**
 * The way to a Redis, or what speaks as one: made again whenever it is lost, and never waited for long.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { backoffMs } from "../../net/backoff.ts";
import { checkRedisUrl } from "./redis_url.ts";

/** A client of `@redis/client` that gives values as bytes; it is loaded when it is needed. */
type Client = Awaited<ReturnType<typeof makeClient>>;

/** What a {@linkcode RedisLink} tells. */
export interface RedisLinkHooks {
  /** The way is made, and all channels are listened to; it is given up if this fails. */
  onUp(): Promise<void>;
  /** It is lost, or could not be made. Told at once, and each time. */
  onDown(reason: string): void;
  /** Something was published on one of the channels. */
  onMessage(channel: string, text: string): void;
}

/** A command that is not answered within this time is taken for a sign that nobody is there. */
const COMMAND_TIMEOUT_MS = 2_000;

/** How many bytes on their way have to be taken in a millisecond; what comes behind them may wait for them. */
const BYTES_PER_MS = 8 * 1024;

/** How long an attempt to make the way may take until what it waits for is given up. */
const CONNECT_TIMEOUT_MS = 1_000;

/** How long a start may wait for the way to be made. */
const FIRST_WAIT_MS = 1_000;

const BACKOFF = { firstMs: 100, maxMs: 2_000 };

/** Keeps a way to a Redis. */
export class RedisLink {
  /** Where it leads, without the password. */
  readonly address: string;
  /** The number of the database. */
  readonly database: number;
  readonly #url: string;
  readonly #hooks: RedisLinkHooks;
  #commands: Client | null = null;
  #closed = false;
  /** Whether it is open, or being made. */
  #alive = false;
  /** Gives up what is open, or under way. */
  #giveUp: (reason: Error) => void = () => {};
  /** Ends the wait between two attempts. */
  #hurry: () => void = () => {};
  /** Called when it is known how the first attempt ended. */
  #onTried: () => void = () => {};
  #running: Promise<void> = Promise.resolve();
  /** Bytes that are on their way, as told by those who send them. */
  bytesUnderWay = 0;

  /**
   * Prepares the way.
   *
   * @param url `redis://` or `rediss://`, with host, port, and where needed user, password and number of the database.
   * @throws {UsageError} If the URL is none of these.
   */
  constructor(url: string, hooks: RedisLinkHooks) {
    this.#url = url;
    this.address = checkRedisUrl(url);
    this.database = Number(new URL(url).pathname.slice(1));
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

  /**
   * Does something over the way.
   *
   * @param onRefused Told what Redis says when it refuses to do it. Without this a refusal is a loss, too.
   * @returns What came of it, or `null` if it could not be done. What is not answered in time, or breaks the connection
   * off, has the way given up and made anew.
   */
  async run<T>(
    work: (client: Client) => Promise<T>,
    onRefused?: (reason: string) => void,
  ): Promise<T | null> {
    const client = this.#commands;
    if (client === null) return null;
    const ms = COMMAND_TIMEOUT_MS + this.bytesUnderWay / BYTES_PER_MS;
    try {
      return await inTime(work(client), ms);
    } catch (error) {
      if (onRefused !== undefined && await isRefusal(error)) onRefused(reasonOf(error));
      else if (this.#commands === client) this.lose(error);
      return null;
    }
  }

  /** Gives the way up, to make it anew. */
  lose(error: unknown): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.#commands = null;
    if (!this.#closed) this.#hooks.onDown(reasonOf(error));
    this.#giveUp(new Error("given up"));
  }

  /** Closes it for good. */
  async close(): Promise<void> {
    this.#closed = true;
    this.lose(new Error("closed"));
    this.#hurry();
    await this.#running;
  }

  async #run(channels: readonly string[]): Promise<void> {
    for (let failures = 0; !this.#closed;) {
      const clients: Client[] = [];
      this.#alive = true;
      try {
        const lost = new Promise<never>((_, reject) => this.#giveUp = reject);
        await Promise.race([this.#connect(clients, channels), lost]);
        failures = 0;
        this.#onTried();
        await lost;
      } catch (error) {
        this.lose(error);
        this.#onTried();
      }
      // What is said of them from now on is of no interest.
      for (const client of clients.splice(0)) client.destroy();
      if (!this.#closed) await this.#pause(backoffMs(++failures, BACKOFF));
    }
  }

  async #connect(clients: Client[], channels: readonly string[]): Promise<void> {
    const open = async (): Promise<Client> => {
      const client = await makeClient(this.#url);
      const isOurs = (): boolean => clients.includes(client);
      clients.push(client);
      client.on("error", (error) => isOurs() && this.lose(error));
      client.on("end", () => isOurs() && this.lose(new Error("the connection was closed")));
      // One that was given up while it was being made would stay open.
      client.on("connect", () => isOurs() || client.destroy());
      await inTime(client.connect(), COMMAND_TIMEOUT_MS);
      return client;
    };
    const commands = await open();
    const subscriber = await open();
    const onMessage = (text: unknown, channel: unknown): void => {
      if (clients.includes(subscriber)) this.#hooks.onMessage(String(channel), String(text));
    };
    await inTime(subscriber.subscribe([...channels], onMessage), COMMAND_TIMEOUT_MS);
    if (!clients.includes(commands)) return;
    this.#commands = commands;
    await this.#hooks.onUp();
  }

  async #pause(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** What `work` comes to, or an error when that takes longer. */
async function inTime<T>(work: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${Math.ceil(ms)} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

// What a client is, TypeScript can't say shortly: it follows from the commands that it has.
// deno-lint-ignore explicit-function-return-type
async function makeClient(url: string) {
  const { createClient, RESP_TYPES } = await import("@redis/client");
  return createClient({
    url,
    disableOfflineQueue: true,
    maintNotifications: "disabled",
    // Time is kept here, where it is known how much is on its way.
    commandOptions: { timeout: undefined },
    socket: { connectTimeout: CONNECT_TIMEOUT_MS, reconnectStrategy: false },
  }).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
}

async function isRefusal(error: unknown): Promise<boolean> {
  const { ErrorReply } = await import("@redis/client");
  return error instanceof ErrorReply;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses that can't be reached come together, without a message.
  return error.message || String((error as { code?: unknown }).code ?? error.name);
}
