/**
 * Runs a small program in a process of its own, under the runtime that the tests run under.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { fileURLToPath } from "node:url";

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
  /** Variables besides the test's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Called with all of stderr so far, each time there is more. */
  onStderr?(text: string, kill: (signal: "SIGINT" | "SIGTERM") => void): void;
  /** Closes the program's stdout once this much has been read from it. */
  readonly closeStdoutAfter?: number;
}

/** Runs `tests/cli/programs/<name>.ts`, or its `.js` form where the tests run built. */
export function runProgramFile(name: string, options: RunOptions = {}): Promise<Ended> {
  const extension = import.meta.url.endsWith(".js") ? "js" : "ts";
  const file = fileURLToPath(new URL(`./programs/${name}.${extension}`, import.meta.url));
  const flags = "deno" in process.versions ? ["run", "--quiet", "--no-prompt", "--allow-all"] : [];
  return run(process.execPath, [...flags, file, ...options.args ?? []], options);
}

/** Runs any command to its end. */
export function run(
  command: string,
  args: readonly string[],
  options: RunOptions = {},
): Promise<Ended> {
  const env: Record<string, string | undefined> = { ...process.env, ...options.env };
  const child = spawn(command, args, { env, stdio: ["pipe", "pipe", "pipe"] });
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
