import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { assertEquals, assertStringIncludes, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { UsageError } from "../../net/errors.ts";
import { completionScript, SHELLS } from "../../cli/completion.ts";
import { COMMANDS } from "../../cli/options.ts";
import { run } from "../programs.ts";

async function isInstalled(shell: string): Promise<boolean> {
  try {
    return (await run(shell, ["-c", "exit 0"])).code === 0;
  } catch {
    return false;
  }
}

async function withScript(shell: string, use: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "halfway-"));
  try {
    const path = join(folder, "completion");
    await writeFile(path, completionScript(shell));
    await use(path);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test("completionScript names every option in every shell, and no other shell", () => {
  for (const shell of SHELLS) {
    const script = completionScript(shell);
    for (const row of COMMANDS) {
      for (const { name } of row.options) {
        assertStringIncludes(script, shell === "fish" ? `-l ${name}` : `--${name}`);
      }
    }
  }
  assertThrows(() => completionScript("bsh"), UsageError, "did you mean bash?");
});

test("completionScript gives scripts that the installed shells accept", async () => {
  for (const shell of SHELLS) {
    if (!await isInstalled(shell)) continue;
    await withScript(shell, async (path) => {
      const { code, stderr } = await run(shell, ["-n", path]);
      assertEquals([code, stderr], [0, ""], shell);
    });
  }
});

test("completionScript completes in bash", async () => {
  if (!await isInstalled("bash")) return;
  await withScript("bash", async (path) => {
    const cases: [string[], string[]][] = [
      [["halfway", ""], ["server", "proxy", "client", "demo", "completion", "hash"]],
      [["halfway", "pr"], ["proxy"]],
      [["halfway", "server", "--log-"], ["--log-level", "--log-format"]],
      [["halfway", "server", "table", "--si"], ["--size"]],
      [["halfway", "proxy", "--eviction", ""], ["lru", "fifo"]],
      [["halfway", "proxy", "--eviction", "=", "f"], ["fifo"]],
      [["halfway", "proxy", "--eviction", "="], ["lru", "fifo"]],
      [["halfway", "client", "p"], ["put"]],
      [["halfway", "client", "-n", ""], []],
      [["halfway", "server", "--config", path], [path]],
      [["halfway", "completion", "z"], ["zsh"]],
    ];
    for (const [words, expected] of cases) {
      const typed = words.map((word) => `'${word}'`).join(" ");
      const script = `. '${path}'; COMP_WORDS=(${typed}); COMP_CWORD=${words.length - 1}; ` +
        `_halfway; printf '%s\\n' "\${COMPREPLY[@]}"`;
      const { stdout } = await run("bash", ["--norc", "-c", script]);
      assertEquals(stdout.split("\n").filter((word) => word !== ""), expected, typed);
    }
  });
});
