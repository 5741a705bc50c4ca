/**
 * The server and the proxy of the HTTP system, as programs.
 *
 * @module
 */

import { UsageError } from "../net/errors.ts";
import type { HeadLimits } from "../http/limits.ts";
import { startFileServer } from "../http/file_server.ts";
import { startHttpProxy } from "../http/proxy.ts";
import { checkPathRules, type PathRule } from "../http/path_rules.ts";
import { runNode } from "./node_run.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { quote } from "./values.ts";
import { runWorkers } from "./workers.ts";

/** Runs the file server until it is told to stop. Returns the exit code. */
export async function runHttpServer(
  { values }: Extract<Parsed<"server">, { system: "http" }>,
  output: Output,
): Promise<number> {
  const cacheControl = readRules(values.cacheControl);
  // There is nothing that it holds and could print.
  return await runNode({ ...values, quiet: true }, output, (observer) =>
    startFileServer({
      ...values,
      hostname: values.host,
      directoryListing: values.listing,
      frameTimeoutMs: values.headerTimeoutMs,
      headLimits: headLimitsOf(values),
      cacheControl,
      observer,
    }));
}

/** Runs the proxy until it is told to stop. Returns the exit code. */
export async function runHttpProxy(
  { values, origins }: Extract<Parsed<"proxy">, { system: "http" }>,
  output: Output,
): Promise<number> {
  const { workers, ...settings } = values;
  const options = {
    ...settings,
    hostname: values.host,
    frameTimeoutMs: values.headerTimeoutMs,
    maxRequestLineBytes: values.maxLineBytes,
    staleWhenDisconnected: values.serveStale,
    // What is right when nothing is said, the proxy knows by its place.
    targeted: origins.get("targeted")?.kind === "default" ? undefined : values.targeted,
  };
  if (workers > 1) return await runWorkers(values, options, output);
  return await runNode(
    { ...values, quiet: true },
    output,
    (observer) => startHttpProxy({ ...options, observer }),
  );
}

/** The limits of a message head, by the options that all HTTP nodes have. */
export function headLimitsOf(values: {
  readonly maxLineBytes: number;
  readonly maxHeaderBytes: number;
  readonly maxHeaders: number;
}): HeadLimits {
  return {
    maxStartLineBytes: values.maxLineBytes,
    maxFieldBytes: values.maxHeaderBytes,
    maxFields: values.maxHeaders,
  };
}

/** Rules written `GLOB=VALUE`; the value may hold further equals signs. */
export function readRules(texts: readonly string[]): PathRule[] {
  const rules = texts.map((text): PathRule => {
    const at = text.indexOf("=");
    if (at < 1) {
      throw new UsageError(
        `--cache-control: expected GLOB=VALUE such as *.html=no-cache, found ${quote(text)}`,
      );
    }
    return [text.slice(0, at), text.slice(at + 1).trim()];
  });
  try {
    checkPathRules(rules);
  } catch (error) {
    throw new UsageError(`--cache-control: ${(error as Error).message}`, { cause: error });
  }
  return rules;
}
