/**
 * What `--check-config` prints: every setting and where it comes from.
 *
 * @module
 */

import type { AnyParsed } from "./parse.ts";
import { type OptionSpec, valueKey } from "./spec.ts";
import { columns, type Style } from "./text.ts";
import { formatValue, type OptionValue } from "./values.ts";

/** One line of the list. */
export interface Setting {
  /** The option's long name. */
  readonly name: string;
  /** Its value as it is typed; `null` where it has none. */
  readonly value: string | null;
  /** The place it comes from, such as `--port`, `HALFWAY_PORT`, `halfway.json: port`, `default`. */
  readonly from: string;
}

/**
 * Lists the settings of a command. Those that only make a program answer something, such as `--help`, are left out.
 *
 * @param parsed The settings.
 */
export function listSettings(parsed: AnyParsed): Setting[] {
  const values = parsed.values as Readonly<Record<string, OptionValue | undefined>>;
  const options: readonly OptionSpec[] = parsed.command.options;
  return options.filter((option) => option.name === "config" || option.config !== false).map(
    (option) => {
      const value = values[valueKey(option)];
      return {
        name: option.name,
        value: value === undefined ? null : shown(option, formatValue(option, value)),
        from: parsed.origins.get(option.name)?.name ?? "default",
      };
    },
  );
}

function shown(option: OptionSpec, text: string): string | null {
  if (text === "") return null;
  return option.secret === true ? "(set)" : text;
}

/**
 * Writes the list for people.
 *
 * @param settings The list.
 * @param style Colours; what is not a default stands out.
 * @returns The lines, without a last line break.
 */
export function settingsText(settings: readonly Setting[], style: Style): string {
  return columns(settings.map(({ name, value, from }) => [
    name,
    value ?? "-",
    from === "default" ? style.dim(from) : style.cyan(from),
  ])).join("\n");
}
