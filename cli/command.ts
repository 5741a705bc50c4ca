/**
 * The first thing every program does: read its command line, and answer `--help`, `--version` and `--check-config`.
 *
 * @module
 */

import process from "node:process";
import { helpPage } from "./help.ts";
import type { COMMON_OPTIONS } from "./options_common.ts";
import { createOutput, type Output, usesColor } from "./output.ts";
import { type AnyParsed, type Environment, type Parsed, parseProgram } from "./parse.ts";
import { listSettings, settingsText } from "./settings.ts";
import type { ProgramName, ValueKey, ValueOf } from "./spec.ts";
import { VERSION } from "./version.ts";

/** A program's settings, and the way it prints. */
export interface OpenedCommand<P extends ProgramName> {
  /** The settings. */
  readonly parsed: Parsed<P>;
  /** Coloured as the settings and the terminal allow. */
  readonly output: Output;
}

type CommonValues = {
  readonly [O in typeof COMMON_OPTIONS[number] as ValueKey<O>]: ValueOf<O>;
};

/**
 * Reads a program's command line, environment and configuration file, and answers what asks for an answer only.
 *
 * @param program The program that runs.
 * @param argv What was typed after the program's name; two dashes before all else are passed over.
 * @param env The environment; the process's own when left out.
 * @returns The settings and the output, or `null` when all is done: the program then ends with exit code 0.
 * @throws {UsageError} If anything that was typed or set is wrong.
 */
export async function openCommand<P extends ProgramName>(
  program: P,
  argv: readonly string[],
  env: Environment = process.env,
): Promise<OpenedCommand<P> | null> {
  // `deno task server -- --help` hands on the dashes that were meant for the task.
  const typed = argv[0] === "--" ? argv.slice(1) : argv;
  const parsed = await parseProgram(program, typed, env);
  // What every row has, which the type of a generic program's settings can't show.
  const { command, values, origins } = parsed as unknown as AnyParsed;
  const { help, version, checkConfig, noColor } = values as CommonValues;
  const output = createOutput({ noColor });
  if (help) {
    const color = usesColor(process.stdout, { noColor }, env);
    output.data(helpPage(command, { width: output.width, color }).trimEnd());
  } else if (version) {
    output.data(`halfway ${VERSION}`);
  } else if (checkConfig) {
    const settings = listSettings({ command, values, origins });
    const asJson = "json" in values && values.json === true;
    if (asJson) settings.forEach((setting) => output.json(setting));
    else output.data(settingsText(settings, output.style));
  } else {
    return { parsed, output };
  }
  return null;
}
