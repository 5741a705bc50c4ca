/**
 * curl, with a proxy in between and something behind it.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { startFileServer } from "../../http/server/file_server.ts";
import { type HttpProxy, type HttpProxyOptions, startHttpProxy } from "../../http/proxy/proxy.ts";
import { formatAddress } from "../../net/address.ts";
import { type CleanEnd, runClean } from "../support/clean_run.ts";
import { makeFolder, type TestFolder } from "./files.ts";
import { type OriginScript, ScriptedOrigin } from "./origin.ts";

/** What is written out after each request: status, whether it is a hit, and new connections. */
export const VERDICT = "%{http_code} %header{cache-status} %{num_connects}\n";

/** curl, a forward proxy, and a folder. */
export interface CurlStage extends AsyncDisposable {
  readonly folder: TestFolder;
  readonly proxy: HttpProxy;
  /** What is behind the proxy, as `http://host:port`. */
  readonly url: string;
  /** Runs curl through the proxy. */
  curl(...args: string[]): Promise<CleanEnd>;
}

/** A file server and a forward proxy, a folder beside them, and curl. */
export async function stage(
  files: Readonly<Record<string, string | Uint8Array>>,
  options: HttpProxyOptions = {},
): Promise<CurlStage> {
  const folder = await makeFolder({ ...files, "out/.keep": "" });
  const server = await startFileServer({
    root: folder.path,
    port: 0,
    cacheControl: [["**", "max-age=60"]],
  });
  const proxy = await startHttpProxy({ ...options, port: 0 });
  return {
    folder,
    proxy,
    url: `http://${formatAddress(server.addr)}`,
    curl: (...args: string[]) => curl(folder.path, formatAddress(proxy.addr), args),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** The same with an origin that the test scripts. */
export async function scripted(
  script: OriginScript,
  options: HttpProxyOptions = {},
): Promise<CurlStage & { readonly origin: ScriptedOrigin }> {
  const folder = await makeFolder({});
  const origin = await ScriptedOrigin.start(script);
  const proxy = await startHttpProxy({ ...options, port: 0 });
  return {
    folder,
    proxy,
    origin,
    url: `http://${formatAddress(origin.addr)}`,
    curl: (...args: string[]) => curl(folder.path, formatAddress(proxy.addr), args),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** Runs curl, which asks `proxy`. */
export function curl(home: string, proxy: string, args: readonly string[]): Promise<CleanEnd> {
  const always = ["-q", "-sS", "--max-time", "60", "-x", proxy];
  return runClean("curl", [...always, ...args], { home });
}

/** Bytes without a pattern that a part put in the wrong place could fit into. */
export function noise(bytes: number): Uint8Array {
  const made = new Uint32Array(Math.ceil(bytes / 4));
  let state = 1;
  for (let i = 0; i < made.length; i++) {
    state = Math.imul(state ^ state >>> 15, 0x2c1b3c6d) + i | 0;
    made[i] = state;
  }
  return new Uint8Array(made.buffer, 0, bytes);
}

/** A digest to compare by. */
export function digest(bytes: Uint8Array | string): string {
  return createHash("sha256").update(bytes).digest("hex");
}
