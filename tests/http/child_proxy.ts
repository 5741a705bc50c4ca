/**
 * A proxy in a process of its own, with the log that it writes.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { parseAddress } from "../../net/address.ts";
import type { NetAddress } from "../../net/connection.ts";
import { programCommand } from "../programs.ts";

/** A proxy in a process of its own. */
export interface ProxyProcess {
  readonly address: NetAddress;
  /** All of its log so far. */
  log(): string;
  /** Sends it a signal; resolves when it is gone. */
  kill(signal: "SIGTERM" | "SIGKILL"): Promise<void>;
}

/**
 * Starts the program on a free port.
 *
 * @param args Its arguments.
 * @param limits What a shell is told before it becomes the program, such as `ulimit -n 20`.
 */
export function startProxyProcess(args: readonly string[], limits = ""): Promise<ProxyProcess> {
  const { command, args: words } = programCommand("proxy", ["http", "--port=0", ...args]);
  const stdio = ["ignore", "ignore", "pipe"] as ["ignore", "ignore", "pipe"];
  const child = limits === ""
    ? spawn(command, words, { stdio })
    : spawn("bash", ["-c", `${limits}; exec "$@"`, "bash", command, ...words], { stdio });
  const gone = new Promise<void>((resolve) => child.on("close", () => resolve()));
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (chunk) => {
      text += chunk;
      const address = /Listening on (\S+?),/.exec(text)?.[1];
      if (address === undefined) return;
      resolve({
        address: parseAddress(address),
        log: () => text,
        kill: (signal) => {
          process.kill(child.pid!, signal);
          return gone;
        },
      });
    });
    gone.then(() => reject(new Error(`The proxy ended: ${text}`)));
  });
}
