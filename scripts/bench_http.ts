// deno-lint-ignore-file no-console -- its figures go to stdout
/**
 * The figures of the HTTP system, as ratios against other caches in the same run.
 *
 *     deno task bench http [--rounds N] [--seconds S]
 *
 * A ratio is ours divided by the yardstick's: of rates more is better, of latencies less. On a machine that does other
 * work as well, ratios of few rounds say little.
 *
 * It needs two cores, `cc`, `taskset` and `wrk`. nginx, Varnish, Squid and HAProxy are measured against where they are
 * installed; the row for Node needs `node` and the npm build. Every cache runs on one core, the load and the origin on
 * the other; while hits are measured the origin is down, so that nothing but a hit can be answered.
 *
 * @module
 */

import { HttpClient } from "../http/client/client.ts";
import {
  buildLoad,
  isInstalled,
  LOAD_CORE,
  machine,
  median,
  numberOption,
  requirePrograms,
  row,
  runLoad,
  SERVER_CORE,
  start,
  stop,
  stopAll,
  thousands,
} from "./bench_support.ts";
import { type OtherCache, otherCaches } from "./lib/other_caches.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const PORTS = { origin: 18001, ours: 18002, bare: 18003, files: 18004, node: 18005, others: 18010 };
const CONNECTIONS = 64;

/** What is measured: a port, and its name in the table. */
interface Server {
  readonly name: string;
  readonly port: number;
}

const rounds = numberOption("rounds", 3);
const seconds = numberOption("seconds", 2);

function deno(file: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "--allow-all", `${ROOT}${file}`, ...args];
}

function proxy(upstream: number, ...args: string[]): string[] {
  const port = `--port=${PORTS.ours}`;
  return deno(
    "proxy.ts",
    "http",
    port,
    `--upstream=127.0.0.1:${upstream}`,
    "--log-level=off",
    ...args,
  );
}

function startOrigin(): Promise<Deno.ChildProcess> {
  return start(LOAD_CORE, PORTS.origin, deno("scripts/respond_deno.ts", String(PORTS.origin)));
}

/** Requests a second, all answered with 200. */
async function wrk(port: number, path: string): Promise<number> {
  const { stdout } = await new Deno.Command("taskset", {
    args: [
      "-c",
      String(LOAD_CORE),
      "wrk",
      "-t1",
      `-c${CONNECTIONS}`,
      `-d${seconds}s`,
      `http://127.0.0.1:${port}${path}`,
    ],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const rate = Number(/Requests\/sec:\s+([\d.]+)/.exec(text)?.[1]);
  if (!(rate > 0) || /Non-2xx|Socket errors/.test(text)) {
    throw new Error(`port ${port} did not answer all requests:\n${text}`);
  }
  return rate;
}

/** Loads the servers in turn, round by round, and prints ours against each of the others. */
async function compareAll(what: string, path: string, others: readonly Server[]): Promise<void> {
  const ours: number[] = [];
  const rates = new Map<string, number[]>(others.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    ours.push(await wrk(PORTS.ours, path));
    for (const { name, port } of others) rates.get(name)!.push(await wrk(port, path));
  }
  for (const [name, theirs] of rates) {
    const ratio = median(theirs.map((rate, i) => ours[i] / rate));
    console.log(
      row(
        `${what}, against ${name}`,
        thousands(median(ours)),
        thousands(median(theirs)),
        ratio.toFixed(2),
      ),
    );
    if (name === "nginx" && path === SMALL) nginxPeak = median(theirs);
  }
}

const SMALL = "/s";
const LARGE = "/l";
const NOT_KEPT = "/m";
let nginxPeak = 0;

/** Has every cache take up what it will be asked for; asked twice, since some keep the second answer only. */
async function warm(servers: readonly Server[]): Promise<void> {
  using client = new HttpClient();
  for (const { name, port } of servers) {
    for (const path of [SMALL, LARGE, SMALL, LARGE]) {
      const response = await client.request(`http://127.0.0.1:${port}${path}`);
      await response.bytes();
      if (response.status !== 200) throw new Error(`${name} answers ${response.status}`);
    }
  }
}

async function startOthers(folder: string): Promise<OtherCache[]> {
  const started: OtherCache[] = [];
  for (const cache of otherCaches(PORTS.origin, PORTS.others)) {
    if (!await isInstalled(cache.program)) {
      console.log(row(`(${cache.name} is not installed: ${cache.source})`, "", "", ""));
      continue;
    }
    const own = `${folder}/${cache.program}`;
    await Deno.mkdir(own);
    await start(SERVER_CORE, cache.port, await cache.prepare(own));
    started.push(cache);
  }
  return started;
}

async function figures(folder: string, load: string): Promise<void> {
  const origin = await startOrigin();
  const bare: Server = { name: "a bare Deno responder", port: PORTS.bare };
  await start(SERVER_CORE, bare.port, deno("scripts/respond_deno.ts", String(bare.port)));
  await start(SERVER_CORE, PORTS.ours, proxy(PORTS.origin));
  const others = await startOthers(folder);
  const named = (...names: string[]) => others.filter(({ name }) => names.includes(name));

  await warm([{ name: "halfway", port: PORTS.ours }, ...others]);
  await stop(origin);
  await compareAll("cached 1 KiB", SMALL, [...others, bare]);
  await compareAll("cached 100 KiB", LARGE, [...named("Varnish"), bare]);
  await latencies(load, named("nginx", "Varnish"));
  await startOrigin();
  await compareAll("1 KiB passed through, not to be kept", NOT_KEPT, named("Squid", "HAProxy"));
}

/** The latency that one request in a hundred exceeds, at 60 % of what nginx can do, counted from when it was due. */
async function latencies(load: string, others: readonly Server[]): Promise<void> {
  if (nginxPeak === 0) {
    console.log(row("(the latency at 60 % of nginx's peak needs nginx)", "", "", ""));
    return;
  }
  const requestsPerSecond = Math.round(nginxPeak * 0.6);
  const measure = async (port: number) =>
    await runLoad(load, {
      port,
      connections: CONNECTIONS,
      inFlight: 1,
      seconds,
      // The same Host that wrk sends: it is a part of the key.
      requests: [`GET ${SMALL} HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\n\\r\\n`],
      http: true,
      requestsPerSecond,
    });
  const ours: number[] = [];
  const theirs = new Map<string, number[]>(others.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const found = await measure(PORTS.ours);
    if (found.rate < requestsPerSecond * 0.98) {
      console.log(
        row(`(${thousands(requestsPerSecond)} requests a second are too many)`, "", "", ""),
      );
      return;
    }
    ours.push(found.p99us);
    for (const { name, port } of others) theirs.get(name)!.push((await measure(port)).p99us);
  }
  for (const [name, values] of theirs) {
    console.log(
      row(
        `p99 of a cached 1 KiB at ${thousands(requestsPerSecond)}/s, against ${name}`,
        `${Math.round(median(ours))} µs`,
        `${Math.round(median(values))} µs`,
        median(values.map((value, i) => ours[i] / value)).toFixed(2),
      ),
    );
  }
}

/** The npm build under Node against a bare `node:http` server. */
async function nodeFigure(): Promise<void> {
  const bin = `${ROOT}npm/esm/cli/halfway.js`;
  const isBuilt = await Deno.stat(bin).then(() => true, () => false);
  if (!isBuilt || !await isInstalled("node")) {
    console.log(row("(the row for Node needs node and `deno task build:npm`)", "", "", ""));
    return;
  }
  const origin = await startOrigin();
  await start(SERVER_CORE, PORTS.ours, [
    "node",
    bin,
    "proxy",
    "http",
    `--port=${PORTS.ours}`,
    `--upstream=127.0.0.1:${PORTS.origin}`,
    "--log-level=off",
  ]);
  const bare: Server = { name: "a bare `node:http` server", port: PORTS.node };
  await start(SERVER_CORE, bare.port, [
    "node",
    `${ROOT}scripts/respond_node.mjs`,
    String(bare.port),
  ]);
  await warm([{ name: "halfway", port: PORTS.ours }]);
  await stop(origin);
  await compareAll("npm build under Node, cached 1 KiB", SMALL, [bare]);
}

/** How far memory grows while 2 GB pass through. */
async function bodyFigure(folder: string): Promise<void> {
  const root = `${folder}/files`;
  await Deno.mkdir(root);
  const bytes = 2_000_000_000;
  for (const [name, size] of [["small", 1_000_000], ["large", bytes]] as const) {
    using file = await Deno.create(`${root}/${name}`);
    await file.truncate(size);
  }
  const files = deno(
    "server.ts",
    "http",
    `--port=${PORTS.files}`,
    `--root=${root}`,
    "--log-level=off",
  );
  const server = await start(LOAD_CORE, PORTS.files, files);
  const child = await start(SERVER_CORE, PORTS.ours, proxy(PORTS.files));
  using client = new HttpClient();
  const take = async (name: string) => {
    let taken = 0;
    for await (const piece of await client.request(`http://127.0.0.1:${PORTS.ours}/${name}`)) {
      taken += piece.length;
    }
    return taken;
  };
  await take("small");
  const before = [await peakBytes(child.pid), await peakBytes(server.pid)];
  const begin = performance.now();
  if (await take("large") !== bytes) throw new Error("the body came cut off");
  const took = (performance.now() - begin) / 1000;
  const after = [await peakBytes(child.pid), await peakBytes(server.pid)];
  const [ours, theirs] = after.map((value, i) => `${((value - before[i]) / 1e6).toFixed(1)} MB`);
  const speed = `${Math.round(bytes / took / 1e6)} MB/s`;
  console.log(
    row(`2 GB passed through at ${speed}: memory added, and by the file server`, ours, theirs, ""),
  );
}

/** The most memory that a process has had resident, in bytes. */
async function peakBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

async function main(): Promise<void> {
  await requirePrograms({
    cc: "a C compiler",
    taskset: "Debian's util-linux",
    wrk: "Debian's wrk",
  });
  const folder = await Deno.makeTempDir({ prefix: "halfway-bench-" });
  // Caches that change their user have to get through.
  await Deno.chmod(folder, 0o755);
  try {
    const load = await buildLoad(folder);
    console.log(`${await machine()}; ${rounds} rounds of ${seconds} s, medians\n`);
    console.log(row("what", "ours", "yardstick", "ratio"));
    console.log(row("---", "---:", "---:", "---:"));
    await figures(folder, load);
    await stopAll();
    await nodeFigure();
    await stopAll();
    await bodyFigure(folder);
  } finally {
    await stopAll();
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
