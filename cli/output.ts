/**
 * What a program prints: data on stdout, talk on stderr.
 *
 * @module
 */

import process from "node:process";
import { createStyle, type Style } from "./text.ts";

/** Prints a program's output. */
export interface Output {
  /** Colours for stdout. */
  readonly style: Style;
  /** Colours for stderr. */
  readonly talkStyle: Style;
  /** Cells a line of the terminal; 80 where stdout is none. */
  readonly width: number;
  /** Prints data on stdout, as one or more whole lines. */
  data(text: string): void;
  /** Prints one JSON object as one line on stdout. */
  json(value: unknown): void;
  /** Says something to the person, on stderr, as one or more whole lines. */
  talk(text: string): void;
}

/** What decides on colour. */
export interface ColorChoice {
  /** The program's `--no-color`, which `NO_COLOR` sets as well. */
  readonly noColor?: boolean;
}

/**
 * Makes the output of a program. A reader of stdout that has seen enough, such as `head -1`, ends the program quietly
 * with exit code 0.
 *
 * @param choice Whether the person wants no colour.
 */
export function createOutput(choice: ColorChoice = {}): Output {
  endOnClosedPipe();
  const { stdout, stderr } = process;
  return {
    style: createStyle(usesColor(stdout, choice)),
    talkStyle: createStyle(usesColor(stderr, choice)),
    width: stdout.isTTY ? stdout.columns || 80 : 80,
    data: (text) => void stdout.write(`${text}\n`),
    json: (value) => void stdout.write(`${jsonLine(value)}\n`),
    talk: (text) => void stderr.write(`${text}\n`),
  };
}

/**
 * Says whether to colour what goes to a stream.
 *
 * @param stream The stream; one that is no terminal gets no colour.
 * @param choice Whether the person wants no colour.
 * @param env The environment; `NO_COLOR` and `TERM=dumb` forbid colour.
 */
export function usesColor(
  stream: { readonly isTTY?: boolean },
  choice: ColorChoice = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
): boolean {
  return stream.isTTY === true && choice.noColor !== true && !env["NO_COLOR"] &&
    env["TERM"] !== "dumb";
}

/** Writes a value as one line of JSON; integers too large for a double as text, bytes as an array of numbers. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(
    value,
    (_, item) =>
      typeof item === "bigint" ? String(item) : item instanceof Uint8Array ? [...item] : item,
  );
}

let watched = false;

/** Ends the program with exit code 0 when nobody reads its stdout any more, and lets a closed stderr pass. */
export function endOnClosedPipe(): void {
  if (watched) return;
  watched = true;
  process.stdout.on("error", (error: Error & { code?: string }) => {
    process.exit(error.code === "EPIPE" ? 0 : 1);
  });
  process.stderr.on("error", () => {});
}

/** A reader that does not read must not keep a program from ending. */
const FLUSH_LIMIT_MS = 2000;

/**
 * Ends the program once stdout and stderr are written. `process.exit` alone loses what Node still holds for a pipe.
 *
 * @param code The exit code.
 */
export async function exitWhenWritten(code: number): Promise<never> {
  const written = [process.stdout, process.stderr].map((stream) =>
    new Promise<void>((resolve) => {
      if (stream.destroyed || stream.writableLength === 0) resolve();
      else stream.write("", () => resolve());
    })
  );
  let timer: ReturnType<typeof setTimeout> | undefined;
  const limit = new Promise<void>((resolve) => timer = setTimeout(resolve, FLUSH_LIMIT_MS));
  await Promise.race([Promise.all(written), limit]);
  clearTimeout(timer);
  process.exit(code);
}
