/**
 * `deno task ok`: every check of the project, one after the other, up to the first that fails. `deno task ok NAME…` runs
 * those alone.
 *
 * @module
 */

import process from "node:process";
import { runCommand } from "./lib/command.ts";
import { ROOT } from "./lib/project.ts";

/** What is checked: a name, and what Deno is told. The quick ones stand first. */
const CHECKS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["format", ["fmt", "--check"]],
  ["lint", ["lint"]],
  ["types", ["check", "--quiet"]],
  ["layers", ["task", "--quiet", "check:layers"]],
  ["dependencies", ["task", "--quiet", "check:dependencies"]],
  ["documentation", ["doc", "--lint", "--quiet", "mod.ts"]],
  ["publication", ["publish", "--dry-run", "--allow-dirty", "--quiet"]],
  ["tests", ["task", "--quiet", "test"]],
  ["examples", ["task", "--quiet", "test:doc"]],
  ["node", ["task", "--quiet", "test:node"]],
  ["package", ["task", "--quiet", "check:package"]],
  ["conformance", ["task", "--quiet", "conformance"]],
];

async function main(names: readonly string[]): Promise<number> {
  const known = CHECKS.map(([name]) => name);
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    process.stderr.write(`ok: there is no check ${unknown}: expected ${known.join(", ")}\n`);
    return 2;
  }
  for (const [name, args] of CHECKS) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stdout.write(`\n== ${name}\n`);
    const start = performance.now();
    const { code } = await runCommand(process.execPath, args, { cwd: ROOT });
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    process.stdout.write(`== ${name}: ${code === 0 ? "ok" : "failed"} (${seconds} s)\n`);
    if (code !== 0) return 1;
  }
  return 0;
}

process.exitCode = await main(process.argv.slice(2));
