/**
 * What a row of the option table may say, and the types that follow from it: the values that a program gets are typed
 * by the rows themselves.
 *
 * @module
 */

import type { NetAddress } from "../net/connection.ts";

/** The programs. */
export type ProgramName = "server" | "proxy" | "client" | "demo";

/** The systems. */
export type SystemName = "table" | "calc" | "http";

/** What any option says of itself. */
export interface OptionBase {
  /** The long name, in kebab case, without dashes. */
  readonly name: string;
  /** One sentence for the help page, without a full stop. */
  readonly help: string;
  /** The single letter, without a dash. */
  readonly short?: string;
  /** What the help page calls the value. */
  readonly metavar?: string;
  /** Its environment variable; `HALFWAY_` and the name in upper snake case when left out, none when `false`. */
  readonly env?: string | false;
  /** `false` where a configuration file can't set it. */
  readonly config?: false;
  /** Whether its value is shown to nobody, not even by `--check-config`. */
  readonly secret?: true;
  /** The help page's heading that it stands under; `Options` when left out. */
  readonly group?: string;
}

/** An option that is on or off. */
export interface BooleanOption extends OptionBase {
  /** On or off. */
  readonly type: "boolean";
  /** `true` if it is on when nothing is said, so that only `--no-NAME` is worth typing. */
  readonly default?: true;
}

/** A whole or any decimal number. */
export interface NumberOption extends OptionBase {
  /** `integer` takes whole numbers only. */
  readonly type: "integer" | "number";
  /** The value when nothing is said. */
  readonly default?: number;
  /** The least value that is taken. */
  readonly min?: number;
  /** The greatest value that is taken. */
  readonly max?: number;
  /** Whether it may be given several times; see {@linkcode TextOption.repeats}. */
  readonly repeats?: true;
}

/** A span of time such as `500ms`, `10s`, `5m`, `1h`, or a size such as `512`, `64KiB`, `256MiB`, `1GiB`. */
export interface QuantityOption extends OptionBase {
  /** `duration` gives milliseconds, `bytes` gives bytes. */
  readonly type: "duration" | "bytes";
  /** As it is written on the command line. */
  readonly default?: string;
  /** The least value that is taken, as it is written on the command line. */
  readonly min?: string;
  /** The greatest value that is taken, as it is written on the command line. */
  readonly max?: string;
}

/** One of some words. */
export interface ChoiceOption extends OptionBase {
  /** One of `choices`. */
  readonly type: "choice";
  /** The words it may be, in lower case. */
  readonly choices: readonly string[];
  /** The value when nothing is said. */
  readonly default?: string;
}

/** Free text, a file's path, or an address such as `127.0.0.1:6002`, `[::1]:6002`, `:6002`. */
export interface TextOption extends OptionBase {
  /** `file` is a path that need not exist yet; `address` gives a {@linkcode NetAddress}. */
  readonly type: "string" | "file" | "address";
  /** As it is written on the command line. */
  readonly default?: string;
  /**
   * Whether it may be given several times; its value is a list, empty when nothing is said. In its environment variable
   * each line is one, in a configuration file each member of a list.
   */
  readonly repeats?: true;
}

/** One option: everything that checks, help, completion and the configuration file need to know. */
export type OptionSpec =
  | BooleanOption
  | NumberOption
  | QuantityOption
  | ChoiceOption
  | TextOption;

/** One argument without a name. */
export interface PositionalSpec {
  /** What the help page calls it. */
  readonly name: string;
  /** One sentence for the help page, without a full stop. */
  readonly help: string;
  /** The words it may be. A text that is no plain word passes all the same, as a raw message does. */
  readonly choices?: readonly string[];
  /** Whether it may be left out. */
  readonly optional?: boolean;
  /** Whether it takes all that follow. Only the last may. */
  readonly repeats?: boolean;
}

/** An example on the help page. */
export interface ExampleSpec {
  /** What is typed after `halfway`. */
  readonly command: string;
  /** What it does, without a full stop. */
  readonly help: string;
}

/** One program for one system. */
export interface CommandSpec {
  /** The program. */
  readonly program: ProgramName;
  /** The system. */
  readonly system: SystemName;
  /** One sentence, without a full stop. */
  readonly summary: string;
  /** Its arguments, in order. */
  readonly positionals: readonly PositionalSpec[];
  /** Its options, in the help page's order. */
  readonly options: readonly OptionSpec[];
  /** Its examples, simplest first. */
  readonly examples: readonly ExampleSpec[];
}

/** Kebab case turned into camel case. */
export type Camel<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S;

/** The key of an option's value: its name in camel case, with the unit `Ms` after a duration. */
export type ValueKey<O extends OptionSpec> = O extends { readonly type: "duration" }
  ? `${Camel<O["name"]>}Ms`
  : Camel<O["name"]>;

/** The type of an option's value where there is one. */
export type Present<O extends OptionSpec> = O extends { readonly type: "boolean" } ? boolean
  : O extends { readonly type: "integer" | "number" | "duration" | "bytes" } ? number
  : O extends { readonly type: "choice"; readonly choices: readonly (infer C)[] } ? C
  : O extends { readonly type: "address" } ? NetAddress
  : string;

/** The type of an option's value: milliseconds for a duration; may be `undefined` where there is no default. */
export type ValueOf<O extends OptionSpec> = O extends { readonly repeats: true }
  ? readonly Present<O>[]
  : O extends { readonly type: "boolean" } | { readonly default: string | number } ? Present<O>
  : Present<O> | undefined;

/** The values of a command, typed by its rows. */
export type ValuesOf<C extends CommandSpec> = {
  readonly [O in C["options"][number] as ValueKey<O>]: ValueOf<O>;
};

/** Says whether an option may be given several times. */
export function isRepeatable(option: OptionSpec): boolean {
  return "repeats" in option && option.repeats === true;
}

/**
 * Gives the key of an option's value.
 *
 * @returns The name in camel case, with the unit `Ms` after a duration: `idle-timeout` is `idleTimeoutMs`.
 */
export function valueKey(option: OptionSpec): string {
  const camel = option.name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return option.type === "duration" ? `${camel}Ms` : camel;
}

/**
 * Gives the environment variable of an option.
 *
 * @returns The name, such as `HALFWAY_IDLE_TIMEOUT`, or `null` where it has none.
 */
export function envName(option: OptionSpec): string | null {
  if (option.env === false) return null;
  return option.env ?? `HALFWAY_${option.name.replaceAll("-", "_").toUpperCase()}`;
}
