/**
 * The server and the proxy of the table system, as programs.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { UsageError } from "../net/errors.ts";
import { startTableProxy } from "../table/proxy.ts";
import { startTableServer } from "../table/server.ts";
import { runNode } from "./node_run.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";

/** Runs the server until it is told to stop. Returns the exit code. */
export async function runTableServer(
  { values }: Extract<Parsed<"server">, { system: "table" }>,
  output: Output,
): Promise<number> {
  const fill = values.fill === undefined ? [] : await readFill(values.fill);
  if (fill.length > values.size) {
    throw new UsageError(
      `--fill: ${fill.length} values are too many for ${values.size} entries; give --size ${fill.length}`,
    );
  }
  return await runNode(values, output, (observer) =>
    startTableServer({
      ...values,
      hostname: values.host,
      quietMs: values.quietGapMs,
      fill,
      observer,
    }));
}

/** Runs the proxy until it is told to stop. Returns the exit code. */
export async function runTableProxy(
  { values }: Extract<Parsed<"proxy">, { system: "table" }>,
  output: Output,
): Promise<number> {
  return await runNode(values, output, (observer) =>
    startTableProxy({
      ...values,
      hostname: values.host,
      quietMs: values.quietGapMs,
      observer,
    }));
}

/** Integers written in the option itself, or in the file that it names: split by commas, blanks or lines. */
async function readFill(fill: string): Promise<number[]> {
  const written = /^[\s\d,+-]*$/.test(fill) ? fill : await readText(fill);
  const words = written.split(/[\s,]+/).filter((word) => word !== "");
  return words.map((word) => {
    const value = /^[+-]?\d+$/.test(word) ? Number(word) : NaN;
    if (!Number.isSafeInteger(value)) {
      throw new UsageError(
        `--fill: expected integers within ±${Number.MAX_SAFE_INTEGER}, found ${
          JSON.stringify(word.slice(0, 40))
        }`,
      );
    }
    return value;
  });
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`--fill: neither integers nor a file that can be read: ${reason}`, {
      cause: error,
    });
  }
}
