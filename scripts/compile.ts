/**
 * `deno task compile`: makes one executable of each program, in `dist/`, with its permissions inside. Deno fetches the
 * runtime that goes in; where it can't, `DENORT_BIN` names one that is there.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { runCommand } from "./lib/command.ts";
import { ROOT } from "./lib/project.ts";

/** The programs, and the modules that they start with. */
const PROGRAMS = {
  server: "server.ts",
  proxy: "proxy.ts",
  client: "client.ts",
  demo: "cli/demo.ts",
};

/** How Deno's own message begins where the runtime is missing. */
const NO_RUNTIME = /Setting up base binary|Could not find denort/;

async function main(): Promise<number> {
  await mkdir(join(ROOT, "dist"), { recursive: true });
  const extension = process.platform === "win32" ? ".exe" : "";
  for (const [program, module] of Object.entries(PROGRAMS)) {
    const target = join("dist", `halfway-${program}${extension}`);
    const { code, output } = await runCommand(process.execPath, [
      "compile",
      "--quiet",
      "--no-prompt",
      `-P=${program}`,
      // The proxy's workers share a port.
      "--unstable-net",
      `--output=${target}`,
      module,
    ], { cwd: ROOT, quiet: true });
    if (code !== 0) {
      process.stderr.write(NO_RUNTIME.test(output) ? missingRuntime() : output);
      return 1;
    }
    process.stdout.write(`${target}\n`);
  }
  return 0;
}

function missingRuntime(): string {
  const given = process.env["DENORT_BIN"];
  return given !== undefined && !existsSync(given)
    ? `compile: DENORT_BIN names ${given}, which does not exist\n`
    : "compile: Deno cannot fetch the runtime that goes into an executable (denort); set DENORT_BIN to one of this version\n";
}

process.exitCode = await main();
