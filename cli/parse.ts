/**
 * Makes the settings of a program: the command line counts most, then the environment, then the configuration file,
 * then the table's default.
 *
 * @module
 */

import { UsageError } from "../net/errors.ts";
import { splitArgv } from "./argv.ts";
import { type ConfigEntry, loadConfig } from "./config.ts";
import type { AnyCommand, CommandsOf } from "./options.ts";
import {
  envName,
  isRepeatable,
  type OptionSpec,
  type ProgramName,
  valueKey,
  type ValuesOf,
} from "./spec.ts";
import { type OptionValue, parseValue } from "./values.ts";

/** Where a setting comes from. */
export interface Origin {
  /** The kind of place. */
  readonly kind: "argument" | "environment" | "config" | "default";
  /** The place as errors name it: `--port`, `HALFWAY_PORT`, `halfway.json: port`, `default`. */
  readonly name: string;
}

/** The settings of one command, typed by its row: `switch (parsed.system)` tells systems apart. */
export interface ParsedOf<C extends AnyCommand> {
  /** The row of the table. */
  readonly command: C;
  /** The program. */
  readonly program: C["program"];
  /** The system. */
  readonly system: C["system"];
  /** The values by their keys: `port`, `idleTimeoutMs`, `maxFrameBytes`. */
  readonly values: ValuesOf<C>;
  /** The arguments without a name. */
  readonly positionals: readonly string[];
  /** Where each value comes from, by the option's long name. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** The settings of any command, where it does not matter which. */
export interface AnyParsed {
  /** The row of the table. */
  readonly command: AnyCommand;
  /** The values by their keys; each row has its own. */
  readonly values: object;
  /** Where each value comes from, by the option's long name. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** The settings of one program, for whichever system was chosen. */
export type Parsed<P extends ProgramName = ProgramName> = CommandsOf<P> extends infer C
  ? C extends AnyCommand ? ParsedOf<C> : never
  : never;

/** The environment's variables. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Makes the settings of a program, and reads the configuration file if one is named. With `--help` or `--version` the
 * values are left at what could be read: those must answer whatever else is wrong.
 *
 * @param program The program that runs.
 * @param argv What was typed after the program's name.
 * @param env The environment; only the options' own variables are looked at.
 * @returns The settings, all in range.
 * @throws {UsageError} If an option, a word or a value is wrong, with the place where it stands.
 */
export async function parseProgram<P extends ProgramName>(
  program: P,
  argv: readonly string[],
  env: Environment,
): Promise<Parsed<P>> {
  const { command, options: given, positionals } = splitArgv(program, argv);
  const options: readonly OptionSpec[] = command.options;
  const answersOnly = given.get("help") === "true" || given.get("version") === "true";
  const path = given.get("config") ?? env["HALFWAY_CONFIG"];
  const config = path && !answersOnly
    ? await loadConfig(path, command)
    : new Map<string, ConfigEntry>();
  const values: Record<string, OptionValue | undefined> = {};
  const origins = new Map<string, Origin>();
  for (const option of options) {
    const { text, origin } = findText(option, { given, env, config });
    if (text !== undefined) {
      try {
        values[valueKey(option)] = parseValue(option, text);
      } catch (cause) {
        if (!answersOnly) throw wrongValue(origin, cause);
      }
    }
    origins.set(option.name, origin);
  }
  return {
    command,
    program,
    system: command.system,
    values,
    positionals,
    origins,
  } as unknown as Parsed<P>;
}

/** The places that settings come from. */
interface Places {
  readonly given: ReadonlyMap<string, string>;
  readonly env: Environment;
  readonly config: ReadonlyMap<string, ConfigEntry>;
}

function findText(
  option: OptionSpec,
  { given, env, config }: Places,
): { text: string | undefined; origin: Origin } {
  const argument = given.get(option.name);
  if (argument !== undefined) {
    return { text: argument, origin: { kind: "argument", name: `--${option.name}` } };
  }
  const variable = envName(option);
  const set = variable === null ? undefined : env[variable];
  if (variable !== null && set !== undefined && set !== "") {
    // https://no-color.org: any text but the empty one means yes.
    const text = variable === "NO_COLOR" ? "true" : set;
    return { text, origin: { kind: "environment", name: variable } };
  }
  const entry = config.get(option.name);
  if (entry !== undefined) {
    return { text: entry.text, origin: { kind: "config", name: entry.source } };
  }
  const origin: Origin = { kind: "default", name: "default" };
  if (option.type === "boolean") return { text: String(option.default ?? false), origin };
  if (isRepeatable(option)) return { text: "", origin };
  return { text: option.default === undefined ? undefined : String(option.default), origin };
}

function wrongValue(origin: Origin, cause: unknown): UsageError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new UsageError(`${origin.name}: ${reason}`, { cause });
}
