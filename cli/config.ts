/**
 * The configuration file: JSON with comments, whose keys are the options' long names. A key at the top holds for every
 * program that has the option; in a program's section for that program; in a system's section within it for that
 * program with that system. The most special one counts.
 *
 * ```jsonc
 * {
 *   "log-level": "warning",
 *   "proxy": {
 *     "capacity": 100,
 *     "table": { "upstream": "10.0.0.7:6002" }
 *   }
 * }
 * ```
 *
 * @module
 */

import { readFile } from "node:fs/promises";
// @ts-types="../types/std_jsonc.d.ts"
import { parse as parseJsonc } from "@std/jsonc";
import { UsageError } from "../net/errors.ts";
import { type AnyCommand, COMMANDS } from "./options.ts";
import { isRepeatable, type OptionSpec } from "./spec.ts";
import { didYouMean } from "./suggest.ts";
import { parseValue, quote } from "./values.ts";

/** A setting of a configuration file that holds for one command. */
export interface ConfigEntry {
  /** Its value, as it would be typed on the command line. */
  readonly text: string;
  /** Where it stands, such as `halfway.json: proxy.capacity`. */
  readonly source: string;
}

/**
 * Reads a configuration file from the disk.
 *
 * @param path The file.
 * @param command The command that the settings are for.
 * @returns The settings that hold for the command, by option name.
 * @throws {UsageError} If the file can't be read, or as {@linkcode parseConfig}.
 */
export async function loadConfig(
  path: string,
  command: AnyCommand,
): Promise<Map<string, ConfigEntry>> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`Cannot read the configuration file ${quote(path)}: ${reason}`, { cause });
  }
  return parseConfig(text, path, command);
}

/**
 * Takes the settings for one command out of a configuration file's text. Every key and value of the file is checked,
 * those for other programs too, so that a slip is found at once.
 *
 * @param text The file's text.
 * @param path How to name the file in errors.
 * @param command The command that the settings are for.
 * @returns The settings that hold for the command, by option name.
 * @throws {UsageError} If the text is no JSON with comments, a key is unknown or a value is wrong.
 */
export function parseConfig(
  text: string,
  path: string,
  command: AnyCommand,
): Map<string, ConfigEntry> {
  let root: unknown;
  try {
    root = parseJsonc(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`${path}: ${reason}`, { cause });
  }
  if (!isSection(root)) throw new UsageError(`${path}: expected an object, found ${nameOf(root)}`);
  const found = new Map<string, ConfigEntry>();
  readSection(found, root, { path, keys: [], commands: COMMANDS, command });
  return found;
}

/** A section of the file and the commands that it speaks to. */
interface Section {
  readonly path: string;
  readonly keys: readonly string[];
  readonly commands: readonly AnyCommand[];
  readonly command: AnyCommand;
}

function readSection(
  found: Map<string, ConfigEntry>,
  values: Readonly<Record<string, unknown>>,
  section: Section,
): void {
  const { path, keys, commands, command } = section;
  const subsections = new Map<string, AnyCommand[]>();
  const sectionKey = (["program", "system"] as const)[keys.length];
  if (sectionKey !== undefined) {
    for (const row of commands) {
      subsections.set(row[sectionKey], [...subsections.get(row[sectionKey]) ?? [], row]);
    }
  }
  const nested: [string, Readonly<Record<string, unknown>>, AnyCommand[]][] = [];
  for (const [key, value] of Object.entries(values)) {
    const source = `${path}: ${[...keys, key].join(".")}`;
    const rows = subsections.get(key);
    if (rows !== undefined) {
      if (!isSection(value)) {
        throw new UsageError(`${source}: expected an object, found ${nameOf(value)}`);
      }
      nested.push([key, value, rows]);
      continue;
    }
    // Rows may differ in the range of an option: a value must suit one of them, and this command's own if it has it.
    const options = commands.map((row) => optionNamed(row, key)).filter((o) => o !== undefined);
    if (options.length === 0) {
      throw unknownKey(source, key, [...subsections.keys()], commands);
    }
    const own = commands.includes(command) ? optionNamed(command, key) : undefined;
    const text = textOf(value, source, isRepeatable(own ?? options[0]) ? "\n" : ",");
    checkValue(own === undefined ? options : [own], text, source);
    if (own !== undefined) found.set(key, { text, source });
  }
  // After the general settings, so that the more special ones overwrite them wherever they stand in the file.
  for (const [key, value, rows] of nested) {
    readSection(found, value, { path, keys: [...keys, key], commands: rows, command });
  }
}

function optionNamed(row: AnyCommand, name: string): OptionSpec | undefined {
  const options: readonly OptionSpec[] = row.options;
  return options.find((option) => option.name === name && option.config !== false);
}

function unknownKey(
  source: string,
  key: string,
  sections: readonly string[],
  commands: readonly AnyCommand[],
): UsageError {
  const names = commands.flatMap((row) =>
    row.options.filter((option: OptionSpec) => option.config !== false).map((o) => o.name)
  );
  return new UsageError(
    `${source}: unknown setting${didYouMean(key, [...new Set([...names, ...sections])])}`,
  );
}

function checkValue(options: readonly OptionSpec[], text: string, source: string): void {
  let failure: unknown;
  for (const option of options) {
    try {
      parseValue(option, text);
      return;
    } catch (error) {
      failure = error;
    }
  }
  throw new UsageError(`${source}: ${failure instanceof Error ? failure.message : failure}`, {
    cause: failure,
  });
}

function textOf(value: unknown, source: string, separator: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (Array.isArray(value) && value.every((item) => ["string", "number"].includes(typeof item))) {
    return value.join(separator);
  }
  throw new UsageError(
    `${source}: expected a text, a number or true or false, found ${nameOf(value)}`,
  );
}

function isSection(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function nameOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}
