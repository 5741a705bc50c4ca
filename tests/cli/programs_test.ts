import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { type Ended, runModule, type RunOptions } from "../programs.ts";

function runProgramFile(name: string, options?: RunOptions): Promise<Ended> {
  return runModule(new URL(`./programs/${name}`, import.meta.url), options);
}

test("runProgram maps what is thrown to an exit code and sentences without a stack", async () => {
  const cases = [
    ["usage", 2, "error: --port: expected 0 to 65535, found 70000\n"],
    [
      "connect",
      3,
      "error: No �[2Jserver at 127.0.0.1:1\nhint: is the other side running, and are its host and port right?\n",
    ],
    [
      "fault",
      70,
      "error: TypeError: x is not a function\nhint: this is a fault of the program; HALFWAY_DEBUG=1 shows where it happened\n",
    ],
    ["no", 1, ""],
  ] as const;
  for (const [how, code, stderr] of cases) {
    const ended = await runProgramFile("fails", { args: [how], env: { HALFWAY_DEBUG: "" } });
    assertEquals([ended.code, ended.stderr, ended.stdout], [code, stderr, ""], how);
  }
});

test("runProgram shows the stack when HALFWAY_DEBUG is 1", async () => {
  const ended = await runProgramFile("fails", { args: ["usage"], env: { HALFWAY_DEBUG: "1" } });
  assertStringIncludes(ended.stderr, "programs/fails.");
});

test("runProgram ends only when all of stdout is written", async () => {
  const { code, stdout } = await runProgramFile("many_lines", { args: ["30000"] });
  assertEquals([code, stdout.split("\n").length], [0, 30_001]);
});

test("createOutput ends a program quietly when its reader leaves", async () => {
  const ended = await runProgramFile("many_lines", { args: ["1000000"], closeStdoutAfter: 10 });
  assertEquals([ended.code, ended.signal, ended.stderr], [0, null, ""]);
});

test("watchStopSignals drains at the first signal and closes at the second", async () => {
  const draining = "Draining, up to 10s; once more to close at once\n";
  const cases = [
    ["drains", "SIGINT", 0],
    ["drains", "SIGTERM", 0],
    ["stays", "SIGINT", 130],
    ["stays", "SIGTERM", 143],
  ] as const;
  for (const [how, signal, code] of cases) {
    let sent = 0;
    const ended = await runProgramFile("stops", {
      args: [how],
      onStderr(text, kill) {
        const due = text === "ready\n" ? 1 : how === "stays" && text.includes("Draining") ? 2 : 0;
        // The same signal at once would be taken for its echo.
        const other = signal === "SIGINT" ? "SIGTERM" : "SIGINT";
        for (; sent < due; sent++) kill(how === "stays" && sent === 0 ? other : signal);
      },
    });
    assertEquals(
      [ended.code, ended.signal, ended.stderr],
      [code, null, `ready\n${draining}`],
      `${how} ${signal}`,
    );
  }
});

test("startLogging loses no line at the end of a program, however it ends", async () => {
  for (const how of ["", "exit", "throw"]) {
    const { stderr } = await runProgramFile("logs", { args: [how] });
    const lines = stderr.split("\n").filter((line) => line.includes("table server  line"));
    assertEquals([lines.length, lines[2999]?.endsWith("  line 2999")], [3000, true], how);
  }
});

test("openCommand answers what asks for an answer, and hands on all else", async () => {
  const help = await runProgramFile("opens", { args: ["--help"] });
  assertEquals([help.code, help.stderr], [0, ""]);
  assertStringIncludes(help.stdout, "Usage: halfway client [table] [options]");
  assertEquals(help.stdout.includes("\x1b"), false);

  const version = await runProgramFile("opens", { args: ["--version"] });
  assertEquals(/^halfway \d+\.\d+\.\d+\n$/.test(version.stdout), true);

  const check = await runProgramFile("opens", {
    args: ["--check-config", "--json", "-n", "3"],
    env: { HALFWAY_PORT: "7000" },
  });
  const settings = check.stdout.trimEnd().split("\n").map((line) => JSON.parse(line));
  assertEquals(settings.filter((setting) => setting.from !== "default"), [
    { name: "port", value: "7000", from: "HALFWAY_PORT" },
    { name: "repeat", value: "3", from: "--repeat" },
    { name: "json", value: "true", from: "--json" },
  ]);

  const wrong = await runProgramFile("opens", { args: ["--check-config", "--timeout", "5"] });
  assertEquals([wrong.code, wrong.stdout], [2, ""]);

  const viaTask = await runProgramFile("opens", { args: ["--", "--version"] });
  assertEquals([viaTask.code, viaTask.stdout], [0, version.stdout]);

  const plain = await runProgramFile("opens", { args: ["put", "1=-5"] });
  assertEquals(JSON.parse(plain.stdout).positionals, ["put", "1=-5"]);
});

test("promptLines reads every line of a pipe", async () => {
  const { stdout } = await runProgramFile("reads_lines", { input: "a\r\n\nOP=GET;IND=1;\nlast" });
  assertEquals(stdout.trimEnd().split("\n").map((line) => JSON.parse(line).line), [
    "a",
    "",
    "OP=GET;IND=1;",
    "last",
  ]);
});
