/**
 * The server and the proxy of the HTTP system, as programs.
 *
 * @module
 */

import { UsageError } from "../net/errors.ts";
import { Authenticator } from "../http/proxy/access/authenticator.ts";
import type { ForwardOptions } from "../http/proxy/access/forward_side.ts";
import { parseAccessRule } from "../http/proxy/access/rule.ts";
import type { HeadLimits } from "../http/message/limits.ts";
import { startFileServer } from "../http/server/file_server.ts";
import { startHttpProxy } from "../http/proxy/proxy.ts";
import { checkPathRules, type PathRule } from "../http/server/path_rules.ts";
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
  const isDefault = (name: string): boolean => origins.get(name)?.kind === "default";
  const options = {
    ...settings,
    ...readAccess(values),
    hostname: values.host,
    frameTimeoutMs: values.headerTimeoutMs,
    maxRequestLineBytes: values.maxLineBytes,
    staleWhenDisconnected: values.serveStale,
    sharedStore: values.store,
    // What is right when nothing is said, the proxy knows by its preset, its store and its place.
    admitAfter: isDefault("admit-after") ? undefined : values.admitAfter,
    cacheBytes: isDefault("cache-bytes") ? undefined : values.cacheBytes,
    targeted: isDefault("targeted") ? undefined : values.targeted,
  };
  if (workers > 1) return await runWorkers(values, options, output);
  return await runNode(
    { ...values, quiet: true },
    output,
    (observer) => startHttpProxy({ ...options, observer }),
  );
}

/** Who may go where, which only a forward proxy asks. */
export function readAccess(values: {
  readonly upstream: readonly unknown[];
  readonly allowHost: readonly string[];
  readonly denyHost: readonly string[];
  readonly connectPort: readonly number[];
  readonly auth: readonly string[];
}): ForwardOptions {
  const lists = {
    "allow-host": values.allowHost,
    "deny-host": values.denyHost,
    "connect-port": values.connectPort,
    auth: values.auth,
  };
  for (const [name, list] of Object.entries(lists)) {
    if (list.length > 0 && values.upstream.length > 0) {
      throw new UsageError(
        `--${name} is for a forward proxy: with --upstream it goes to those servers alone`,
      );
    }
  }
  for (const name of ["allow-host", "deny-host"] as const) {
    try {
      lists[name].forEach(parseAccessRule);
    } catch (error) {
      throw new UsageError(`--${name}: ${(error as Error).message}`, { cause: error });
    }
  }
  try {
    if (values.auth.length > 0) new Authenticator(values.auth);
  } catch (error) {
    throw new UsageError(`--auth: ${(error as Error).message}; halfway hash USER prints it`, {
      cause: error,
    });
  }
  return {
    allowHosts: values.allowHost,
    denyHosts: values.denyHost,
    connectPorts: values.connectPort.length > 0 ? values.connectPort : undefined,
    credentials: values.auth,
  };
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
