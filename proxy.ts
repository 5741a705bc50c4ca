/**
 * The proxy program: `deno task proxy [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { runCalcProxy } from "./cli/calc_nodes.ts";
import { openCommand } from "./cli/command.ts";
import { runHttpProxy } from "./cli/http_nodes.ts";
import { runProgram } from "./cli/run.ts";
import { runTableProxy } from "./cli/table_nodes.ts";
import { isWorker, runWorker } from "./cli/worker.ts";

/** Runs the proxy of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  if (isWorker(argv)) return await runWorker();
  const opened = await openCommand("proxy", argv);
  if (opened === null) return 0;
  const { parsed, output } = opened;
  switch (parsed.system) {
    case "table":
      return await runTableProxy(parsed, output);
    case "http":
      return await runHttpProxy(parsed, output);
    case "calc":
      return await runCalcProxy(parsed, output);
  }
}

if (import.meta.main) await runProgram(main);
