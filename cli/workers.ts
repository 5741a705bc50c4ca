/**
 * The HTTP proxy with several processes: a parent that serves nothing itself, and its workers.
 *
 * @module
 */

import process from "node:process";
import { isatty } from "node:tty";
import type { HttpProxyOptions } from "../http/proxy/proxy.ts";
import { cacheBytesOf } from "../http/proxy/open_store.ts";
import { NODE } from "../http/proxy/tell.ts";
import { UsageError } from "../net/errors.ts";
import { listen } from "../net/runtime.ts";
import { Observer } from "../observe/observer.ts";
import { forkWorker } from "./fork.ts";
import { type LoggingOptions, startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import { PurgeLog } from "./purge_log.ts";
import { watchStopSignals } from "./signals.ts";
import { Supervisor, WorkerStartError } from "./supervisor.ts";
import { WORKER_WORD } from "./worker_messages.ts";

/** The settings of the program. */
export interface WorkersOptions extends LoggingOptions {
  /** How many processes serve. */
  readonly workers: number;
  /** How long open requests may take to finish, in milliseconds. */
  readonly drainTimeoutMs: number;
}

/**
 * Runs a proxy's workers until SIGINT or SIGTERM; SIGHUP restarts them one at a time.
 *
 * @param options The settings of the program.
 * @param proxy How the proxy works, all processes together.
 * @param output Where it is said that the program drains.
 * @returns The exit code.
 * @throws {BindError} If the address can't be had.
 * @throws {UsageError} If this system can't share an address.
 */
export async function runWorkers(
  options: WorkersOptions,
  proxy: HttpProxyOptions,
  output: Output,
): Promise<number> {
  if (process.platform === "win32") {
    throw new UsageError(
      `--workers: on Windows one process has an address to itself; expected 1, found ${options.workers}`,
    );
  }
  if (proxy.preset !== undefined) {
    throw new UsageError(`--workers: --preset ${proxy.preset} is for one process`);
  }
  const { workers, drainTimeoutMs, logLevel, logFormat, noColor } = options;
  const logging = startLogging(options);
  const observer = new Observer();
  logging.attach(observer);
  try {
    const port = await freePort(proxy);
    const { cacheDir } = proxy;
    const supervisor = new Supervisor({
      workers,
      purgeLog: cacheDir === undefined ? null : await PurgeLog.open(`${cacheDir}/purges`),
      settings: {
        proxy: { ...shareOf(proxy, workers), port },
        logging: { logLevel, logFormat, noColor },
        drainTimeoutMs,
      },
      fork: () => forkWorker(workerWords()),
      onListening: (text) => {
        const says = `${text}, with ${workers} workers`;
        observer.node?.({ type: "node.listening", node: NODE, timeMs: Date.now(), text: says });
      },
      tell: (level, text, worker) => {
        const type = level === "warning" ? "node.warning" : "node.worker";
        const { worker: number, pid } = worker ?? {};
        observer.node?.({ type, node: NODE, timeMs: Date.now(), text, worker: number, pid });
      },
    });
    const stop = watchStopSignals({
      drainTimeoutMs,
      drain: () => supervisor.drain(),
      close: () => supervisor.close(),
      talk: (text) => output.talk(text),
    });
    const forget = watchHangUp(() => supervisor.restart());
    try {
      return await Promise.race([stop.exitCode, supervisor.failed]);
    } catch (error) {
      if (!(error instanceof WorkerStartError)) throw error;
      output.talk(`${output.talkStyle.red("error:")} ${error.message}`);
      return error.exitCode;
    } finally {
      forget();
      stop.remove();
      await supervisor.close();
    }
  } finally {
    logging.stop();
  }
}

/**
 * One worker's share of what is for all of them together.
 *
 * @param proxy The settings for all.
 * @param workers How many there are.
 */
export function shareOf(proxy: HttpProxyOptions, workers: number): HttpProxyOptions {
  const { maxConnections } = proxy;
  return {
    ...proxy,
    cacheBytes: Math.floor(cacheBytesOf(proxy) / workers),
    ...(maxConnections === undefined
      ? {}
      : { maxConnections: Math.ceil(maxConnections / workers) }),
  };
}

/** Makes sure that the address can be had by this program alone, and chooses one port for all where any will do. */
async function freePort({ hostname, port }: HttpProxyOptions): Promise<number> {
  const listener = await listen({ hostname, port: port ?? 0 });
  const { port: found } = listener.addr;
  listener.close();
  return found;
}

/** The arguments of a worker: the launcher needs the program's name before the word. */
function workerWords(): string[] {
  return process.argv[2] === "proxy" ? ["proxy", WORKER_WORD] : [WORKER_WORD];
}

/**
 * Watches for SIGHUP. A terminal that is closed sends it as well: the program then ends, as programs do.
 *
 * @returns Takes the handler away.
 */
function watchHangUp(onHangUp: () => void): () => void {
  const hadTerminal = isatty(2);
  const listener = (): void => {
    if (hadTerminal && !isatty(2)) process.kill(process.pid, "SIGTERM");
    else onHangUp();
  };
  process.on("SIGHUP", listener);
  return () => void process.off("SIGHUP", listener);
}
