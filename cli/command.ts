/**
 * The first thing every program does: read its command line, and answer `--help`, `--version` and `--check-config`.
 *
 * @module
 */

import process from "node:process";
import { helpPage } from "./help.ts";
import type { AnyCommand } from "./options.ts";
import { createOutput, type Output, usesColor } from "./output.ts";
import { type Environment, type Parsed, type ParsedOf, parseProgram } from "./parse.ts";
import { listSettings, settingsText } from "./settings.ts";
import type { ProgramName } from "./spec.ts";
import { VERSION } from "./version.ts";

/** A program's settings, and the way it prints. */
export interface OpenedCommand<P extends ProgramName> {
  /** The settings. */
  readonly parsed: Parsed<P>;
  /** Coloured as the settings and the terminal allow. */
  readonly output: Output;
}

/**
 * Reads a program's command line, environment and configuration file, and answers what asks for an answer only.
 *
 * @param program The program that runs.
 * @param argv What was typed after the program's name.
 * @param env The environment; the process's own when left out.
 * @returns The settings and the output, or `null` when all is done: the program then ends with exit code 0.
 * @throws {UsageError} If anything that was typed or set is wrong.
 */
export async function openCommand<P extends ProgramName>(
  program: P,
  argv: readonly string[],
  env: Environment = process.env,
): Promise<OpenedCommand<P> | null> {
  const parsed = await parseProgram(program, argv, env);
  // The values that every row has are the same for any program, which a generic one can't show.
  const common = parsed as unknown as ParsedOf<AnyCommand>;
  const { help, version, checkConfig, noColor } = common.values;
  const output = createOutput({ noColor });
  if (help) {
    const color = usesColor(process.stdout, { noColor }, env);
    output.data(helpPage(common.command, { width: output.width, color }).trimEnd());
  } else if (version) {
    output.data(`halfway ${VERSION}`);
  } else if (checkConfig) {
    const settings = listSettings(common);
    const asJson = "json" in common.values && common.values.json === true;
    if (asJson) settings.forEach((setting) => output.json(setting));
    else output.data(settingsText(settings, output.style));
  } else {
    return { parsed, output };
  }
  return null;
}
