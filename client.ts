/**
 * The client program: `deno task client [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { openCommand } from "./cli/command.ts";
import { runProgram } from "./cli/run.ts";
import { runTableClient } from "./cli/table_client.ts";

/** Runs the client of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const opened = await openCommand("client", argv);
  if (opened === null) return 0;
  return await runTableClient(opened.parsed, opened.output);
}

if (import.meta.main) await runProgram(main);
