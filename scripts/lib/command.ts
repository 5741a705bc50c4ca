/**
 * Runs commands for the scripts.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { delimiter } from "node:path";
import process from "node:process";

/** How a command is run. */
export interface CommandOptions {
  /** The folder it runs in; this process's own when left out. */
  readonly cwd?: string;
  /** Variables besides this process's own. */
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps what it prints, for {@linkcode Ended.output}, instead of showing it. */
  readonly quiet?: boolean;
}

/** What became of a command. */
export interface Ended {
  /** The exit code; 1 where a signal ended it, 127 where it can't be started. */
  readonly code: number;
  /** What it printed on stdout, and then on stderr; empty unless it was quiet. */
  readonly output: string;
  /** What it printed on stdout; empty unless it was quiet. */
  readonly stdout: string;
}

/** Runs a command to its end. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, PATH: ownPath(), ...options.env },
      stdio: options.quiet === true ? ["ignore", "pipe", "pipe"] : ["ignore", "inherit", "inherit"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk) => stdout += chunk);
    child.stderr?.on("data", (chunk) => stderr += chunk);
    child.on("error", (error) => resolve({ code: 127, output: `${error.message}\n`, stdout: "" }));
    child.on("close", (code) => resolve({ code: code ?? 1, output: stdout + stderr, stdout }));
  });
}

/**
 * The PATH without the programs of dependencies: one of them brings an `npm` of years ago along, which `deno task` and
 * `npx` put before the machine's own.
 */
export function ownPath(): string {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.filter((folder) => !/[/\\]node_modules[/\\]\.bin[/\\]?$/.test(folder)).join(
    delimiter,
  );
}

/**
 * Runs a command that must end well, and shows what it printed only when it does not.
 *
 * @returns What it printed on stdout.
 * @throws {Error} If it ends with another exit code than 0.
 */
export async function mustRun(
  command: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const { code, output, stdout } = await runCommand(command, args, { ...options, quiet: true });
  if (code === 0) return stdout;
  throw new Error(`${[command, ...args].join(" ")} ended with exit code ${code}:\n${output}`);
}
