/**
 * The demo program: `deno task demo [SYSTEM] [OPTIONS]`.
 *
 * @module
 */

import process from "node:process";
import { runCalcDemo } from "./calc_demo.ts";
import { openCommand } from "./command.ts";
import { runHttpDemo } from "./http_demo.ts";
import { runProgram } from "./run.ts";
import { runTableDemo } from "./table_demo.ts";

/** Plays the demo of the system that the arguments name. Returns the exit code. */
export async function main(argv: readonly string[] = process.argv.slice(2)): Promise<number> {
  const opened = await openCommand("demo", argv);
  if (opened === null) return 0;
  const { parsed, output } = opened;
  switch (parsed.system) {
    case "table":
      return await runTableDemo(parsed, output);
    case "calc":
      return await runCalcDemo(parsed, output);
    case "http":
      return await runHttpDemo(parsed, output);
  }
}

if (import.meta.main) await runProgram(main);
