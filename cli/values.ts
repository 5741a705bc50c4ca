/**
 * Reads and writes the values of options as people type them: spans of time, sizes, addresses, numbers, words.
 *
 * @module
 */

import { formatAddress, parseAddress } from "../net/address.ts";
import type { NetAddress } from "../net/connection.ts";
import { isRepeatable, type OptionSpec } from "./spec.ts";
import { didYouMean } from "./suggest.ts";

/** A value of any option. */
export type OptionValue = SingleValue | readonly SingleValue[];

/** A value of an option that does not repeat. */
export type SingleValue = string | number | boolean | NetAddress;

const DURATION_UNITS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const BYTE_UNITS: Readonly<Record<string, number>> = {
  "": 1,
  B: 1,
  kB: 1000,
  KB: 1000,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/**
 * Reads a span of time.
 *
 * @param text `500ms`, `10s`, `1.5m`, `1h`, or `0`.
 * @returns Whole milliseconds.
 * @throws {RangeError} If the text is no span of time.
 */
export function parseDuration(text: string): number {
  if (text === "0") return 0;
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const value = match === null ? NaN : Math.round(Number(match[1]) * DURATION_UNITS[match[2]]);
  if (!Number.isSafeInteger(value)) {
    throw new RangeError(`expected a time such as 500ms, 10s or 5m, found ${quote(text)}`);
  }
  return value;
}

/**
 * Reads a size.
 *
 * @param text `512`, `64KiB`, `256MiB`, `1.5GiB`, `10MB`.
 * @returns Whole bytes.
 * @throws {RangeError} If the text is no size.
 */
export function parseBytes(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(B|[kKMG]B|[KMG]iB)?$/.exec(text);
  const value = match === null ? NaN : Number(match[1]) * BYTE_UNITS[match[2] ?? ""];
  if (!Number.isSafeInteger(Math.round(value)) || (match?.[2] === undefined && value % 1 !== 0)) {
    throw new RangeError(`expected a size such as 512, 64KiB or 256MiB, found ${quote(text)}`);
  }
  return Math.round(value);
}

/**
 * Reads the value of an option and checks its range.
 *
 * @param option The option's row.
 * @param text The value as typed.
 * @returns The value in the unit that programs use: milliseconds, bytes.
 * @throws {RangeError} With what was expected and what was found, if the text is no value of this option.
 */
export function parseValue(option: OptionSpec, text: string): OptionValue {
  if (!isRepeatable(option)) return parseSingle(option, text);
  return text.split("\n").filter((line) => line !== "").map((line) => parseSingle(option, line));
}

function parseSingle(option: OptionSpec, text: string): SingleValue {
  switch (option.type) {
    case "boolean":
      return parseBoolean(text);
    case "integer":
    case "number":
      return inRange(option, parseNumber(option.type, text), text);
    case "duration":
      return inRange(option, parseDuration(text), text);
    case "bytes":
      return inRange(option, parseBytes(text), text);
    case "address":
      return parseAddress(text);
    case "choice":
      if (option.choices.includes(text)) return text;
      throw new RangeError(
        `expected ${orList(option.choices)}, found ${quote(text)}${
          didYouMean(text, option.choices)
        }`,
      );
    default:
      if (text === "") throw new RangeError("expected a value, found nothing");
      return text;
  }
}

/**
 * Writes a value the way it is typed on the command line.
 *
 * @param option The option's row.
 * @param value A value that {@linkcode parseValue} gave.
 * @returns Such as `10s`, `64KiB`, `[::1]:6002`.
 */
export function formatValue(option: OptionSpec, value: OptionValue): string {
  if (isList(value)) return value.map((item) => formatValue(option, item)).join(", ");
  if (typeof value === "object") {
    return formatAddress(value);
  }
  if (typeof value === "number" && value > 0) {
    if (option.type === "duration") return formatDuration(value);
    if (option.type === "bytes") return inUnits(value, ["GiB", "MiB", "KiB", ""], BYTE_UNITS);
  }
  return String(value);
}

function isList(value: OptionValue): value is readonly SingleValue[] {
  return Array.isArray(value);
}

/** Writes milliseconds as `10s`, `500ms`, `5m`; 0 as `0`. */
export function formatDuration(ms: number): string {
  return ms === 0 ? "0" : inUnits(ms, ["h", "m", "s", "ms"], DURATION_UNITS);
}

/** Joins words as `a, b or c`. */
export function orList(words: readonly string[]): string {
  return words.length < 2
    ? words.join("")
    : `${words.slice(0, -1).join(", ")} or ${words[words.length - 1]}`;
}

/** Puts a text in quotes, with control characters escaped and no more than 60 characters of it. */
export function quote(text: string): string {
  const cut = text.length > 60 ? `${text.slice(0, 60)}…` : text;
  // JSON leaves DEL and the C1 controls as they are, and a terminal obeys those too.
  return JSON.stringify(cut).replace(
    /[\x7f-\x9f]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function parseBoolean(text: string): boolean {
  const word = text.toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  if (["false", "0", "no", "off", ""].includes(word)) return false;
  throw new RangeError(`expected true or false, found ${quote(text)}`);
}

function parseNumber(type: "integer" | "number", text: string): number {
  const pattern = type === "integer" ? /^-?\d+$/ : /^-?\d+(?:\.\d+)?$/;
  const value = pattern.test(text) ? Number(text) : NaN;
  if (!Number.isFinite(value) || (type === "integer" && !Number.isSafeInteger(value))) {
    throw new RangeError(
      `expected ${type === "integer" ? "an integer" : "a number"}, found ${quote(text)}`,
    );
  }
  return value;
}

function inRange(option: OptionSpec, value: number, text: string): number {
  const { min, max } = rangeOf(option);
  if (value >= bound(option, min, -Infinity) && value <= bound(option, max, Infinity)) return value;
  const expected = min === undefined
    ? `at most ${max}`
    : max === undefined
    ? `at least ${min}`
    : `${min} to ${max}`;
  throw new RangeError(`expected ${expected}, found ${text}`);
}

/** Gives the range of an option as its row writes it; both are absent where the type has no range. */
export function rangeOf(option: OptionSpec): { min?: string | number; max?: string | number } {
  return "min" in option || "max" in option ? { min: option.min, max: option.max } : {};
}

function bound(option: OptionSpec, limit: string | number | undefined, none: number): number {
  if (limit === undefined) return none;
  if (typeof limit === "number") return limit;
  return option.type === "duration" ? parseDuration(limit) : parseBytes(limit);
}

function inUnits(
  value: number,
  units: readonly string[],
  sizes: Readonly<Record<string, number>>,
): string {
  const unit = units.find((unit) => value % sizes[unit] === 0) ?? units[units.length - 1];
  return `${value / sizes[unit]}${unit}`;
}
