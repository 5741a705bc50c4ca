/**
 * The client program: `deno task client [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { runCalcClient } from "./cli/calc_client.ts";
import { openCommand } from "./cli/command.ts";
import { runHttpClient } from "./cli/http_client.ts";
import { runProgram } from "./cli/run.ts";
import { runTableClient } from "./cli/table_client.ts";

/** Runs the client of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const opened = await openCommand("client", argv);
  if (opened === null) return 0;
  const { parsed, output } = opened;
  switch (parsed.system) {
    case "table":
      return await runTableClient(parsed, output);
    case "http":
      return await runHttpClient(parsed, output);
    case "calc":
      return await runCalcClient(parsed, output);
  }
}

if (import.meta.main) await runProgram(main);
