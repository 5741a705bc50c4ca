/**
 * Runs programs of others as on a fresh machine: nothing of this machine's environment and settings decides what they
 * do. Each has a bound, and nothing that it started outlives it.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { ownPath } from "../../scripts/lib/command.ts";

/** How a program is run. */
export interface CleanRunOptions {
  /** Its home, where it keeps its settings. */
  readonly home: string;
  /** The folder it runs in. @default {home} */
  readonly cwd?: string;
  /** Variables besides PATH, HOME and the language. */
  readonly env?: Readonly<Record<string, string>>;
  /** It is ended after so long. @default {120000} */
  readonly timeoutMs?: number;
}

/** What became of a program. */
export interface CleanEnd {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, and then ends what it left running. */
export async function runClean(
  command: string,
  args: readonly string[],
  options: CleanRunOptions,
): Promise<CleanEnd> {
  const { home, cwd = home, timeoutMs = 120_000 } = options;
  const env = {
    PATH: ownPath(),
    HOME: home,
    TMPDIR: home,
    LANG: "C.UTF-8",
    ...options.env,
  };
  // A process group of its own takes along what it starts.
  const child = spawn(command, args, {
    cwd,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const endGroup = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
  };
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk) => stdout += chunk);
  child.stderr.on("data", (chunk) => stderr += chunk);
  const timer = setTimeout(() => {
    stderr += `\nended after ${timeoutMs} ms\n`;
    endGroup();
  }, timeoutMs);
  child.on("exit", endGroup);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    return { code, stdout, stderr };
  } finally {
    clearTimeout(timer);
  }
}

/** Runs a program that must end well; gives what it printed on stdout. */
export async function mustRunClean(
  command: string,
  args: readonly string[],
  options: CleanRunOptions,
): Promise<string> {
  const { code, stdout, stderr } = await runClean(command, args, options);
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(" ")} ended with ${code}:\n${stdout}${stderr}`);
}
