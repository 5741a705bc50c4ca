import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { run, runProgram } from "../programs.ts";
import { VERSION } from "../../cli/version.ts";

test("halfway shows the overview when asked, and when no program is named", async () => {
  for (const word of ["--help", "-h", "help"]) {
    const asked = await runProgram("halfway", { args: [word] });
    assertEquals([asked.code, asked.stderr], [0, ""], word);
    assertStringIncludes(asked.stdout, "Usage: halfway PROGRAM [SYSTEM] [options]");
  }
  const bare = await runProgram("halfway");
  assertEquals([bare.code, bare.stdout], [2, ""]);
  assertStringIncludes(bare.stderr, "Usage: halfway PROGRAM [SYSTEM] [options]");
});

test("halfway prints its version", async () => {
  const { code, stdout } = await runProgram("halfway", { args: ["--version"] });
  assertEquals([code, stdout], [0, `halfway ${VERSION}\n`]);
});

test("halfway refuses a program that it does not have, and guesses", async () => {
  const { code, stdout, stderr } = await runProgram("halfway", { args: ["prxy", "--help"] });
  assertEquals([code, stdout], [2, ""]);
  assertStringIncludes(stderr, 'There is no program "prxy"');
  assertStringIncludes(stderr, "did you mean proxy?");
});

test("halfway prints completion scripts that a shell reads, and asks for the shell", async () => {
  const script = await runProgram("halfway", { args: ["completion", "bash"] });
  assertEquals(script.code, 0);
  const read = await run("bash", ["-n"], { input: script.stdout }).catch(() => null);
  if (read !== null) assertEquals([read.code, read.stderr], [0, ""]);

  const bare = await runProgram("halfway", { args: ["completion"] });
  assertEquals([bare.code, bare.stdout], [2, ""]);
  assertStringIncludes(bare.stderr, "completion needs a shell: expected bash, zsh or fish");
});

test("halfway starts every program as it starts by itself, with its own permissions", async () => {
  for (const program of ["server", "proxy", "client"] as const) {
    const alone = await runProgram(program, { args: ["--help"] });
    const started = await runProgram("halfway", { args: [program, "--help"] });
    assertEquals([alone.code, alone.stderr], [0, ""], program);
    assertEquals(started, alone, program);
    assertStringIncludes(alone.stdout, `Usage: halfway ${program} `);
  }
});
