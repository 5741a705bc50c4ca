// deno-lint-ignore-file no-console -- what is missing goes to stderr
/**
 * What the benchmarks share: programs pinned to a core, the load generator, medians of ratios.
 *
 * Server under test and yardstick run side by side in one run, in turn, so that a machine whose speed drifts is fair to
 * both; what is quoted is the median of the ratios of the pairs.
 *
 * @module
 */

import { connect } from "../net/runtime.ts";

/** The core of the program under test. */
export const SERVER_CORE = 0;

/** The core of the load, and of the server behind a proxy under test. */
export const LOAD_CORE = 1;

/** All cores: for what is not to be pinned. */
export const ANY_CORE = `0-${navigator.hardwareConcurrency - 1}`;

/** What the load generator prints. */
export interface LoadResult {
  readonly messages: number;
  readonly seconds: number;
  /** Messages a second. */
  readonly rate: number;
  /** Its own share of a core; near 1 it is the bottleneck. */
  readonly cpu: number;
  readonly p50us: number;
  readonly p99us: number;
  readonly wrong: number;
  readonly broken: number;
}

/** One kind of load. */
export interface Load {
  readonly port: number;
  readonly connections: number;
  readonly inFlight: number;
  readonly seconds: number;
  /** Whether every reply is the same, byte for byte. @default {true} */
  readonly sameReplies?: boolean;
  /** Whether a reply is an HTTP response, whose bytes may differ from the last one's. */
  readonly http?: boolean;
  /** Requests a second, each due at its time; as fast as it goes when left out. */
  readonly requestsPerSecond?: number;
  /** Where the load generator runs. @default {LOAD_CORE} */
  readonly core?: number | string;
  /** What to send, with `\n`, `\r` and `\xHH` escapes; several are sent in turn. */
  readonly requests: readonly string[];
}

const children = new Set<Deno.ChildProcess>();

/** The number that stands behind `--name` on the command line. */
export function numberOption(name: string, fallback: number): number {
  const at = Deno.args.indexOf(`--${name}`);
  return at < 0 ? fallback : Number(Deno.args[at + 1]);
}

/** Whether a program is installed. */
export async function isInstalled(program: string): Promise<boolean> {
  const { success } = await new Deno.Command("sh", {
    args: ["-c", `command -v ${program}`],
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}

/** Says which programs are missing, and how to get them; ends the program if there are any. */
export async function requirePrograms(programs: Readonly<Record<string, string>>): Promise<void> {
  const missing: string[] = [];
  for (const [program, source] of Object.entries(programs)) {
    if (!await isInstalled(program)) missing.push(`${program} (${source})`);
  }
  if (missing.length === 0) return;
  console.error(`The benchmark needs ${missing.join(", ")}.`);
  Deno.exit(2);
}

/**
 * Compiles the load generator.
 *
 * @param folder Where to; a new folder when left out.
 * @returns The path of the program.
 */
export async function buildLoad(folder?: string): Promise<string> {
  folder ??= await Deno.makeTempDir({ prefix: "halfway-bench-" });
  const program = `${folder}/load`;
  const source = new URL("./load.c", import.meta.url).pathname;
  const { success } = await new Deno.Command("cc", { args: ["-O2", "-o", program, source] })
    .output();
  if (!success) throw new Error(`cannot compile ${source}`);
  return program;
}

/** Starts a program on one core, or on some, and waits until its port answers. */
export async function start(
  core: number | string,
  port: number,
  command: readonly string[],
): Promise<Deno.ChildProcess> {
  const child = new Deno.Command("taskset", {
    args: ["-c", String(core), ...command],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  children.add(child);
  for (let attempt = 0;; attempt++) {
    try {
      (await connect({ hostname: "127.0.0.1", port })).close();
      return child;
    } catch (error) {
      if (attempt === 100) {
        throw new Error(`${command.join(" ")} does not answer`, { cause: error });
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

/** Ends a program that was started. */
export async function stop(child: Deno.ChildProcess): Promise<void> {
  children.delete(child);
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await child.status;
}

/** Ends every program that was started. */
export async function stopAll(): Promise<void> {
  for (const child of [...children]) await stop(child);
}

/** Runs the load generator once. */
export async function runLoad(program: string, load: Load): Promise<LoadResult> {
  const { stdout, stderr } = await new Deno.Command("taskset", {
    args: [
      "-c",
      String(load.core ?? LOAD_CORE),
      program,
      ...load.http === true ? ["-http"] : [],
      ...load.requestsPerSecond === undefined ? [] : ["-rate", String(load.requestsPerSecond)],
      "127.0.0.1",
      String(load.port),
      String(load.connections),
      String(load.inFlight),
      String(load.seconds),
      ...load.requests,
    ],
  }).output();
  const text = new TextDecoder().decode(stdout);
  if (text === "") throw new Error(new TextDecoder().decode(stderr));
  const result = JSON.parse(text) as LoadResult;
  const wrong = load.sameReplies === false ? 0 : result.wrong;
  if (wrong + result.broken > 0) {
    throw new Error(`${result.wrong} wrong replies, ${result.broken} broken connections: ${text}`);
  }
  return result;
}

/** Medians of a comparison. */
export interface Comparison {
  /** Median of the ratios, pair by pair. */
  readonly ratio: number;
  /** Median rate of what is under test. */
  readonly rate: number;
  /** Median rate of the yardstick. */
  readonly yardstick: number;
  /** The generator's largest share of its core. */
  readonly cpu: number;
}

/** Loads two servers in turn. */
export async function compare(
  program: string,
  tested: Load,
  yardstick: Load,
  rounds: number,
): Promise<Comparison> {
  const results: [LoadResult, LoadResult][] = [];
  for (let i = 0; i < rounds; i++) {
    results.push([await runLoad(program, tested), await runLoad(program, yardstick)]);
  }
  return {
    ratio: median(results.map(([a, b]) => a.rate / b.rate)),
    rate: median(results.map(([a]) => a.rate)),
    yardstick: median(results.map(([, b]) => b.rate)),
    cpu: Math.max(...results.flat().map(({ cpu }) => cpu)),
  };
}

/** The middle of some numbers. */
export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Resident memory of a process, in bytes. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1] ?? NaN) * 1024;
}

/** A row of a Markdown table. */
export function row(...cells: (string | number)[]): string {
  return `| ${cells.join(" | ")} |`;
}

/** A rate as people read it. */
export function thousands(rate: number): string {
  return Math.round(rate).toString().replace(/\B(?=(\d{3})+$)/g, " ");
}

/** The machine in one line. */
export async function machine(): Promise<string> {
  const info = await Deno.readTextFile("/proc/cpuinfo").catch(() => "");
  const model = /model name\s*:\s*(.*)/.exec(info)?.[1] ?? "unknown processor";
  return `${navigator.hardwareConcurrency} cores of ${model}, Deno ${Deno.version.deno}`;
}
