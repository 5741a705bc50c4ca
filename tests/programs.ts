/**
 * Runs programs in processes of their own, under the runtime that the tests run under: as `deno run` with no more than
 * the program's own permissions, or as `node` with the built package.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { within } from "./support/within.ts";

/** The programs that are told apart by their permissions; all else that `halfway` does is `halfway`. */
export type TestedProgram = "server" | "proxy" | "client" | "demo" | "halfway";

/** What starts a process. */
export interface Command {
  readonly command: string;
  readonly args: readonly string[];
}

/** What became of a program. */
export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** How a program is run. */
export interface RunOptions {
  /** Arguments after the program's name. */
  readonly args?: readonly string[];
  /** What it reads on stdin. */
  readonly input?: string;
  /** Variables besides the test's own, of which those that are settings of the programs are left out. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all of stderr so far, each time there is more. */
  onStderr?(text: string, kill: (signal: "SIGINT" | "SIGTERM") => void): void;
  /** Called with the process's number. */
  onStart?(pid: number): void;
  /** Closes the program's stdout once this much has been read from it. */
  readonly closeStdoutAfter?: number;
}

const IS_DENO = "deno" in process.versions;
const ROOT = fileURLToPath(new URL("..", import.meta.url));

// The test build for Node puts the built launcher's place here.
const LAUNCHER = fileURLToPath(new URL("../cli/halfway.ts", import.meta.url));

/**
 * Gives the command line of one of the programs.
 *
 * @param program The program; `halfway` is the launcher, whose first argument names what it starts.
 * @param args What a person types after the program's name.
 */
export function programCommand(program: TestedProgram, args: readonly string[] = []): Command {
  const command = process.execPath;
  const words = program === "halfway" ? args : [program, ...args];
  if (!IS_DENO) return { command, args: [LAUNCHER, ...words] };
  const flags = ["run", "--quiet", "--no-prompt"];
  // The launcher starts any of them, and so gets the permissions of the one that needs the most.
  return program === "halfway"
    ? { command, args: [...flags, "-P=client", LAUNCHER, ...words] }
    : { command, args: [...flags, `-P=${program}`, `${ROOT}${program}.ts`, ...args] };
}

/** Runs one of the programs to its end. */
export function runProgram(program: TestedProgram, options: RunOptions = {}): Promise<Ended> {
  const { command, args } = programCommand(program, options.args);
  return run(command, args, options);
}

/**
 * Runs a module of the tests to its end, with every permission.
 *
 * @param module Where it is, without its extension, which differs between the runtimes.
 */
export function runModule(module: URL, options: RunOptions = {}): Promise<Ended> {
  const file = `${fileURLToPath(module)}${IS_DENO ? ".ts" : ".js"}`;
  const flags = IS_DENO ? ["run", "--quiet", "--no-prompt", "--allow-all"] : [];
  return run(process.execPath, [...flags, file, ...options.args ?? []], options);
}

/** Runs any command to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const env = { ...plainEnvironment(), ...options.env };
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  let stdout = "";
  let stderr = "";
  child.stdin.on("error", () => {});
  child.stdin.end(options.input ?? "");
  child.stdout.on("data", (chunk) => {
    stdout += chunk;
    if (stdout.length >= (options.closeStdoutAfter ?? Infinity)) child.stdout.destroy();
  });
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
    // Not `child.kill`: after it, Deno reports the signal as the child's end, whatever its exit code.
    options.onStderr?.(stderr, (signal) => process.kill(child.pid!, signal));
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** What a person has set for the programs must not decide over a test. */
function plainEnvironment(): Record<string, string | undefined> {
  const names = Object.keys(process.env).filter((name) =>
    !name.startsWith("HALFWAY_") && name !== "NO_COLOR" && name !== "FORCE_COLOR"
  );
  return Object.fromEntries(names.map((name) => [name, process.env[name]]));
}

/** A program that runs until it is told to stop. */
export interface Running {
  readonly pid: number;
  /** Settles when it has ended. */
  readonly ended: Promise<Ended>;
  /** All of stderr so far. */
  stderr(): string;
  /** Waits until stderr matches, from `from` on. */
  until(pattern: RegExp, from?: number): Promise<RegExpExecArray>;
  kill(signal: "SIGINT" | "SIGTERM" | "SIGHUP" | "SIGKILL"): void;
  /** Kills it if it still runs. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts one of the programs. */
export function startProgram(program: TestedProgram, args: readonly string[]): Running {
  let stderr = "";
  let pid = 0;
  const looks = new Set<() => void>();
  const { command, args: words } = programCommand(program, args);
  let over: Ended | null = null;
  const ended = run(command, words, {
    onStart: (started) => pid = started,
    onStderr(text) {
      stderr = text;
      for (const look of looks) look();
    },
  }).then((end) => {
    over = end;
    for (const look of looks) look();
    return end;
  });
  const kill: Running["kill"] = (signal) => void process.kill(pid, signal);
  return {
    get pid() {
      return pid;
    },
    ended,
    stderr: () => stderr,
    kill,
    until(pattern, from = 0): Promise<RegExpExecArray> {
      return within(
        new Promise((resolve, reject) => {
          const look = (): void => {
            const found = pattern.exec(stderr.slice(from));
            if (found === null && over === null) return;
            looks.delete(look);
            if (found !== null) resolve(found);
            else reject(new Error(`Ended without ${pattern}, after ${stderr}`));
          };
          looks.add(look);
          look();
        }),
        `${pattern} in ${stderr}`,
        30_000,
      );
    },
    async [Symbol.asyncDispose]() {
      try {
        if (over === null) kill("SIGKILL");
      } catch {
        // It is gone already, and what it has started holds its stderr.
      }
      await ended;
    },
  };
}
