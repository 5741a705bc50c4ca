/**
 * Processes of the same program under Node: `node:cluster` shares the address among them.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import cluster from "node:cluster";
import process from "node:process";

/** Whether workers share the address by an option of the socket. */
export const SHARES_PORT = false;

/**
 * Starts this program again with a channel to it, and with its stderr.
 *
 * @param words The arguments after the program's name.
 * @throws {Error} If the system does not allow it.
 */
export function forkWorker(words: readonly string[]): ChildProcess {
  // The parent accepts, and hands connections out in turn. Where all workers accept from one socket themselves, one that
  // is awake takes whole bursts while others sleep, and connections that live long keep it so; and what waits in the
  // parent's socket outlives the worker. It costs a message a connection, not a request.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    exec: process.argv[1],
    args: [...words],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  return cluster.fork().process;
}

/** Keeps a worker running when its channel closes: cluster would end it there and then. */
export function outliveChannel(): void {
  if (cluster.worker !== undefined) cluster.worker.exitedAfterDisconnect = true;
}
