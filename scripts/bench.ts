/**
 * `deno task bench NAME [OPTIONS]`: runs `bench_NAME.ts`.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { runCommand } from "./lib/command.ts";
import { ROOT } from "./lib/project.ts";

const [name = "", ...options] = process.argv.slice(2);
const names = (await readdir(join(ROOT, "scripts")))
  .flatMap((file) => /^bench_(?!support)(\w+)\.ts$/.exec(file)?.[1] ?? []).sort();

if (names.includes(name)) {
  const module = `scripts/bench_${name}.ts`;
  const args = ["run", "--quiet", "--allow-all", module, ...options];
  process.exitCode = (await runCommand(process.execPath, args, { cwd: ROOT })).code;
} else {
  process.stderr.write(`bench: expected ${names.join(" or ")}, found ${name || "nothing"}\n`);
  process.exitCode = 2;
}
