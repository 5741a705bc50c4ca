// deno-lint-ignore-file no-console -- its figures go to stdout
/**
 * The figures of the table system, as ratios against yardsticks in the same run.
 *
 *     deno task bench table [--rounds N] [--seconds S] [--soak MINUTES]
 *
 * It needs two cores, `cc`, `taskset` and `redis-server`; the row for Node needs `node` and the npm build. With `--soak`
 * only the memory under mixed load is measured, for so many minutes.
 *
 * @module
 */

import { connect } from "../net/runtime.ts";
import {
  buildLoad,
  compare,
  type Load,
  LOAD_CORE,
  machine,
  numberOption,
  requirePrograms,
  residentBytes,
  row,
  runLoad,
  SERVER_CORE,
  start,
  stop,
  stopAll,
  thousands,
} from "./bench_support.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const REQUEST = "OP=GET;IND=1,2;\\n";
const REPLY = "OP=GET;IND=1,2;DATA=2,3;\\n";
const MGET = "*3\\r\\n$4\\r\\nMGET\\r\\n$1\\r\\na\\r\\n$1\\r\\na\\r\\n";
const FILL = "--fill=1,2,3,4,5,6,7,8,9,10";
const SILENT = ["--quiet", "--log-level=error"];
const PORTS = { server: 17002, proxy: 17001, small: 17003, echo: 17004, redis: 17005, node: 17006 };

function deno(file: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "--allow-all", `${ROOT}${file}`, ...args];
}

function proxy(port: number, ...args: string[]): string[] {
  return deno(
    "proxy.ts",
    `--port=${port}`,
    `--upstream=127.0.0.1:${PORTS.server}`,
    ...SILENT,
    ...args,
  );
}

async function main(): Promise<void> {
  await requirePrograms({
    cc: "a C compiler",
    taskset: "Debian's util-linux",
    "redis-server": "Debian's redis-server",
  });
  const load = await buildLoad();
  await start(
    LOAD_CORE,
    PORTS.server,
    deno("server.ts", `--port=${PORTS.server}`, FILL, ...SILENT),
  );
  if (Deno.args.includes("--soak")) await soak(load, numberOption("soak", 10));
  else await figures(load, numberOption("rounds", 7), numberOption("seconds", 2));
}

async function figures(load: string, rounds: number, seconds: number): Promise<void> {
  await start(SERVER_CORE, PORTS.proxy, proxy(PORTS.proxy));
  await start(SERVER_CORE, PORTS.small, proxy(PORTS.small, "--capacity=1"));
  await start(
    SERVER_CORE,
    PORTS.echo,
    deno("scripts/echo_deno.ts", String(PORTS.echo), "16", REPLY),
  );
  await start(SERVER_CORE, PORTS.redis, [
    "redis-server",
    "--port",
    String(PORTS.redis),
    "--save",
    "",
  ]);
  const set = await connect({ hostname: "127.0.0.1", port: PORTS.redis });
  await set.write(new TextEncoder().encode("SET a 3\r\n"));
  await set.read(new Uint8Array(16));
  set.close();

  const one: Load = {
    port: PORTS.proxy,
    connections: 50,
    inFlight: 1,
    seconds,
    requests: [REQUEST],
  };
  const many: Load = { ...one, inFlight: 16 };
  const echo: Load = { ...one, port: PORTS.echo };
  const redis: Load = { ...one, port: PORTS.redis, requests: [MGET] };
  const pairs = [0, 2, 4, 6, 8].map((index) => `OP=GET;IND=${index},${index + 1};\\n`);
  const miss: Load = { ...one, port: PORTS.small, requests: pairs };

  console.log(`${await machine()}; ${rounds} pairs of ${seconds} s, medians\n`);
  console.log(row("what", "ours /s", "yardstick /s", "ratio", "to reach", "generator's CPU"));
  console.log(row("---", "---:", "---:", "---:", "---:", "---:"));
  const comparisons: [string, Load, Load, string][] = [
    ["GET hit, 1 in flight, against a bare Deno echo", one, echo, "0.92"],
    ["GET hit, 16 in flight, against Redis `MGET`", many, { ...redis, inFlight: 16 }, "1.4"],
    ["GET hit, 1 in flight, against Redis `MGET`", one, redis, "0.95"],
    ["(the bare Deno echo, 1 in flight, against Redis `MGET`)", echo, redis, "-"],
    ["GET miss through to the server, against the hit", miss, one, "0.4"],
  ];
  for (const [what, tested, yardstick, target] of comparisons) {
    const found = await compare(load, tested, yardstick, rounds);
    console.log(
      row(
        what,
        thousands(found.rate),
        thousands(found.yardstick),
        found.ratio.toFixed(2),
        target,
        found.cpu.toFixed(2),
      ),
    );
  }
  await nodeFigure(load, one, rounds);
  await idleFigure();
}

/** The npm build under Node against a bare `node:net` echo. */
async function nodeFigure(load: string, one: Load, rounds: number): Promise<void> {
  const bin = `${ROOT}npm/esm/cli/halfway.js`;
  try {
    await Deno.stat(bin);
  } catch {
    console.log(
      row("(the row for Node needs `deno task build:npm` first)", "", "", "", "0.85", ""),
    );
    return;
  }
  await stopAll();
  await start(
    LOAD_CORE,
    PORTS.server,
    deno("server.ts", `--port=${PORTS.server}`, FILL, ...SILENT),
  );
  const upstream = `--upstream=127.0.0.1:${PORTS.server}`;
  await start(SERVER_CORE, PORTS.proxy, [
    "node",
    bin,
    "proxy",
    `--port=${PORTS.proxy}`,
    upstream,
    ...SILENT,
  ]);
  const echo = [`${ROOT}scripts/echo_node.mjs`, String(PORTS.node), "16", REPLY];
  await start(SERVER_CORE, PORTS.node, ["node", ...echo]);
  const found = await compare(load, one, { ...one, port: PORTS.node }, rounds);
  console.log(
    row(
      "npm build under Node: GET hit, against a bare `node:net` echo",
      thousands(found.rate),
      thousands(found.yardstick),
      found.ratio.toFixed(2),
      "0.85",
      found.cpu.toFixed(2),
    ),
  );
}

/** What 1 000 idle connections cost. */
async function idleFigure(): Promise<void> {
  await stopAll();
  await start(
    LOAD_CORE,
    PORTS.server,
    deno("server.ts", `--port=${PORTS.server}`, FILL, ...SILENT),
  );
  const child = await start(SERVER_CORE, PORTS.proxy, proxy(PORTS.proxy));
  const address = { hostname: "127.0.0.1", port: PORTS.proxy };
  const request = new TextEncoder().encode("OP=GET;IND=1,2;\n");
  const reply = new Uint8Array(64);
  // Code and heap come to rest first, with connections that come and go.
  for (let i = 0; i < 1000; i++) {
    const connection = await connect(address);
    await connection.write(request);
    await connection.read(reply);
    connection.close();
  }
  const before = await residentBytes(child.pid);
  const connections = [];
  for (let i = 0; i < 1000; i++) {
    const connection = await connect(address);
    await connection.write(request);
    await connection.read(reply);
    connections.push(connection);
  }
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  const added = (await residentBytes(child.pid) - before) / 1e6;
  connections.forEach((connection) => connection.close());
  console.log(
    row("1 000 idle connections: memory added", `${added.toFixed(1)} MB`, "", "", "25 MB", ""),
  );
}

/** Memory under mixed load: at the end against that after a minute. */
async function soak(load: string, minutes: number): Promise<void> {
  const child = await start(SERVER_CORE, PORTS.proxy, proxy(PORTS.proxy));
  const requests = [
    "OP=GET;IND=1,2;\\n",
    "OP=PUT;IND=3;DATA=7;\\n",
    "OP=ADD;IND=0,1,9;\\n",
    "OP=GET;IND=5;\\n",
    "OP=INF;\\n",
    "OP=GET;IND=12;\\n",
    "OP=PUT;IND=4,5;DATA=-1,900000;\\n",
    "OP=FOO;\\n",
    "OP=GET;IND=8,7,6;\\n",
    "nonsense\\n",
  ];
  const mixed: Load = { port: PORTS.proxy, connections: 100, inFlight: 4, seconds: 60, requests };
  let first = 0;
  let last = 0;
  let messages = 0;
  for (let minute = 1; minute <= minutes; minute++) {
    messages += (await runLoad(load, mixed)).messages;
    last = await residentBytes(child.pid);
    if (minute === 1) first = last;
    console.log(`minute ${minute}: ${(last / 1e6).toFixed(1)} MB, ${thousands(messages)} messages`);
  }
  console.log(row("what", "after 1 min", `after ${minutes} min`, "ratio", "to reach"));
  console.log(row("---", "---:", "---:", "---:", "---:"));
  console.log(
    row(
      `mixed load, 100 connections, ${thousands(messages)} messages: memory`,
      `${(first / 1e6).toFixed(1)} MB`,
      `${(last / 1e6).toFixed(1)} MB`,
      (last / first).toFixed(2),
      "1.1",
    ),
  );
  await stop(child);
}

try {
  await main();
} finally {
  await stopAll();
}
