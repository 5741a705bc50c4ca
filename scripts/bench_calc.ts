// deno-lint-ignore-file no-console -- its figures go to stdout
/**
 * The figures of the calculator system, as ratios against yardsticks in the same run.
 *
 *     deno task bench calc [--rounds N] [--seconds S]
 *
 * It needs two cores, `cc`, `taskset` and `python3`. `deno task bench calc_core` measures decoding, evaluation and
 * encoding without a socket.
 *
 * @module
 */

import {
  ADD,
  binary,
  CalcClient,
  CalcEncoder,
  evaluate,
  type Expression,
  Fraction,
  MUL,
  parse,
} from "../calc/mod.ts";
import {
  buildLoad,
  compare,
  type Load,
  LOAD_CORE,
  type LoadResult,
  machine,
  median,
  numberOption,
  requirePrograms,
  row,
  runLoad,
  SERVER_CORE,
  start,
  stopAll,
  thousands,
} from "./bench_support.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const EXAMPLE = "(sin(max(2, 3 * 4, 5, 6 * ((7 * 8) / 9), 10 / 11)) / 12) * 13";
const SILENT = "--log-level=error";
const PORTS = {
  server: 17102,
  proxy: 17101,
  echo: 17104,
  python: 17105,
  busy: 17106,
  talking: 17107,
  talkingPython: 17108,
};
/** Clients that ask for what takes seconds, while a light one is measured. */
const HEAVY_CLIENTS = 2;

function deno(file: string, ...args: string[]): string[] {
  return [Deno.execPath(), "run", "--allow-all", `${ROOT}${file}`, ...args];
}

async function main(): Promise<void> {
  await requirePrograms({
    cc: "a C compiler",
    taskset: "Debian's util-linux",
    python3: "Python 3.8 or later",
  });
  const rounds = numberOption("rounds", 5);
  const seconds = numberOption("seconds", 2);
  const load = await buildLoad();
  const folder = await Deno.makeTempDir({ prefix: "halfway-bench-" });
  const encoder = new CalcEncoder();
  const unixTime = Math.floor(Date.now() / 1000);
  const request = encoder.request(parse(EXAMPLE), { unixTime }).slice();
  const answer = encoder.result(evaluate(parse(EXAMPLE)), { unixTime }).slice();
  const light = encoder.request(parse("max(2, 3) + 3"), { unixTime }).slice();
  await Deno.writeFile(`${folder}/request`, request);
  await Deno.writeFile(`${folder}/answer`, answer);
  await Deno.writeFile(`${folder}/light`, light);

  await start(LOAD_CORE, PORTS.server, deno("server.ts", "calc", `-p${PORTS.server}`, SILENT));
  const upstream = `--upstream=127.0.0.1:${PORTS.server}`;
  await start(
    SERVER_CORE,
    PORTS.proxy,
    deno("proxy.ts", "calc", `-p${PORTS.proxy}`, upstream, SILENT),
  );
  const reply = `@${folder}/answer`;
  const echoArgs = [String(PORTS.echo), String(request.length), reply];
  await start(SERVER_CORE, PORTS.echo, deno("scripts/echo_deno.ts", ...echoArgs));
  // Both with the log that they write when nothing is said.
  await start(
    SERVER_CORE,
    PORTS.talking,
    deno("proxy.ts", "calc", `-p${PORTS.talking}`, upstream),
  );
  const yardstick = ["python3", `${ROOT}scripts/calc_yardstick.py`];
  const answerFile = `${folder}/answer`;
  await start(SERVER_CORE, PORTS.python, [...yardstick, String(PORTS.python), answerFile]);
  await start(SERVER_CORE, PORTS.talkingPython, [
    ...yardstick,
    String(PORTS.talkingPython),
    answerFile,
    "--log",
  ]);
  await start(SERVER_CORE, PORTS.busy, deno("server.ts", "calc", `-p${PORTS.busy}`, SILENT));

  const hit: Load = {
    port: PORTS.proxy,
    connections: 50,
    inFlight: 1,
    seconds,
    requests: [`@${folder}/request`],
  };
  const echo: Load = { ...hit, port: PORTS.echo };
  const python: Load = { ...hit, port: PORTS.python };
  // Its answers carry the time.
  const server: Load = { ...hit, port: PORTS.busy, sameReplies: false };

  console.log(`${await machine()}; ${rounds} pairs of ${seconds} s, medians`);
  console.log(`Request ${request.length} bytes, answer ${answer.length} bytes, 50 clients\n`);
  console.log(row("what", "ours /s", "yardstick /s", "ratio", "to reach", "generator's CPU"));
  console.log(row("---", "---:", "---:", "---:", "---:", "---:"));
  const comparisons: [string, Load, Load, string][] = [
    ["Hit, against a bare Deno echo of the same sizes", hit, echo, "0.75"],
    ["Hit, against a proxy in plain Python, both without a log", hit, python, "4"],
    [
      "Hit, against a proxy in plain Python, both with their log",
      { ...hit, port: PORTS.talking },
      { ...python, port: PORTS.talkingPython },
      "-",
    ],
    ["Hit, 16 in flight, against 1 in flight", { ...hit, inFlight: 16 }, hit, "-"],
    ["The server itself, every request evaluated, against the hit", server, hit, "-"],
  ];
  for (const [what, tested, against, target] of comparisons) {
    const found = await compare(load, tested, against, rounds);
    const { rate, yardstick, ratio, cpu } = found;
    console.log(
      row(what, thousands(rate), thousands(yardstick), ratio.toFixed(2), target, cpu.toFixed(2)),
    );
  }

  const one: Load = { ...server, connections: 1, requests: [`@${folder}/light`] };
  const measure = () => runLoad(load, one);
  const alone: LoadResult[] = [];
  const beside: LoadResult[] = [];
  for (let i = 0; i < rounds; i++) {
    alone.push(await measure());
    beside.push(await besideHeavy(measure));
  }
  const waits = (results: readonly LoadResult[]) =>
    `${median(results.map(({ p50us }) => p50us)).toFixed(0)} µs (99 %: ` +
    `${median(results.map(({ p99us }) => p99us)).toFixed(0)} µs)`;
  console.log(
    `\nOne light client waits at the server ${waits(alone)} alone, ${waits(beside)} beside ` +
      `${HEAVY_CLIENTS} that ask for what takes seconds`,
  );
}

/** Measures while others keep the server busy with evaluations that use up their budget. */
async function besideHeavy<T>(measure: () => Promise<T>): Promise<T> {
  const address = { hostname: "127.0.0.1", port: PORTS.busy };
  const expression = heavy();
  let over = false;
  const clients = Array.from({ length: HEAVY_CLIENTS }, () => new CalcClient({ address }));
  const busy = clients.map(async (client) => {
    while (!over) await client.evaluate(expression, { steps: false }).catch(() => {});
  });
  const measured = await measure();
  over = true;
  for (const client of clients) client.close();
  await Promise.all(busy);
  return measured;
}

/** Thousands of sums of fractions with thousands of digits. */
function heavy(): Expression {
  const part = binary(ADD, new Fraction(1n, 7n ** 2400n), new Fraction(1n, 9n ** 2100n));
  let tree: Expression = binary(MUL, part, 0n);
  for (let i = 0; i < 11; i++) tree = binary(ADD, tree, tree);
  return tree;
}

try {
  await main();
} finally {
  await stopAll();
}
