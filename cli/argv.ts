/**
 * Splits a command line into a command, its options as text, and its arguments.
 *
 * @module
 */

// @ts-types="../types/std_parse_args.d.ts"
import { parseArgs } from "@std/cli/parse-args";
import { UsageError } from "../net/errors.ts";
import { type AnyCommand, COMMANDS, type CommandsOf, DEFAULT_SYSTEM } from "./options.ts";
import { isRepeatable, type OptionSpec, type PositionalSpec, type ProgramName } from "./spec.ts";
import { didYouMean } from "./suggest.ts";
import { orList, quote } from "./values.ts";

/** A command line, taken apart, its values unread. */
export interface SplitArgv<C extends AnyCommand = AnyCommand> {
  /** The row of the table that the command line chose. */
  readonly command: C;
  /**
   * The options that were given, by name, as text: `true` or `false` for one that is on or off, a line for each value of
   * one that repeats.
   */
  readonly options: ReadonlyMap<string, string>;
  /** The arguments without a name, the system left out. */
  readonly positionals: readonly string[];
}

// Stands before a word that must not be taken for an option; no command line can hold it.
const MASK = "\0";

/**
 * Splits a command line. A word such as `-5` or `-(1 + 2)` is a value, not an option; what follows `--` are
 * arguments only; of an option that is given twice the last counts.
 *
 * @param program The program that runs.
 * @param argv What was typed after the program's name.
 * @returns The command, its options as text, and its arguments.
 * @throws {UsageError} If an option or a word is unknown, or a value is missing.
 */
export function splitArgv<P extends ProgramName>(
  program: P,
  argv: readonly string[],
): SplitArgv<CommandsOf<P>> {
  const { command, isNamed, rest } = chooseCommand(commandsOf(program), argv);
  const options: readonly OptionSpec[] = command.options;
  const words = maskValues(options, rest);
  const switches = options.filter((option) => option.type === "boolean").map((o) => o.name);
  const named = options.filter((option) => option.type !== "boolean").map((o) => o.name);
  const parsed = parseArgs(words, {
    boolean: switches,
    negatable: switches,
    string: [...named, "_"],
    collect: options.filter(isRepeatable).map((o) => o.name),
    alias: Object.fromEntries(options.flatMap((o) => o.short ? [[o.name, o.short]] : [])),
    unknown: (word, key) => {
      if (key !== undefined) throw unknownOption(command, word, key);
    },
  });
  const given = new Map<string, string>();
  for (const option of options) {
    const { name, short, type } = option;
    const value = parsed[name];
    if (isRepeatable(option)) {
      const values = (value as string[] | undefined) ?? [];
      if (values.includes("")) throw new UsageError(`--${name} needs a value; see --help`);
      if (values.length > 0) given.set(name, values.map(unmask).join("\n"));
      continue;
    }
    if (value === "" && type !== "boolean") {
      throw new UsageError(`--${name} needs a value; see --help`);
    }
    // An option that is off may simply not have been given: parseArgs sets every boolean.
    if (value === false && !rest.some((word) => isSwitchedOff(word, name, short))) continue;
    if (value !== undefined) given.set(name, unmask(String(value)));
  }
  const positionals = parsed._.map((word) => unmask(String(word)));
  // Those that only answer need no arguments.
  const answers = ["help", "version", "check-config"].some((name) => given.get(name) === "true");
  checkPositionals(command, isNamed, positionals, answers);
  return { command, options: given, positionals };
}

/**
 * Reads the name of a program, where it is typed before all else.
 *
 * @param word The word.
 * @returns The program.
 * @throws {UsageError} If there is no such program.
 */
export function parseProgramName(word: string): ProgramName {
  const names = [...new Set(COMMANDS.map((row) => row.program))];
  const name = names.find((name) => name === word);
  if (name !== undefined) return name;
  throw new UsageError(
    `There is no program ${quote(word)}: expected ${orList(names)}${didYouMean(word, names)}`,
  );
}

/** Gives the rows of one program, the default system first. */
export function commandsOf<P extends ProgramName>(program: P): readonly CommandsOf<P>[] {
  const rows = COMMANDS.filter((row) => row.program === program) as unknown as CommandsOf<P>[];
  return rows.sort((a, b) =>
    Number(b.system === DEFAULT_SYSTEM) - Number(a.system === DEFAULT_SYSTEM)
  );
}

/** The system is the first word that belongs to no option; an option's value may stand before it. */
function chooseCommand<C extends AnyCommand>(
  commands: readonly C[],
  argv: readonly string[],
): { command: C; isNamed: boolean; rest: string[] } {
  const valued: OptionSpec[] = commands.flatMap((row) =>
    row.options.filter((option: OptionSpec) => option.type !== "boolean")
  );
  const takesNext = (word: string): boolean =>
    word.startsWith("--")
      ? valued.some((option) => word === `--${option.name}`)
      : /^-[a-z]+$/i.test(word) && valued.some((option) => option.short === word.slice(-1));
  const at = argv.findIndex((word, i) =>
    !word.startsWith("-") && (i === 0 || !takesNext(argv[i - 1]))
  );
  const end = argv.indexOf("--");
  const word = at >= 0 && (end < 0 || at < end) ? argv[at] : undefined;
  const named = commands.find((row) => row.system === word);
  if (named === undefined) return { command: commands[0], isNamed: false, rest: [...argv] };
  return { command: named, isNamed: true, rest: argv.filter((_, i) => i !== at) };
}

/**
 * Hides from parseArgs what it would take for something else: numbers below zero, expressions that begin with a sign, and
 * the words true and false.
 */
function maskValues(options: readonly OptionSpec[], words: readonly string[]): string[] {
  return words.map((word, i) => {
    if (words.indexOf("--") >= 0 && i >= words.indexOf("--")) return word;
    const [, name, value] = /^--(?:no-)?([^=]+)=(.*)$/s.exec(word) ?? [];
    if (value !== undefined && !["true", "false"].includes(value)) {
      const option = options.find((option) => option.name === name);
      if (option?.type === "boolean") {
        throw new UsageError(`--${name}: expected true or false, found ${quote(value)}`);
      }
    }
    return /^-+[\d.(+]/.test(word) || word === "true" || word === "false" ? MASK + word : word;
  });
}

function unmask(word: string): string {
  return word.startsWith(MASK) ? word.slice(MASK.length) : word;
}

function isSwitchedOff(word: string, name: string, short: string | undefined): boolean {
  return word === `--no-${name}` || word === `--${name}=false` ||
    (short !== undefined && word === `-${short}=false`);
}

function unknownOption(command: AnyCommand, word: string, key: string): UsageError {
  const names = command.options.map((option: OptionSpec) => option.name);
  const typed = word.startsWith("--") ? word.split("=", 1)[0] : `-${key}`;
  const hint = typed.startsWith("--") ? didYouMean(key, names, "--") : "";
  return new UsageError(
    `Unknown option ${quote(typed).slice(1, -1)} for ${command.program} ${command.system}${
      hint || "; see --help"
    }`,
  );
}

function checkPositionals(
  command: AnyCommand,
  isNamed: boolean,
  words: readonly string[],
  maySayLess: boolean,
): void {
  const specs: readonly PositionalSpec[] = command.positionals;
  const systems = commandsOf(command.program).map((row) => row.system as string);
  if (specs.length === 0 && words.length > 0 && !isNamed) {
    throw new UsageError(
      `${command.program} has no system ${quote(words[0])}: expected ${orList(systems)}${
        didYouMean(words[0], systems)
      }`,
    );
  }
  const last = specs[specs.length - 1];
  if (words.length > specs.length && last?.repeats !== true) {
    throw new UsageError(
      `${command.program} ${command.system} takes ${
        specs.length === 0 ? "no arguments" : `at most ${specs.length} arguments`
      }, found ${quote(words[specs.length])}`,
    );
  }
  const missing = maySayLess
    ? undefined
    : specs.find((spec, i) => spec.optional !== true && i >= words.length);
  if (missing !== undefined) throw new UsageError(`${missing.name} is missing; see --help`);
  specs.forEach(({ name, choices }, i) => {
    if (choices === undefined || i >= words.length) return;
    const word = words[i].toLowerCase();
    if (choices.includes(word) || !/^[a-z][a-z-]*$/.test(word)) return;
    throw new UsageError(
      `Unknown ${name.toLowerCase()} ${quote(words[i])}: expected ${orList(choices)}${
        didYouMean(word, i === 0 ? [...choices, ...systems] : choices)
      }`,
    );
  });
}
