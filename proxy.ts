/**
 * The proxy program: `deno task proxy [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { openCommand } from "./cli/command.ts";
import { runProgram } from "./cli/run.ts";
import { runTableProxy } from "./cli/table_nodes.ts";

/** Runs the proxy of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const opened = await openCommand("proxy", argv);
  if (opened === null) return 0;
  return await runTableProxy(opened.parsed, opened.output);
}

if (import.meta.main) await runProgram(main);
