// deno-lint-ignore-file no-console -- its figures go to stdout
/**
 * What a second worker of the HTTP proxy is worth: a cached 1 KiB with `--workers 2` against one process. Without a log a
 * hit costs the load half as much as the proxy, and there are but two cores for all; with the log that is on when nothing
 * is said, and as a forward proxy that asks for a password, it costs the proxy more.
 *
 *     deno task bench workers [--rounds N] [--seconds S]
 *
 * Neither the proxies nor the load are pinned, so on two cores the load takes its part from the proxy. It is kept light:
 * one thread, and several requests in flight on each connection, which are sent and read together. Its share of a core
 * is printed: where it takes the part s beside one process, two workers on two cores can be no more than 2 / (1 + s)
 * times as fast. The npm build is measured as well, where it is there.
 *
 * @module
 */

import { formatPasswordHash, hashPassword } from "../http/proxy/access/password_hash.ts";
import {
  ANY_CORE,
  buildLoad,
  isInstalled,
  type Load,
  LOAD_CORE,
  machine,
  median,
  numberOption,
  requirePrograms,
  row,
  runLoad,
  start,
  stopAll,
  thousands,
} from "./bench_support.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const PORTS = { origin: 18101, one: 18102, two: 18103 };
const CONNECTIONS = 64;
const IN_FLIGHT = [1, 4, 16];

/** A hash of `secret`. */
const CREDENTIAL = `alice:${formatPasswordHash(await hashPassword("secret"))}`;

/** How the proxy is started, and what it is asked for. */
interface Scene {
  readonly name: string;
  readonly args: readonly string[];
  readonly request: string;
}

/** As a browser asks: fields cost the load next to nothing, and the proxy what they cost it in earnest. */
const FIELDS = [
  "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
  "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
  "Accept-Language: en-GB,en;q=0.7,da;q=0.3",
  "Accept-Encoding: gzip, deflate, br, zstd",
  "Referer: http://a.example/",
  "Cookie: session=0123456789abcdef0123456789abcdef; theme=dark",
  "Upgrade-Insecure-Requests: 1",
  "Sec-Fetch-Dest: document",
  "Sec-Fetch-Mode: navigate",
  "Sec-Fetch-Site: same-origin",
  "Priority: u=0, i",
  "\\r\\n",
].join("\\r\\n");

const ORIGIN = `127.0.0.1:${PORTS.origin}`;

const SCENES: readonly Scene[] = [
  {
    name: "in front of a server",
    args: [`--upstream=${ORIGIN}`, "--log-level=off"],
    request: `GET /s HTTP/1.1\\r\\nHost: a.example\\r\\n${FIELDS}`,
  },
  {
    name: "in front of a server, with its log",
    args: [`--upstream=${ORIGIN}`],
    request: `GET /s HTTP/1.1\\r\\nHost: a.example\\r\\n${FIELDS}`,
  },
  {
    name: "forward, with a password",
    args: [`--auth=${CREDENTIAL}`, "--log-level=off"],
    request: `GET http://${ORIGIN}/s HTTP/1.1\\r\\nHost: ${ORIGIN}\\r\\n` +
      `Proxy-Authorization: Basic ${btoa("alice:secret")}\\r\\n${FIELDS}`,
  },
];

const rounds = numberOption("rounds", 5);
const seconds = numberOption("seconds", 2);

async function figures(
  { name, args, request }: Scene,
  load: string,
  command: readonly string[],
): Promise<void> {
  for (const [workers, port] of [[1, PORTS.one], [2, PORTS.two]]) {
    await start(ANY_CORE, port, [
      ...command,
      "http",
      `--port=${port}`,
      ...args,
      `--workers=${workers}`,
    ]);
  }
  for (const inFlight of IN_FLIGHT) {
    const loadOf = (port: number): Load => ({
      port,
      connections: CONNECTIONS,
      inFlight,
      seconds,
      http: true,
      core: ANY_CORE,
      requests: [request],
    });
    // Every worker has taken it up when this is over.
    for (const port of [PORTS.one, PORTS.two]) await runLoad(load, { ...loadOf(port), seconds: 1 });
    const pairs = [];
    for (let round = 0; round < rounds; round++) {
      const two = await runLoad(load, loadOf(PORTS.two));
      pairs.push({ two, one: await runLoad(load, loadOf(PORTS.one)) });
    }
    const shares = [pairs.map(({ two }) => two.cpu), pairs.map(({ one }) => one.cpu)];
    console.log(
      row(
        `${name}: cached 1 KiB, ${inFlight} in flight on each of ${CONNECTIONS} connections`,
        thousands(median(pairs.map(({ two }) => two.rate))),
        thousands(median(pairs.map(({ one }) => one.rate))),
        median(pairs.map(({ two, one }) => two.rate / one.rate)).toFixed(2),
        shares.map((cpu) => median(cpu).toFixed(2)).join(" and "),
      ),
    );
  }
}

async function main(): Promise<void> {
  await requirePrograms({ cc: "a C compiler", taskset: "Debian's util-linux" });
  const folder = await Deno.makeTempDir({ prefix: "halfway-bench-" });
  try {
    const load = await buildLoad(folder);
    const deno = [Deno.execPath(), "run", "--allow-all"];
    const origin = [...deno, `${ROOT}scripts/respond_deno.ts`, String(PORTS.origin)];
    console.log(`${await machine()}; ${rounds} rounds of ${seconds} s, medians\n`);
    console.log(row("what", "two workers", "one process", "ratio", "the load's part of a core"));
    console.log(row("---", "---:", "---:", "---:", "---:"));
    for (const scene of SCENES) {
      await start(LOAD_CORE, PORTS.origin, origin);
      await figures(scene, load, [...deno, `${ROOT}proxy.ts`]);
      await stopAll();
    }
    const built = `${ROOT}npm/esm/cli/halfway.js`;
    const isBuilt = await Deno.stat(built).then(() => true, () => false);
    if (!isBuilt || !await isInstalled("node")) {
      console.log(row("(Node needs node and `deno task build:npm`)", "", "", "", ""));
      return;
    }
    for (const scene of SCENES) {
      await start(LOAD_CORE, PORTS.origin, origin);
      const name = `npm build under Node, ${scene.name}`;
      await figures({ ...scene, name }, load, ["node", built, "proxy"]);
      await stopAll();
    }
  } finally {
    await stopAll();
    await Deno.remove(folder, { recursive: true });
  }
}

await main();
