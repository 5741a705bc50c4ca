/**
 * The demo of the HTTP system: a file server, a caching proxy and a client in one process, over real sockets.
 *
 * @module
 */

import { HttpClient, type HttpResponse } from "../http/client/client.ts";
import { startFileServer } from "../http/server/file_server.ts";
import type { FileTree, OpenFile } from "../http/server/file_system.ts";
import { type HttpProxy, startHttpProxy } from "../http/proxy/proxy.ts";
import { formatAddress } from "../net/address.ts";
import { Observer } from "../observe/observer.ts";
import {
  HTTP_STORY,
  HTTP_STORY_FILES,
  HTTP_STORY_RULES,
  type HttpStoryStep,
} from "./http_story.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { waitForEnter } from "./prompt.ts";

/** A message that crossed a wire. */
interface Crossing {
  readonly wire: "client-proxy" | "proxy-origin";
  readonly way: "request" | "response";
  readonly text: string;
}

/** What a step came to. */
interface StepResult {
  readonly step: HttpStoryStep;
  readonly crossings: readonly Crossing[];
  readonly status: number;
  readonly age: number | null;
  readonly cacheStatus: string | null;
  readonly body: string;
}

/** Plays the story. Returns the exit code. */
export async function runHttpDemo(
  { values }: Extract<Parsed<"demo">, { system: "http" }>,
  output: Output,
): Promise<number> {
  const observer = new Observer();
  const logging = startLogging(values);
  logging.attach(observer);
  const files = new MemoryFiles(HTTP_STORY_FILES);
  await using origin = await startFileServer({
    root: files,
    port: 0,
    cacheControl: HTTP_STORY_RULES,
  });
  await using proxy = await startHttpProxy({ port: 0, upstream: [origin.addr], observer });
  const originName = formatAddress(origin.addr);
  const crossings: Crossing[] = [];
  observer.on("message", ({ type, peer, text }) => {
    const upstream = peer === originName;
    const request = upstream === (type === "message.sent");
    crossings.push({
      wire: upstream ? "proxy-origin" : "client-proxy",
      way: request ? "request" : "response",
      text,
    });
  });
  using client = new HttpClient();
  if (!values.json) printOpening(proxy, originName, output);
  const counts = { requests: 0, askedOfOrigin: 0 };
  for (const [i, step] of HTTP_STORY.entries()) {
    if (step.change !== undefined) files.write(step.path.slice(1), step.change);
    if (step.stop) await origin[Symbol.asyncDispose]();
    crossings.length = 0;
    const response = await client.request(`http://${formatAddress(proxy.addr)}${step.path}`, {
      fields: step.fields,
    });
    const result = await resultOf(step, response, crossings);
    counts.requests++;
    counts.askedOfOrigin += crossings.filter(({ wire, way }) =>
      wire === "proxy-origin" && way === "request"
    ).length;
    if (values.json) output.json({ ...result, step: i + 1, title: step.title });
    else printStep(i + 1, result, output);
    if (values.step && i + 1 < HTTP_STORY.length) await waitForEnter("Enter for the next step");
  }
  const { entries, bytes } = proxy.cache;
  if (values.json) output.json({ summary: { ...counts, entries, bytes } });
  else {
    output.data(
      output.style.bold("Summary  ") +
        `${counts.requests} requests · ${counts.askedOfOrigin} asked of the ` +
        `origin · ${entries} responses stored, ${bytes} bytes in all`,
    );
  }
  logging.stop();
  return 0;
}

async function resultOf(
  step: HttpStoryStep,
  response: HttpResponse,
  crossings: readonly Crossing[],
): Promise<StepResult> {
  const { status, age, cacheStatus } = response;
  return { step, crossings, status, age, cacheStatus, body: (await response.text()).trimEnd() };
}

function printOpening(proxy: HttpProxy, origin: string, output: Output): void {
  const { bold, dim } = output.style;
  output.data(
    `${bold("client")} ${dim("──────")} ${bold("proxy")} :${proxy.addr.port} ${dim("──────")} ` +
      `${bold("origin")} ${origin}\n`,
  );
}

function printStep(number: number, result: StepResult, output: Output): void {
  const { bold, dim, cyan, yellow, green, red } = output.style;
  const { step, crossings, status, age, cacheStatus, body } = result;
  output.data(`${bold(`${number}. ${step.title}`)}  ${dim(step.point)}`);
  for (const { wire, way, text } of crossings) {
    const arrow = way === "request" ? "→" : "←";
    const near = wire === "client-proxy";
    const line = near ? `client ${arrow} proxy            ` : `          proxy ${arrow} origin  `;
    output.data(`   ${dim(line)} ${near ? cyan(text) : yellow(text)}`);
  }
  const paint = status < 400 ? green : red;
  output.data(
    `   ${dim("answer  ")}${paint(String(status))}  ${body}` +
      `${age === null ? "" : dim(`   Age ${age}`)}`,
  );
  output.data(`   ${dim("cache   ")}${cacheStatus ?? "–"}\n`);
}

/** A folder in memory: the story changes its files, and the disk is left alone. */
class MemoryFiles implements FileTree {
  readonly #files = new Map<string, { bytes: Uint8Array; modifiedMs: number }>();

  constructor(files: readonly (readonly [name: string, content: string])[]) {
    // As of yesterday, so that a change shows in Last-Modified, which counts in seconds.
    for (const [name, content] of files) this.write(name, content, Date.now() - 86_400_000);
  }

  write(name: string, content: string, modifiedMs = Date.now()): void {
    this.#files.set(name, { bytes: new TextEncoder().encode(content), modifiedMs });
  }

  open(segments: readonly string[]): Promise<OpenFile | null> {
    const file = this.#files.get(segments.join("/"));
    if (file === undefined) return Promise.resolve(null);
    const { bytes, modifiedMs } = file;
    return Promise.resolve({
      entry: {
        kind: "file",
        size: bytes.length,
        modifiedMs,
        modifiedExactly: BigInt(Math.round(modifiedMs)),
      },
      read: (target, position) => {
        const part = bytes.subarray(position, position + target.length);
        target.set(part);
        return Promise.resolve(part.length);
      },
      close: () => Promise.resolve(),
    });
  }
}
