/**
 * A proxy with several processes in front of a scripted origin, and what its log says of them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import process from "node:process";
import { formatAddress } from "../../net/address.ts";
import type { NetAddress } from "../../net/connection.ts";
import { type OriginScript, RawClient, ScriptedOrigin } from "../http/origin.ts";
import { type Running, startProgram } from "../programs.ts";
import { until } from "../support/within.ts";

/** A line of the log. */
export interface LogLine {
  readonly worker?: number;
  readonly pid?: number;
  readonly level: string;
  readonly event: string;
  readonly message: string;
  readonly peer?: string;
}

/** A running proxy. */
export class WorkersBench {
  readonly origin: ScriptedOrigin;
  readonly proxy: Running;
  address: NetAddress = { hostname: "127.0.0.1", port: 0 };

  private constructor(origin: ScriptedOrigin, proxy: Running) {
    this.origin = origin;
    this.proxy = proxy;
  }

  static async start(script: OriginScript, ...args: string[]): Promise<WorkersBench> {
    const origin = await ScriptedOrigin.start(script);
    const bench = new WorkersBench(
      origin,
      startProgram("proxy", [
        "http",
        "--port=0",
        `--upstream=${formatAddress(origin.addr)}`,
        "--log-format=json",
        ...args,
      ]),
    );
    const [, port] = await bench.proxy.until(/"Listening on 127\.0\.0\.1:(\d+), /);
    bench.address = { hostname: "127.0.0.1", port: Number(port) };
    return bench;
  }

  /** The lines that the processes have logged; what is no whole JSON object is a fault. */
  lines(): LogLine[] {
    return this.proxy.stderr().split("\n").slice(0, -1).filter((line) =>
      !line.startsWith("Draining")
    ).map((line) => JSON.parse(line));
  }

  /** The processes that have listened, in the order of that. */
  pids(): number[] {
    return this.lines().filter(({ message }) => message.endsWith(" listens"))
      .map(({ pid }) => pid!);
  }

  /** The first process that was this worker. */
  pidOf(worker: number): number {
    return this.lines().find((line) => line.worker === worker && line.pid !== undefined)!.pid!;
  }

  request(path: string, method = "GET", host = formatAddress(this.address)): string {
    return `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
  }

  /** Asks on a connection that stays open, and gives the whole answer; bodies end in a line break. */
  async ask(client: RawClient, path: string, method = "GET", host?: string): Promise<string> {
    await client.send(this.request(path, method, host));
    const head = await client.until("\r\n\r\n");
    const length = Number(/\r\nContent-Length: (\d+)/i.exec(head)?.[1] ?? 0);
    return head + (length === 0 ? "" : await client.until("\n"));
  }

  /** Opens connections until each of the workers has one; gives those, in the order of the workers. */
  async clientOfEach(workers: number): Promise<RawClient[]> {
    const found: RawClient[] = [];
    for (let tries = 0; tries < 100; tries++) {
      const client = await RawClient.connect(this.address);
      await this.ask(client, "/who");
      const peer = formatAddress(client.connection.localAddr);
      const line = (): LogLine | undefined =>
        this.lines().find((line) => line.event === "message.received" && line.peer === peer);
      await until(() => line() !== undefined, `${peer} is logged`);
      const worker = line()!.worker!;
      if (found[worker - 1] === undefined) found[worker - 1] = client;
      else client[Symbol.dispose]();
      if (Object.keys(found).length === workers) return found;
    }
    throw new Error("Expected connections to every worker");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy[Symbol.asyncDispose]();
    // Orphans end by themselves; a test that leaves one would see it here.
    await until(() => this.pids().every((pid) => !isAlive(pid)), "no worker is left", 30_000);
    await this.origin[Symbol.asyncDispose]();
  }
}

/** Whether a process runs; one that has ended may still wait for somebody to ask what became of it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" });
  return !stdout?.startsWith("Z");
}
