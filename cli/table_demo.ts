/**
 * The demo of the table system: a server, a proxy and a client in one process, over real sockets, and what each of them
 * sees after each step.
 *
 * @module
 */

import { Observer } from "../observe/observer.ts";
import { TableClient } from "../table/client.ts";
import { startTableProxy, type TableProxy } from "../table/proxy.ts";
import { startTableServer, type TableServer } from "../table/server.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { waitForEnter } from "./prompt.ts";
import { type StoryStep, TABLE_STORY } from "./table_story.ts";
import { pad, type Style } from "./text.ts";

/** A message that crossed a wire. */
interface Crossing {
  /** Where: between client and proxy, or between proxy and server. */
  readonly wire: "client-proxy" | "proxy-server";
  /** Which way. */
  readonly way: "request" | "reply";
  /** The message. */
  readonly text: string;
}

/** What a step came to. */
interface StepResult {
  readonly step: StoryStep;
  readonly crossings: readonly Crossing[];
  /** For each index that was read, in order: where its value came from. */
  readonly reads: readonly { readonly index: number; readonly from: "cache" | "server" }[];
  readonly cache: readonly (readonly [index: number, value: number])[];
  readonly table: readonly (number | null)[];
}

/** Plays the story. Returns the exit code. */
export async function runTableDemo(
  { values }: Extract<Parsed<"demo">, { system: "table" }>,
  output: Output,
): Promise<number> {
  const observer = new Observer();
  const logging = startLogging(values);
  logging.attach(observer);
  const crossings: Crossing[] = [];
  const reads: { index: number; from: "cache" | "server" }[] = [];
  await using server = await startTableServer({ port: 0 });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr, observer });
  const serverPort = server.addr.port;
  observer.on("message", ({ type, peer, text }) => {
    const upstream = peer.endsWith(`:${serverPort}`);
    // What the proxy sends to its server is a request, and what it sends to a client a reply.
    const request = upstream === (type === "message.sent");
    crossings.push({
      wire: upstream ? "proxy-server" : "client-proxy",
      way: request ? "request" : "reply",
      text,
    });
  });
  observer.on("cache", ({ type, key }) => {
    if (type === "cache.hit") reads.push({ index: Number(key), from: "cache" });
    if (type === "cache.miss") reads.push({ index: Number(key), from: "server" });
  });
  using client = new TableClient({ address: proxy.addr });
  if (!values.json) printOpening(server, proxy, output);
  let messages = 0;
  for (const [i, step] of TABLE_STORY.entries()) {
    crossings.length = reads.length = 0;
    for (const message of step.messages) await client.raw(message);
    messages += step.messages.length;
    const result: StepResult = {
      step,
      crossings,
      reads,
      cache: proxy.entries,
      table: Array.from(
        { length: server.table.size },
        (_, index) => server.table.at(index) ?? null,
      ),
    };
    if (values.json) output.json(stepJson(i + 1, result));
    else printStep(i + 1, result, output);
    if (values.step && i + 1 < TABLE_STORY.length) await waitForEnter("Enter for the next step");
  }
  const { hits, misses, roundTrips } = proxy.stats;
  if (values.json) {
    output.json({ summary: { messages, hits, misses, upstreamRoundTrips: roundTrips } });
  } else {
    const { bold } = output.style;
    output.data(
      bold("Summary  ") + `${messages} messages · ${hits} hits · ${misses} misses · ` +
        `${roundTrips} round trips to the server`,
    );
  }
  logging.stop();
  return 0;
}

function printOpening(server: TableServer, proxy: TableProxy, output: Output): void {
  const { bold, dim } = output.style;
  output.data(
    `${bold("client")} ${dim("──────")} ${bold("proxy")} :${proxy.addr.port} ${dim("──────")} ` +
      `${bold("server")} :${server.addr.port}\n` +
      dim(
        "One message, one line: → a request, ← its reply. The proxy holds 5 of the 10 entries.\n",
      ),
  );
}

function printStep(number: number, result: StepResult, output: Output): void {
  const { bold, dim, cyan, yellow } = output.style;
  const { step, crossings, reads, cache, table } = result;
  output.data(`${bold(`${number}. ${step.title}`)}  ${dim(step.point)}`);
  for (const { wire, way, text } of crossings) {
    const arrow = way === "request" ? "→" : "←";
    const near = wire === "client-proxy";
    const line = near ? `client ${arrow} proxy            ` : `          proxy ${arrow} server  `;
    output.data(`   ${dim(line)} ${near ? cyan(text) : yellow(text)}`);
  }
  if (reads.length > 0) {
    const told = reads.map(({ index, from }) => `${index} ${hitOrMiss(from, output.style)}`);
    output.data(`   ${dim("read    ")}${told.join(dim(" · "))}`);
  }
  output.data(`   ${dim("cache   ")}${cacheText(cache, output.style)}`);
  output.data(`   ${dim("index   ")}${row(table.map((_, index) => String(index)), dim)}`);
  output.data(
    `   ${dim("table   ")}${row(table.map((value) => value === null ? "–" : String(value)))}\n`,
  );
}

function hitOrMiss(from: "cache" | "server", { green, red }: Style): string {
  return from === "cache" ? green("hit") : red("miss");
}

function cacheText(cache: StepResult["cache"], { bold, dim }: Style): string {
  if (cache.length === 0) return dim("empty");
  return cache.map(([index, value]) => `${dim(`${index}=`)}${bold(String(value))}`).join("  ") +
    dim("   most recent first");
}

function row(cells: readonly string[], paint: (text: string) => string = (text) => text): string {
  return cells.map((cell) => paint(pad(cell, 4, "right"))).join("");
}

function stepJson(number: number, { step, crossings, reads, cache, table }: StepResult): unknown {
  return { step: number, title: step.title, wire: crossings, reads, cache, table };
}
