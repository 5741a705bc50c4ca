/**
 * The server and the proxy of the calculator system, as programs.
 *
 * @module
 */

import { startCalcProxy } from "../calc/proxy.ts";
import { startCalcServer } from "../calc/server.ts";
import { runNode } from "./node_run.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";

/** Runs the server until it is told to stop. Returns the exit code. */
export async function runCalcServer(
  { values }: Extract<Parsed<"server">, { system: "calc" }>,
  output: Output,
): Promise<number> {
  return await runNode(values, output, (observer) =>
    startCalcServer({
      ...values,
      hostname: values.host,
      quietMs: values.quietGapMs,
      observer,
    }));
}

/** Runs the proxy until it is told to stop. Returns the exit code. */
export async function runCalcProxy(
  { values }: Extract<Parsed<"proxy">, { system: "calc" }>,
  output: Output,
): Promise<number> {
  return await runNode(values, output, (observer) =>
    startCalcProxy({
      ...values,
      hostname: values.host,
      upstreamConnections: values.connections,
      quietMs: values.quietGapMs,
      observer,
    }));
}
