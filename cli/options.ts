/**
 * The one table of programs and their options, a file for each system. Checks, help, "did you mean", shell completion and
 * the configuration file all follow from it: a new option is a new row, a new system a new file.
 *
 * @module
 */

import { CALC_COMMANDS } from "./options_calc.ts";
import { HTTP_COMMANDS } from "./options_http.ts";
import { TABLE_COMMANDS } from "./options_table.ts";
import type { CommandSpec, ProgramName, SystemName } from "./spec.ts";

/** The system that is meant when none is named. */
export const DEFAULT_SYSTEM: SystemName = "table";

/** Every program for every system. */
export const COMMANDS = [
  ...TABLE_COMMANDS,
  ...CALC_COMMANDS,
  ...HTTP_COMMANDS,
] as const satisfies readonly CommandSpec[];

/** Any row of {@linkcode COMMANDS}, with its literal types. */
export type AnyCommand = typeof COMMANDS[number];

/** The rows of one program. */
export type CommandsOf<P extends ProgramName> = Extract<AnyCommand, { readonly program: P }>;
