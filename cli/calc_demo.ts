/**
 * The demo of the calculator system: a server, a proxy and a client in one process, over real sockets, until the server
 * goes away and the proxy is left with what it has kept.
 *
 * @module
 */

import { CalcClient, CalcRemoteError, type CalcResult } from "../calc/client.ts";
import { type CalcProxy, startCalcProxy } from "../calc/proxy.ts";
import { type CalcServer, startCalcServer } from "../calc/server.ts";
import { numberText } from "../calc/python_repr.ts";
import { Observer } from "../observe/observer.ts";
import { CALC_STORY, type CalcStoryStep } from "./calc_story.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { waitForEnter } from "./prompt.ts";

/** A connection made, or a packet that crossed a wire. */
interface Crossing {
  /** Between client and proxy, or between proxy and server. */
  readonly wire: "client-proxy" | "proxy-server";
  /** What happened there. */
  readonly what: "connect" | "request" | "response" | "refused";
  /** Size of the packet, in bytes; 0 if it is none. */
  readonly bytes: number;
}

/** What a step came to. */
interface StepResult {
  readonly step: CalcStoryStep;
  readonly crossings: readonly Crossing[];
  readonly outcome: "hit" | "miss";
  readonly result: CalcResult | null;
  readonly error: CalcRemoteError | null;
  readonly cache: readonly string[];
}

/** Waits between the proxy's attempts, short enough for people who watch. */
const RETRY_DELAY_MS = 500;

/** Plays the story. Returns the exit code. */
export async function runCalcDemo(
  { values }: Extract<Parsed<"demo">, { system: "calc" }>,
  output: Output,
): Promise<number> {
  const logging = startLogging(values);
  const proxyObserver = new Observer();
  const serverObserver = new Observer();
  const clientObserver = new Observer();
  logging.attach(proxyObserver);
  await using server = await startCalcServer({ port: 0, observer: serverObserver });
  await using proxy = await startCalcProxy({
    port: 0,
    upstream: server.addr,
    retryDelayMs: RETRY_DELAY_MS,
    observer: proxyObserver,
  });
  using client = new CalcClient({ address: proxy.addr, observer: clientObserver });

  const crossings: Crossing[] = [];
  clientObserver.on("upstream", ({ type }) => {
    if (type === "upstream.connected") {
      crossings.push({ wire: "client-proxy", what: "connect", bytes: 0 });
    }
  });
  clientObserver.on("message", ({ type, bytes }) => {
    const what = type === "message.sent" ? "request" : "response";
    crossings.push({ wire: "client-proxy", what, bytes });
  });
  proxyObserver.on("upstream", ({ type }) => {
    if (type === "upstream.connected") {
      crossings.push({ wire: "proxy-server", what: "connect", bytes: 0 });
    } else if (type === "upstream.failed" || type === "upstream.retry") {
      crossings.push({ wire: "proxy-server", what: "refused", bytes: 0 });
    }
  });
  serverObserver.on("message", ({ type, bytes }) => {
    const what = type === "message.received" ? "request" : "response";
    crossings.push({ wire: "proxy-server", what, bytes });
  });

  if (!values.json) printOpening(server, proxy, output);
  for (const [i, step] of CALC_STORY.entries()) {
    crossings.length = 0;
    if (step.serverGone) await stopServer(server);
    crossings.length = 0;
    const result = await play(step, client, proxy, crossings);
    if (values.json) output.json(stepJson(i + 1, result));
    else printStep(i + 1, result, output);
    if (values.step && i + 1 < CALC_STORY.length) await waitForEnter("Enter for the next step");
  }
  const { hits, misses } = proxy.stats;
  const answered = server.stats.results;
  if (values.json) {
    output.json({ summary: { requests: CALC_STORY.length, hits, misses, evaluations: answered } });
  } else {
    const { bold } = output.style;
    output.data(
      bold("Summary  ") + `${CALC_STORY.length} requests · ${hits} hits · ${misses} misses · ` +
        `${answered} evaluations by the server`,
    );
  }
  logging.stop();
  return 0;
}

async function stopServer(server: CalcServer): Promise<void> {
  server.close();
  await server.finished;
}

async function play(
  step: CalcStoryStep,
  client: CalcClient,
  proxy: CalcProxy,
  crossings: readonly Crossing[],
): Promise<StepResult> {
  const before = proxy.stats.hits;
  let result: CalcResult | null = null;
  let error: CalcRemoteError | null = null;
  try {
    result = await client.evaluate(step.expression);
  } catch (thrown) {
    if (!(thrown instanceof CalcRemoteError)) throw thrown;
    error = thrown;
  }
  const outcome = proxy.stats.hits > before ? "hit" : "miss";
  return { step, crossings, outcome, result, error, cache: proxy.entries };
}

function printOpening(server: CalcServer, proxy: CalcProxy, output: Output): void {
  const { bold, dim } = output.style;
  output.data(
    `${bold("client")} ${dim("──────")} ${bold("proxy")} :${proxy.addr.port} ${dim("──────")} ` +
      `${bold("server")} :${server.addr.port}\n` +
      dim("One packet, one line: → a request, ← its response, with their sizes in bytes.\n"),
  );
}

function printStep(number: number, played: StepResult, output: Output): void {
  const { bold, dim, green, red } = output.style;
  const { step, crossings, outcome, result, error, cache } = played;
  output.data(`${bold(`${number}. ${step.title}`)}  ${dim(step.point)}`);
  for (const line of crossingLines(crossings, output)) output.data(`   ${line}`);
  output.data(`   ${dim("cache   ")}${outcome === "hit" ? green("hit") : red("miss")}`);
  if (result !== null) printResult(result, output);
  if (error !== null) {
    output.data(`   ${dim("error   ")}${red(`${error.status}`)} ${error.exception}`);
  }
  output.data(
    `   ${dim("held    ")}${
      cache.length === 0 ? dim("nothing") : cache.join(dim(" · ")) + dim("   most recent first")
    }\n`,
  );
}

/** One line a crossing; attempts in a row that were refused are one. */
function crossingLines(crossings: readonly Crossing[], { style }: Output): string[] {
  const { dim, cyan, yellow, red } = style;
  const lines: string[] = [];
  let refused = 0;
  crossings.forEach(({ wire, what, bytes }, i) => {
    const near = wire === "client-proxy";
    const paint = near ? cyan : yellow;
    const [from, to] = near ? ["client", "proxy            "] : ["          proxy", "server  "];
    if (what === "refused") {
      refused++;
      if (crossings[i + 1]?.what === "refused") return;
      const seconds = (refused - 1) * RETRY_DELAY_MS / 1000;
      const text = `connection refused ${refused} times, within ${seconds} s`;
      lines.push(`${dim(`${from} ╳ ${to}`)} ${red(text)}`);
    } else if (what === "connect") {
      lines.push(`${dim(`${from} ─ ${to}`)} ${paint("connected")}`);
    } else {
      const arrow = what === "request" ? "→" : "←";
      lines.push(`${dim(`${from} ${arrow} ${to}`)} ${paint(`${what}, ${bytes} bytes`)}`);
    }
  });
  return lines;
}

function printResult({ value, steps }: CalcResult, { data, style }: Output): void {
  const { bold, dim } = style;
  data(`   ${dim("result  ")}${bold(numberText(value))}`);
  steps.forEach((step, i) => {
    data(`   ${dim(i === 0 ? "steps   " : "      = ")}${step}`);
  });
}

function stepJson(number: number, played: StepResult): unknown {
  const { step, crossings, outcome, result, error, cache } = played;
  return {
    step: number,
    title: step.title,
    expression: step.expression,
    wire: crossings,
    outcome,
    ...(result === null ? {} : { result: numberText(result.value), steps: result.steps }),
    ...(error === null ? {} : { status: error.status, error: error.exception.toString() }),
    cache,
  };
}
