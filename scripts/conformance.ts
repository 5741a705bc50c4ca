// deno-lint-ignore-file no-console -- its findings go to stdout
/**
 * `deno task conformance`: runs the public suite for HTTP caches, `http-cache-tests`, against the proxy, and compares
 * what it finds with `tests/http/conformance.json`.
 *
 *     deno task conformance [--id TEST] [--base URL] [--origin-port PORT] [--at-a-time N] [--results FILE] [--write]
 *
 * It takes some two minutes, and needs Node. `--id` runs one test, and shows its messages. `--base` tests another cache,
 * which stands in front of 127.0.0.1 at the origin's port; `--base origin` the origin itself, with no cache at all.
 * `--results` writes what came of each test to a file; `--write` takes it up into the list, with reasons to be filled in.
 *
 * The suite's tests of Surrogate-Control are left out: that is a note of its own, and no RFC.
 *
 * @module
 */

import suites from "http-cache-tests";
import { connect, listen } from "../net/runtime.ts";
import { mustRun } from "./lib/command.ts";
import { ROOT } from "./lib/project.ts";

const LIST = `${ROOT}tests/http/conformance.json`;
const PACKAGE = `${ROOT}node_modules/http-cache-tests`;
const TO_BE_EXPLAINED = "To be explained";

/** What the list says. */
interface Expected {
  /** Required tests that pass. */
  readonly required: readonly string[];
  /** Required tests that no cache can pass as they are written, and why. */
  readonly impossible: Readonly<Record<string, string>>;
  /** Optional tests that do not pass, and why. */
  readonly optional: Readonly<Record<string, string>>;
}

/** `true`, or the kind of failure and what failed. */
type Result = true | readonly [kind: string, text: string];

type Results = Readonly<Record<string, Result>>;

function option(name: string): string | undefined {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? undefined : Deno.args[at + 1];
}

/** The tests of one kind; those that only look how a cache behaves are not counted. */
function idsOf(kind: "required" | "optimal"): string[] {
  const tests: { id: string; kind?: string; browser_only?: boolean }[] = suites.flatMap(
    (suite: { tests: [] }) => suite.tests,
  );
  return tests.filter((test) => (test.kind ?? "required") === kind && test.browser_only !== true)
    .map((test) => test.id).sort();
}

async function freePort(): Promise<number> {
  const listener = await listen({ port: 0 });
  listener.close();
  return listener.addr.port;
}

function start(command: string, args: string[], env: Record<string, string>): Deno.ChildProcess {
  return new Deno.Command(command, { args, env, cwd: PACKAGE, stdin: "null", stdout: "null" })
    .spawn();
}

async function untilItAnswers(port: number): Promise<void> {
  for (let attempt = 0;; attempt++) {
    try {
      (await connect({ hostname: "127.0.0.1", port })).close();
      return;
    } catch (error) {
      if (attempt === 100) throw new Error(`nothing answers on port ${port}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

async function runSuite(): Promise<Results> {
  // Node looks for packages in a folder, where Deno alone would not put them.
  await mustRun(Deno.execPath(), ["install", "--quiet", "--node-modules-dir=auto"], { cwd: ROOT });
  const children: Deno.ChildProcess[] = [];
  const pidfile = await Deno.makeTempFile({ prefix: "halfway-conformance-" });
  try {
    const originPort = Number(option("origin-port") ?? await freePort());
    children.push(start("node", ["server/server.mjs"], {
      npm_config_protocol: "http",
      npm_config_port: String(originPort),
      npm_config_pidfile: pidfile,
    }));
    await untilItAnswers(originPort);
    let base = option("base");
    if (base === "origin") base = `http://127.0.0.1:${originPort}`;
    if (base === undefined) {
      const port = await freePort();
      children.push(start(Deno.execPath(), [
        "run",
        "--allow-all",
        `${ROOT}proxy.ts`,
        "http",
        `--port=${port}`,
        `--upstream=127.0.0.1:${originPort}`,
        "--log-level=off",
      ], {}));
      await untilItAnswers(port);
      base = `http://127.0.0.1:${port}`;
    }
    const id = option("id");
    const { stdout, code } = await new Deno.Command("node", {
      args: [
        `${ROOT}scripts/conformance_client.mjs`,
        base,
        option("at-a-time") ?? "25",
        ...id === undefined ? [] : [id],
      ],
      stderr: "inherit",
    }).output();
    if (code !== 0) throw new Error(`the suite ended with exit code ${code}`);
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    for (const child of children) {
      child.kill("SIGKILL");
      await child.status;
    }
    await Deno.remove(pidfile);
  }
}

/** Prints what differs from the list. Returns whether a test fails that should pass. */
function report(results: Results, expected: Expected): boolean {
  let isWorse = false;
  for (const id of Object.keys(results).sort()) {
    const result = results[id];
    const isRequired = required.includes(id);
    if (!isRequired && !optional.includes(id)) continue;
    if (id in expected.impossible && result !== true) continue;
    const passes = isRequired ? expected.required.includes(id) : !(id in expected.optional);
    if (result !== true) {
      isWorse ||= passes;
      const kind = isRequired ? "required" : "optional";
      const [what, text] = result;
      console.log(`${passes ? "FAILED" : "failed"} ${kind} ${id}: ${what}: ${text}`);
      if (!passes && !isRequired) console.log(`       ${expected.optional[id]}`);
    } else if (!passes) {
      console.log(`passes ${id}, which the list does not say`);
    }
  }
  if (option("id") !== undefined) return isWorse;
  const count = (ids: string[]) =>
    `${ids.filter((id) => results[id] === true).length}/${ids.length}`;
  const impossible = Object.keys(expected.impossible).length;
  console.log(
    `required ${count(required)} (${impossible} can't be passed), optional ${count(optional)}`,
  );
  return isWorse;
}

async function write(results: Results, before: Expected): Promise<void> {
  const failing = optional.filter((id) => results[id] !== true);
  const list: Expected = {
    required: required.filter((id) => results[id] === true),
    impossible: before.impossible,
    optional: Object.fromEntries(
      failing.map((id) => [id, before.optional[id] ?? TO_BE_EXPLAINED]),
    ),
  };
  await Deno.writeTextFile(LIST, `${JSON.stringify(list, null, 2)}\n`);
}

const required = idsOf("required");
const optional = idsOf("optimal");

if (
  !await new Deno.Command("node", { args: ["--version"] }).output().then(
    (o) => o.success,
    () => false,
  )
) {
  console.error("The suite is written for Node, which is not installed.");
  Deno.exit(2);
}
const results = await runSuite();
const file = option("results");
if (file !== undefined) await Deno.writeTextFile(file, `${JSON.stringify(results, null, 2)}\n`);
const expected = JSON.parse(await Deno.readTextFile(LIST)) as Expected;
const isWorse = report(results, expected);
if (Deno.args.includes("--write")) await write(results, expected);
Deno.exit(isWorse ? 1 : 0);
