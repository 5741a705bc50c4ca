/**
 * The help pages, made from the option table.
 *
 * @module
 */

import { commandsOf } from "./argv.ts";
import { COMMANDS, DEFAULT_SYSTEM } from "./options.ts";
import {
  type CommandSpec,
  envName,
  isRepeatable,
  type OptionSpec,
  type PositionalSpec,
} from "./spec.ts";
import { columns, createStyle, type Style, textWidth, wrap } from "./text.ts";
import { rangeOf } from "./values.ts";

/** How a help page is laid out. */
export interface HelpOptions {
  /** Cells a line; kept within 60 to 100, 80 when left out. */
  readonly width?: number;
  /** Whether to colour; no when left out. */
  readonly color?: boolean;
}

/** What the exit codes mean, in their order. */
export const EXIT_CODES: readonly (readonly [code: number, meaning: string])[] = [
  [0, "all went well"],
  [1, "the other side answered with an error"],
  [2, "the command line or the configuration is wrong"],
  [3, "no connection"],
  [4, "no answer in time"],
  [5, "the other side broke the protocol"],
  [6, "the address to listen on is taken or not allowed"],
  [70, "a fault of the program itself"],
];

/** Names of options longer than this stand on a line of their own. */
const NAME_CELLS = 28;

/**
 * Makes the help page of one command. The page of a program's default system also names its other systems.
 *
 * @param command The command's row.
 * @param options The width, and whether to colour.
 * @returns The page, with its last line break.
 */
export function helpPage(command: CommandSpec, options: HelpOptions = {}): string {
  const width = Math.min(100, Math.max(60, options.width ?? 80));
  const style = createStyle(options.color ?? false);
  const lines = [
    ...wrap(`${command.summary}.`, width),
    "",
    ...hang(`${style.bold("Usage:")} `, usageWords(command), width),
  ];
  const systems = commandsOf(command.program);
  if (command.system === DEFAULT_SYSTEM && systems.length > 1) {
    lines.push("", style.bold("Systems:"));
    for (const row of systems) {
      const note = row.system === DEFAULT_SYSTEM ? " (when none is named)" : "";
      lines.push(...entry(row.system, row.summary + note, width, style));
    }
  }
  if (command.positionals.length > 0) {
    lines.push("", style.bold("Arguments:"));
    for (const { name, help } of command.positionals) {
      lines.push(...entry(name, help, width, style));
    }
  }
  for (const group of new Set(command.options.map(groupOf))) {
    lines.push("", style.bold(`${group}:`));
    for (const option of command.options.filter((option) => groupOf(option) === group)) {
      lines.push(...entry(optionLabel(option), option.help + notes(option), width, style));
    }
  }
  lines.push("", style.bold("Examples:"));
  for (const { command: typed, help } of command.examples) {
    lines.push(...entry(`halfway ${typed}`, help, width, style));
  }
  lines.push("", style.bold("Exit codes:"));
  lines.push(...columns(EXIT_CODES.map(([code, meaning]) => [`  ${code}`, meaning])));
  return `${lines.join("\n")}\n`;
}

/**
 * Makes the page that names all programs.
 *
 * @param options The width, and whether to colour.
 * @returns The page, with its last line break.
 */
export function overviewPage(options: HelpOptions = {}): string {
  const width = Math.min(100, Math.max(60, options.width ?? 80));
  const style = createStyle(options.color ?? false);
  const lines = [
    ...wrap("A client, a caching proxy halfway, and a server, for several protocols.", width),
    "",
    `${style.bold("Usage:")} halfway PROGRAM [SYSTEM] [options]`,
    "",
    style.bold("Programs:"),
  ];
  for (const row of COMMANDS) {
    const system = row.system === DEFAULT_SYSTEM ? `[${row.system}]` : row.system;
    lines.push(...entry(`${row.program} ${system}`, row.summary, width, style));
  }
  lines.push(...entry("completion SHELL", "Print a script for bash, zsh or fish", width, style));
  lines.push(...entry("hash USER", "Hash a password for proxy http --auth", width, style));
  lines.push("", "halfway PROGRAM [SYSTEM] --help tells more.");
  return `${lines.join("\n")}\n`;
}

/** Writes an option's names and what it calls its value, such as `-p, --port INTEGER`. */
export function optionLabel(option: OptionSpec): string {
  const negatable = option.type === "boolean" && option.default === true;
  const name = `--${negatable ? "[no-]" : ""}${option.name}`;
  const names = `${option.short === undefined ? "   " : `-${option.short},`} ${name}`;
  return option.type === "boolean" ? names : `${names} ${metavarOf(option)}`;
}

function metavarOf(option: OptionSpec): string {
  if (option.metavar !== undefined) return option.metavar;
  switch (option.type) {
    case "choice":
      return "WORD";
    case "duration":
      return "TIME";
    case "bytes":
      return "SIZE";
    case "integer":
    case "number":
      return "N";
    default:
      return "TEXT";
  }
}

function groupOf(option: OptionSpec): string {
  return option.group ?? "Options";
}

function notes(option: OptionSpec): string {
  const parts: string[] = [];
  if (isRepeatable(option)) parts.push("may be given several times");
  if (option.type === "choice") parts.push(option.choices.join(", "));
  const { min, max } = rangeOf(option);
  if (min !== undefined && max !== undefined) parts.push(`${min} to ${max}`);
  else if (min !== undefined) parts.push(`at least ${min}`);
  else if (max !== undefined) parts.push(`at most ${max}`);
  if (option.default !== undefined) {
    parts.push(`default ${option.type === "boolean" ? "on" : option.default}`);
  }
  const variable = envName(option);
  if (variable !== null) parts.push(variable);
  return parts.length === 0 ? "" : ` (${parts.join("; ")})`;
}

function usageWords(command: CommandSpec): string {
  const system = command.system === DEFAULT_SYSTEM ? `[${command.system}]` : command.system;
  const words = command.positionals.map(positionalLabel);
  return ["halfway", command.program, system, "[options]", ...words].join(" ");
}

function positionalLabel({ name, optional, repeats }: PositionalSpec): string {
  const word = repeats === true ? `${name}...` : name;
  return optional === true ? `[${word}]` : word;
}

/** A name in the first column and its text, wrapped, in the second. */
function entry(name: string, text: string, width: number, style: Style): string[] {
  const lines = wrap(text, width - NAME_CELLS - 4);
  const indent = " ".repeat(NAME_CELLS + 4);
  if (textWidth(name) > NAME_CELLS) {
    return [`  ${style.cyan(name)}`, ...lines.map((line) => indent + line)];
  }
  const first = `  ${style.cyan(name)}${" ".repeat(NAME_CELLS - textWidth(name) + 2)}${lines[0]}`;
  return [first, ...lines.slice(1).map((line) => indent + line)];
}

/** A text that starts after a heading and goes on under its own beginning. */
function hang(heading: string, text: string, width: number): string[] {
  const indent = textWidth(heading);
  return wrap(text, width - indent).map((line, i) =>
    (i === 0 ? heading : " ".repeat(indent)) + line
  );
}
