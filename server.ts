/**
 * The server program: `deno task server [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { runCalcServer } from "./cli/calc_nodes.ts";
import { openCommand } from "./cli/command.ts";
import { runHttpServer } from "./cli/http_nodes.ts";
import { runProgram } from "./cli/run.ts";
import { runTableServer } from "./cli/table_nodes.ts";

/** Runs the server of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const opened = await openCommand("server", argv);
  if (opened === null) return 0;
  const { parsed, output } = opened;
  switch (parsed.system) {
    case "table":
      return await runTableServer(parsed, output);
    case "http":
      return await runHttpServer(parsed, output);
    case "calc":
      return await runCalcServer(parsed, output);
  }
}

if (import.meta.main) await runProgram(main);
