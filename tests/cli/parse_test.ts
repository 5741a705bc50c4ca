import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assert, assertEquals, assertRejects, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { UsageError } from "../../net/errors.ts";
import { parseProgramName, splitArgv } from "../../cli/argv.ts";
import { parseConfig } from "../../cli/config.ts";
import { COMMANDS } from "../../cli/options.ts";
import { parseProgram } from "../../cli/parse.ts";
import type { ProgramName } from "../../cli/spec.ts";
import { listSettings } from "../../cli/settings.ts";

const [SERVER, PROXY] = COMMANDS;

test("splitArgv tells system, options and arguments apart", () => {
  const cases: [ProgramName, string[], Record<string, string>, string[]][] = [
    ["server", [], {}, []],
    ["server", ["table"], {}, []],
    ["server", ["--port", "1", "table"], { port: "1" }, []],
    ["server", ["-qp", "1", "table"], { quiet: "true", port: "1" }, []],
    ["server", ["--port=1", "--port", "2"], { port: "2" }, []],
    ["server", ["--no-color"], { "no-color": "true" }, []],
    ["server", ["--quiet", "--no-quiet"], { quiet: "false" }, []],
    ["server", ["--quiet=false"], { quiet: "false" }, []],
    ["server", ["--fill", "-1,2"], { fill: "-1,2" }, []],
    ["server", ["--fill=a=b"], { fill: "a=b" }, []],
    ["client", ["get", "1", "3"], {}, ["get", "1", "3"]],
    ["client", ["table", "put", "1=-5"], {}, ["put", "1=-5"]],
    ["client", ["add", "-5", "--json"], { json: "true" }, ["add", "-5"]],
    ["client", ["--json", "get", "01"], { json: "true" }, ["get", "01"]],
    ["client", ["-n5", "inf"], { repeat: "5" }, ["inf"]],
    ["client", ["--", "--json"], {}, ["--json"]],
    ["client", ["OP=GET;IND=1;"], {}, ["OP=GET;IND=1;"]],
    ["client", ["GET", "1"], {}, ["GET", "1"]],
  ];
  for (const [program, argv, options, positionals] of cases) {
    const split = splitArgv(program, argv);
    assertEquals(
      [Object.fromEntries(split.options), split.positionals, split.command.system],
      [options, positionals, "table"],
      argv.join(" "),
    );
  }
});

test("splitArgv refuses what it does not know, and guesses what was meant", () => {
  const cases: [ProgramName, string[], string][] = [
    [
      "proxy",
      ["--capcity", "5"],
      "Unknown option --capcity for proxy table; did you mean --capacity?",
    ],
    [
      "proxy",
      ["--capcity=5"],
      "Unknown option --capcity for proxy table; did you mean --capacity?",
    ],
    ["proxy", ["--xylophone"], "Unknown option --xylophone for proxy table; see --help"],
    ["proxy", ["--capacity"], "--capacity needs a value; see --help"],
    ["proxy", ["--capacity", "--quiet"], "--capacity needs a value; see --help"],
    ["proxy", ["--quiet=perhaps"], '--quiet: expected true or false, found "perhaps"'],
    ["proxy", ["-z"], "Unknown option -z for proxy table; see --help"],
    ["server", ["--__proto__=1"], "Unknown option --__proto__ for server table; see --help"],
    [
      "server",
      ["tabel"],
      'server has no system "tabel": expected table, calc or http; did you mean table?',
    ],
    ["server", ["table", "5"], 'server table takes no arguments, found "5"'],
    [
      "client",
      ["gte", "1"],
      'Unknown operation "gte": expected get, put, add, clear or inf; did you mean get?',
    ],
  ];
  for (const [program, argv, message] of cases) {
    const error = assertThrows(() => splitArgv(program, argv), UsageError);
    assertEquals(error.message, message, argv.join(" "));
  }
});

test("splitArgv takes an option that repeats as often as it is given", () => {
  const argv = ["http", "URL", "-H", "A: 1, 2", "--header=B: -5", "-H", "true", "-I"];
  const { options } = splitArgv("client", argv);
  assertEquals(Object.fromEntries(options), { header: "A: 1, 2\nB: -5\ntrue", head: "true" });
  assertThrows(
    () => splitArgv("client", ["http", "URL", "-H", "a: b", "--header="]),
    UsageError,
    "--header needs a value",
  );
});

test("splitArgv asks for an argument that is missing, but not where only an answer is wanted", () => {
  assertThrows(() => splitArgv("client", ["http"]), UsageError, "URL is missing; see --help");
  for (const word of ["--help", "--version", "--check-config"]) {
    assertEquals(splitArgv("client", ["http", word]).positionals, []);
  }
});

test("parseProgram makes a list of an option that repeats, wherever it comes from", async () => {
  const read = async (argv: string[], env: Record<string, string> = {}) => {
    const parsed = await parseProgram("server", ["http", ...argv], env);
    assert(parsed.system === "http");
    return parsed.values.cacheControl;
  };
  assertEquals(await read([]), []);
  assertEquals(await read(["--cache-control", "a=b, c", "--cache-control", "d="]), [
    "a=b, c",
    "d=",
  ]);
  assertEquals(await read([], { HALFWAY_CACHE_CONTROL: "a=b, c\nd=e" }), ["a=b, c", "d=e"]);
  const folder = await mkdtemp(join(tmpdir(), "halfway-"));
  try {
    const path = join(folder, "halfway.json");
    await writeFile(path, '{ "server": { "http": { "cache-control": ["a=b, c", "d=e"] } } }');
    assertEquals(await read(["--config", path]), ["a=b, c", "d=e"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("parseProgram reads every value of an option that repeats", async () => {
  const argv = ["http", "-u", "127.0.0.1:1", "-u", "[::1]:2"];
  const parsed = await parseProgram("proxy", argv, {});
  assert(parsed.system === "http");
  assertEquals(parsed.values.upstream, [
    { hostname: "127.0.0.1", port: 1 },
    { hostname: "::1", port: 2 },
  ]);
  const setting = listSettings(parsed).find(({ name }) => name === "upstream");
  assertEquals(setting, { name: "upstream", value: "127.0.0.1:1, [::1]:2", from: "--upstream" });
  await assertRejects(
    () => parseProgram("proxy", ["http", "-u", "127.0.0.1:1", "-u", "x"], {}),
    UsageError,
    "--upstream: expected an address",
  );
});

test("parseProgramName knows the programs, and guesses what was meant", () => {
  assertEquals(parseProgramName("proxy"), "proxy");
  assertThrows(() => parseProgramName("sever"), UsageError, "; did you mean server?");
});

test("parseProgram takes the command line first, then environment, file and default", async () => {
  const folder = await mkdtemp(join(tmpdir(), "halfway-"));
  try {
    const path = join(folder, "halfway.json");
    await writeFile(
      path,
      '{ "port": 1, "capacity": 11, "quiet": true, /* why */ "eviction": "fifo", }',
    );
    const parsed = await parseProgram(
      "proxy",
      ["--config", path, "--port", "3", "--no-quiet"],
      { HALFWAY_PORT: "2", HALFWAY_CAPACITY: "12", HALFWAY_UPSTREAM: "[::1]:7", NO_COLOR: "1" },
    );
    assert(parsed.system === "table");
    const { values, origins } = parsed;
    assertEquals(
      [values.port, values.capacity, values.eviction, values.quiet, values.replyTimeoutMs],
      [3, 12, "fifo", false, 2000],
    );
    assertEquals([values.upstream, values.size], [{ hostname: "::1", port: 7 }, undefined]);
    assertEquals(values.noColor, true);
    assertEquals(
      ["port", "capacity", "eviction", "size"].map((name) => origins.get(name)?.name),
      ["--port", "HALFWAY_CAPACITY", `${path}: eviction`, "default"],
    );
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("parseProgram names the place of a wrong value", async () => {
  const cases: [string[], Record<string, string>, string][] = [
    [["--port", "70000"], {}, "--port: expected 0 to 65535, found 70000"],
    [[], { HALFWAY_PORT: "x" }, 'HALFWAY_PORT: expected an integer, found "x"'],
    [[], { HALFWAY_QUIET: "perhaps" }, 'HALFWAY_QUIET: expected true or false, found "perhaps"'],
    [["--config", "/nowhere/x.json"], {}, 'Cannot read the configuration file "/nowhere/x.json"'],
    [[], { HALFWAY_CONFIG: "/nowhere/x.json" }, "Cannot read the configuration file"],
  ];
  for (const [argv, env, message] of cases) {
    await assertRejects(() => parseProgram("server", argv, env), UsageError, message);
  }
});

test("parseProgram lets --help answer whatever else is wrong", async () => {
  const parsed = await parseProgram("server", ["--help", "--config", "/nowhere"], {
    HALFWAY_PORT: "x",
  });
  assertEquals(parsed.values.help, true);
});

test("parseConfig takes the most special setting, wherever it stands", () => {
  const text = `{
    // For all programs, but only the proxy has it.
    "proxy": { "table": { "port": 3 }, "port": 2, "capacity": 7 },
    "port": 1,
    "log-level": "debug",
    "fill": [1, -2],
  }`;
  const read = (command: typeof COMMANDS[number]) =>
    Object.fromEntries(
      [...parseConfig(text, "c.json", command)].map(([name, { text }]) => [name, text]),
    );
  assertEquals(read(PROXY), { "port": "3", "log-level": "debug", "capacity": "7" });
  assertEquals(read(SERVER), { "port": "1", "log-level": "debug", "fill": "1,-2" });
});

test("parseConfig refuses unknown keys and wrong values, those of other programs too", () => {
  const cases = [
    ['{ "capcity": 5 }', "c.json: capcity: unknown setting; did you mean capacity?"],
    ['{ "server": { "capacity": 5 } }', "c.json: server.capacity: unknown setting"],
    ['{ "servr": {} }', "c.json: servr: unknown setting; did you mean server?"],
    ['{ "server": 5 }', "c.json: server: expected an object, found 5"],
    ['{ "server": { "tabel": {} } }', "c.json: server.tabel: unknown setting; did you mean table?"],
    ['{ "proxy": { "port": "x" } }', 'c.json: proxy.port: expected an integer, found "x"'],
    ['{ "port": null }', "c.json: port: expected a text, a number or true or false, found null"],
    ['{ "help": true }', "c.json: help: unknown setting"],
    ["[]", "c.json: expected an object, found a list"],
    ["{", "c.json: "],
    ['{ "__proto__": 5 }', "c.json: __proto__: unknown setting"],
  ];
  for (const [text, message] of cases) {
    assertThrows(() => parseConfig(text, "c.json", SERVER), UsageError, message, text);
  }
});

test("listSettings says where each setting comes from", async () => {
  const settings = listSettings(
    await parseProgram("server", ["--check-config", "--idle-timeout", "60s"], {}),
  );
  const byName = new Map(settings.map((setting) => [setting.name, setting]));
  assertEquals(byName.get("idle-timeout"), {
    name: "idle-timeout",
    value: "1m",
    from: "--idle-timeout",
  });
  assertEquals(byName.get("fill"), { name: "fill", value: null, from: "default" });
  assertEquals([byName.has("config"), byName.has("help")], [true, false]);
});
