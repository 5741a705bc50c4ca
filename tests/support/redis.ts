/**
 * A Redis of a test's own, on a free port, with nothing in it; it is gone at the end.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { Buffer } from "node:buffer";
import process from "node:process";
import { createClient } from "@redis/client";
import { listen } from "../../net/runtime.ts";
import { within } from "./within.ts";

/** A running server. */
export class TestRedis {
  readonly port: number;
  readonly #args: readonly string[];
  #pid = 0;
  #ended: Promise<void> = Promise.resolve();

  private constructor(port: number, args: readonly string[]) {
    this.port = port;
    this.#args = args;
  }

  /** Starts a server that keeps nothing, unless `args` say so. */
  static async start(...args: string[]): Promise<TestRedis> {
    for (let tries = 0;; tries++) {
      const redis = await TestRedis.prepare(...args);
      try {
        await redis.run();
        return redis;
      } catch (error) {
        // Another one has taken the port.
        if (tries === 5) throw error;
      }
    }
  }

  /** Picks a port, and starts nothing yet. */
  static async prepare(...args: string[]): Promise<TestRedis> {
    const listener = await listen({ port: 0 });
    const { port } = listener.addr;
    listener.close();
    return new TestRedis(port, args);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts it, and resolves when it takes connections. */
  async run(): Promise<void> {
    const child = spawn("redis-server", [
      ...["--port", `${this.port}`, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"],
      ...this.#args,
    ], { stdio: ["ignore", "pipe", "ignore"] });
    this.#pid = child.pid!;
    this.#ended = new Promise((resolve) => child.on("close", () => resolve()));
    let said = "";
    await within(
      new Promise<void>((resolve, reject) => {
        child.on("error", reject);
        child.on("close", () => reject(new Error(`redis-server ended: ${said}`)));
        child.stdout.on("data", (chunk) => {
          said += chunk;
          if (/Ready to accept connections/.test(said)) resolve();
        });
      }),
      "redis-server",
    );
  }

  /** Sends it a signal; after SIGKILL it has ended. */
  async signal(name: "SIGKILL" | "SIGSTOP" | "SIGCONT"): Promise<void> {
    process.kill(this.#pid, name);
    if (name === "SIGKILL") await this.#ended;
  }

  /** Has it do one command. */
  async do(...args: (string | Uint8Array)[]): Promise<unknown> {
    const client = createClient({ url: this.url, socket: { reconnectStrategy: false } });
    client.on("error", () => {});
    await client.connect();
    try {
      return await client.sendCommand(
        args.map((arg) => typeof arg === "string" ? arg : toBuffer(arg)),
      );
    } finally {
      client.destroy();
    }
  }

  /** Waits until a command gives what `holds` wants. */
  async until(holds: (reply: unknown) => boolean, ...args: string[]): Promise<void> {
    for (let tries = 0; tries < 1_000; tries++) {
      if (holds(await this.do(...args))) return;
    }
    throw new Error(`Expected another answer of Redis to ${args.join(" ")}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      process.kill(this.#pid, "SIGKILL");
    } catch {
      // It has ended already.
    }
    await this.#ended;
  }
}

function toBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
