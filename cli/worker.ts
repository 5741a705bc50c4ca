/**
 * A worker of a proxy with several processes: it serves, and obeys its parent's word alone.
 *
 * @module
 */

import process from "node:process";
import { HalfwayError } from "../net/errors.ts";
import { type HttpProxy, startHttpProxy } from "../http/proxy/proxy.ts";
import { Observer } from "../observe/observer.ts";
import { outliveChannel, SHARES_PORT } from "./fork.ts";
import { startLogging } from "./logging.ts";
import { endOnClosedPipe } from "./output.ts";
import { describeFailure } from "./run.ts";
import { WorkerChannel } from "./worker_channel.ts";
import { type ToWorker, WORKER_WORD } from "./worker_messages.ts";

/** Ctrl-C in a terminal reaches every process there; when to end is for the parent to say. */
const PARENTS_SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** How long a parent may take to say what to do, in milliseconds. */
const START_TIMEOUT_MS = 30_000;

/** How long the parent may take to hear that this process has drained, in milliseconds. */
const LEAVE_TIMEOUT_MS = 2_000;

type Start = Extract<ToWorker, { type: "start" }>;

/**
 * Says whether this process is a worker: a parent of the same program has started it and holds a channel to it. The
 * word alone, typed by a person, makes none.
 *
 * @param argv What stands after the program's name.
 */
export function isWorker(argv: readonly string[]): boolean {
  return argv.length === 1 && argv[0] === WORKER_WORD && process.connected === true;
}

/** Serves until the parent says otherwise, or is gone. Returns the exit code. */
export async function runWorker(): Promise<number> {
  for (const signal of PARENTS_SIGNALS) process.on(signal, () => {});
  outliveChannel();
  endOnClosedPipe();
  const channel = new WorkerChannel();
  const start = await firstWord(channel);
  if (start === null) return 0;
  const { worker, settings } = start;
  // What comes before the proxy runs counts as what came before it.
  const pastPurges = [...start.pastPurges];
  channel.onPurge = (purges) => {
    pastPurges.push(...purges.map((purge) => ({ ...purge, atMs: Date.now() })));
    return 0;
  };
  const observer = new Observer();
  const logging = startLogging({ ...settings.logging, worker });
  logging.attach(observer);
  try {
    // Before it starts, so that no word is lost meanwhile.
    const told = firstEnd(channel);
    const proxy = await startProxy(channel, { settings, worker, pastPurges }, observer);
    await told(proxy, settings.drainTimeoutMs);
    await takeLeave(channel);
    return 0;
  } catch (error) {
    const code = error instanceof HalfwayError ? error.code : null;
    const { message, exitCode } = describeFailure(error);
    channel.send({ type: "failed", code, message });
    return exitCode;
  } finally {
    logging.stop();
  }
}

/** Says that this process runs, and waits for the parent's settings; `null` if there is nothing to do. */
async function firstWord(channel: WorkerChannel): Promise<Start | null> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const start = await new Promise<Start | null>((resolve) => {
    timer = setTimeout(() => resolve(null), START_TIMEOUT_MS);
    channel.onGone = () => resolve(null);
    channel.onMessage = (message) => resolve(message.type === "start" ? message : null);
    channel.send({ type: "ready" });
  });
  clearTimeout(timer);
  return start;
}

/**
 * Waits until the parent knows that this process listens no more. Under Node it may have sent connections meanwhile:
 * they are given back as long as the process runs, and would be lost with it.
 */
async function takeLeave(channel: WorkerChannel): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await new Promise<void>((resolve) => {
    timer = setTimeout(resolve, LEAVE_TIMEOUT_MS);
    channel.onGone = resolve;
    channel.onMessage = ({ type }) => {
      if (type === "leave" || type === "close") resolve();
    };
    if (channel.isOpen) channel.send({ type: "drained" });
    else resolve();
  });
  clearTimeout(timer);
}

async function startProxy(
  channel: WorkerChannel,
  { settings, worker, pastPurges }: Omit<Start, "type">,
  observer: Observer,
): Promise<HttpProxy> {
  const { cacheDir } = settings.proxy;
  const log = observer.node;
  let text = "";
  // That all of them listen is for the parent to say.
  observer.node = (event) => {
    if (event.type === "node.listening") text = event.text;
    else log?.(event);
  };
  const proxy = await startHttpProxy({
    ...settings.proxy,
    ...(cacheDir === undefined ? {} : { cacheDir: `${cacheDir}/worker-${worker}` }),
    pastPurges,
    reusePort: SHARES_PORT,
    purges: channel,
    observer,
  });
  channel.send({ type: "listening", text });
  return proxy;
}

/** Collects what is said about the end; the function that it returns ends a proxy by that. */
function firstEnd(
  channel: WorkerChannel,
): (proxy: HttpProxy, drainTimeoutMs: number) => Promise<void> {
  let patienceMs: number | null = null;
  let closes = false;
  let act: () => void = () => {};
  channel.onGone = () => {
    patienceMs ??= 0;
    act();
  };
  channel.onMessage = (message) => {
    if (message.type === "drain") patienceMs ??= message.patienceMs;
    else if (message.type === "close") closes = true;
    act();
  };
  return (proxy, drainTimeoutMs) =>
    new Promise<void>((resolve, reject) => {
      let draining = false;
      act = () => {
        if (closes) proxy.close();
        if (draining || (!closes && patienceMs === null)) return;
        draining = true;
        proxy.drain(drainTimeoutMs, patienceMs ?? 0).then(resolve, reject);
      };
      act();
    });
}
