/**
 * Processes of the same program under Deno: each listens on the shared address itself, and the kernel deals out the
 * connections.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { basename } from "node:path";
import process from "node:process";

/**
 * What a worker's runtime looks at. The whole environment can't be read with the program's own permissions; settings
 * come over the channel. `NODE_V8_COVERAGE` is asked for by Deno's `node:child_process` itself.
 */
const PASSED_ON = [
  "HALFWAY_DEBUG",
  "NO_COLOR",
  "TERM",
  "TZ",
  "HOME",
  "DENO_DIR",
  "XDG_CACHE_HOME",
  "NODE_V8_COVERAGE",
];

/** Whether workers share the address by an option of the socket. */
export const SHARES_PORT = true;

/**
 * Starts this program again with a channel to it, and with its stderr.
 *
 * @param words The arguments after the program's name.
 * @throws {Error} If the system or the permissions do not allow it.
 */
export function forkWorker(words: readonly string[]): ChildProcess {
  const { execPath } = process;
  const flags = ["run", "--quiet", "--no-prompt", "--unstable-net", "-P=proxy", process.argv[1]];
  // An executable that `deno compile` made has its flags inside.
  const args = /^deno(\.exe)?$/.test(basename(execPath)) ? [...flags, ...words] : words;
  return spawn(execPath, args, {
    env: Object.fromEntries(PASSED_ON.flatMap(readable)),
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** A variable that is set and that the permissions let be read. */
function readable(name: string): [string, string][] {
  try {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  } catch {
    return [];
  }
}

/** Keeps a worker running when its channel closes, as it does anyway. */
export function outliveChannel(): void {}
