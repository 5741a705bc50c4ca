/**
 * The file server of the HTTP system, as a running node.
 *
 * @module
 */

import { formatAddress } from "../../net/address.ts";
import { listen } from "../../net/runtime.ts";
import { serve, type ServeLimits } from "../../net/serve.ts";
import { ServedNode } from "../../net/served_node.ts";
import { Observer } from "../../observe/observer.ts";
import { serviceHooks } from "../../observe/service_hooks.ts";
import { FileResponder } from "./file_responder.ts";
import { fileLastWords, serveFiles } from "./file_session.ts";
import type { FileTree } from "./file_system.ts";
import { DEFAULT_HEAD_LIMITS, type HeadLimits } from "../message/limits.ts";
import { openFileTree } from "./node_files.ts";
import { checkPathRules, type PathRule } from "./path_rules.ts";
import { DateLine } from "../message/writer.ts";

/** Settings of {@linkcode startFileServer}. Of its limits `frameTimeoutMs` is the time for a whole head. */
export interface FileServerOptions extends ServeLimits {
  /** Longest silence between requests. @default {60000} */
  readonly idleTimeoutMs?: number;
  /** The folder whose files are served, or the files themselves. */
  readonly root: string | FileTree;
  /** Address to listen on. @default {"127.0.0.1"} */
  readonly hostname?: string;
  /** Port to listen on, 0 for any free one. @default {19999} */
  readonly port?: number;
  /**
   * Cache-Control by path, the first rule that matches: `*` stands for any characters but a slash, `**` for any at all;
   * a pattern without a slash is held against the last name. An empty value sends none. What no rule matches gets
   * `must-revalidate`.
   */
  readonly cacheControl?: readonly PathRule[];
  /** Whether a directory without index.html is listed. @default {false} */
  readonly directoryListing?: boolean;
  /** Limits of a request's head. */
  readonly headLimits?: HeadLimits;
  /** A longer request body is not read over: the connection closes after the answer. @default {65536} */
  readonly maxBodyBytes?: number;
  /** The time, in milliseconds since 1970. */
  readonly nowMs?: () => number;
  /** Told of what happens. */
  readonly observer?: Observer;
}

const NODE = "http server";

const DEFAULT_RULE: PathRule = ["**", "must-revalidate"];

/**
 * Starts a server of files: GET and HEAD with validators, conditions and ranges (RFC 9110), never of anything outside
 * its root.
 *
 * @throws {BindError} If the address can't be had.
 * @throws {UsageError} If the root is no folder.
 * @throws {RangeError} If a rule for Cache-Control has no pattern, or a value that may not stand in a field.
 *
 * @example
 * ```ts
 * import { startFileServer } from "@halfway/proxy";
 *
 * await using server = await startFileServer({
 *   root: ".",
 *   port: 0,
 *   cacheControl: [["*.html", "no-cache"], ["assets/**", "max-age=86400"]],
 * });
 * console.log(server.addr.port > 0);
 * ```
 */
export async function startFileServer(options: FileServerOptions): Promise<ServedNode> {
  const { root, hostname, port = 19999, nowMs = Date.now } = options;
  const observer = options.observer ?? new Observer();
  const cacheControl = [...options.cacheControl ?? [], DEFAULT_RULE];
  checkPathRules(cacheControl);
  const tree = typeof root === "string" ? await openFileTree(root) : root;
  const directoryListing = options.directoryListing ?? false;
  const session = {
    node: NODE,
    observer,
    responder: new FileResponder({ tree, cacheControl, directoryListing }),
    headLimits: options.headLimits ?? DEFAULT_HEAD_LIMITS,
    maxBodyBytes: options.maxBodyBytes ?? 64 * 1024,
    nowMs,
    date: new DateLine(nowMs),
  };
  const listener = await listen({ hostname, port });
  observer.node?.({
    type: "node.listening",
    node: NODE,
    timeMs: Date.now(),
    text: `Listening on ${formatAddress(listener.addr)}${
      typeof root === "string" ? ` with the files of ${root}` : ""
    }`,
  });
  const service = serve(listener, (peer) => serveFiles(peer, session), {
    ...options,
    idleTimeoutMs: options.idleTimeoutMs ?? 60_000,
    ...serviceHooks(NODE, observer),
    lastWords: fileLastWords,
  });
  return new ServedNode(service);
}
