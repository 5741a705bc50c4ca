/**
 * Reads the fixtures beside the tests: packets of the original programs, and what Python 3.11.7 makes of numbers.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { Fraction } from "../../calc/fraction.ts";
import { numberText, type PyNumber } from "../../calc/python_repr.ts";

/** A packet under `golden/`, by its name without `.hex`. */
export async function golden(name: string): Promise<Uint8Array> {
  return fromHex((await text(`golden/${name}.hex`)).trim());
}

/** The rows of a `.jsonl` file under `fixtures/`. */
export async function rows<Row>(name: string): Promise<Row[]> {
  const lines = (await text(`fixtures/${name}.jsonl`)).trim().split("\n");
  return lines.map((line) => JSON.parse(line));
}

async function text(path: string): Promise<string> {
  return await readFile(new URL(path, import.meta.url), "utf8");
}

/** Bytes from hexadecimal digits. */
export function fromHex(digits: string): Uint8Array {
  return Uint8Array.from(digits.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}

/** Hexadecimal digits of bytes. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A number as the fixtures write it: `i:7`, `f:0.5`, `q:4/3`, `b:True`. */
export function fromText(written: string): PyNumber {
  const body = written.slice(2);
  switch (written[0]) {
    case "i":
      return BigInt(body);
    case "b":
      return body === "True";
    case "q": {
      const [numerator, denominator] = body.split("/");
      return new Fraction(BigInt(numerator), BigInt(denominator));
    }
    default:
      return body === "inf" ? Infinity : body === "-inf" ? -Infinity : Number(body);
  }
}

/** The inverse of {@linkcode fromText}. */
export function toText(value: PyNumber): string {
  switch (typeof value) {
    case "bigint":
      return `i:${value}`;
    case "number":
      return `f:${numberText(value)}`;
    case "boolean":
      return `b:${numberText(value)}`;
    default:
      return `q:${value.numerator}/${value.denominator}`;
  }
}
