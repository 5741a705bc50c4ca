/**
 * Runs a program's `main` and turns what it throws into a sentence and an exit code.
 *
 * @module
 */

import process from "node:process";
import { ERROR_MEANINGS, HalfwayError } from "../net/errors.ts";
import { createOutput, exitWhenWritten, usesColor } from "./output.ts";
import { createStyle } from "./text.ts";

/** How a failure is told. */
export interface Failure {
  /** The exit code; see {@linkcode ERROR_MEANINGS}. */
  readonly exitCode: number;
  /** What went wrong, in a sentence. */
  readonly message: string;
  /** What to do about it; absent where there is nothing to add. */
  readonly hint?: string;
}

/** The exit code of an error that nobody foresaw: a fault of the program itself. */
const UNFORESEEN = 70;

const HINTS: Readonly<Partial<Record<string, string>>> = {
  CONNECT: "is the other side running, and are its host and port right?",
  BIND: "choose another port with --port, or 0 for any free one",
};

/**
 * Runs a program to its end, and then ends the process, with everything written.
 *
 * @param main Does the work; returns the exit code, 0 when it returns nothing.
 */
export async function runProgram(main: () => Promise<number | void>): Promise<never> {
  const output = createOutput();
  let exitCode: number;
  try {
    exitCode = await main() ?? 0;
  } catch (error) {
    const failure = describeFailure(error);
    const style = createStyle(usesColor(process.stderr));
    output.talk(`${style.red("error:")} ${failure.message}`);
    if (failure.hint !== undefined) output.talk(`${style.dim("hint:")} ${failure.hint}`);
    if (process.env["HALFWAY_DEBUG"] === "1") output.talk(stackOf(error));
    exitCode = failure.exitCode;
  }
  return await exitWhenWritten(exitCode);
}

/**
 * Says what an error comes to.
 *
 * @param error Anything that was thrown.
 * @returns The exit code and the sentences for the person.
 */
export function describeFailure(error: unknown): Failure {
  if (error instanceof HalfwayError) {
    const { exitCode } = ERROR_MEANINGS[error.code];
    return { exitCode, message: oneLine(error.message), hint: HINTS[error.code] };
  }
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return {
    exitCode: UNFORESEEN,
    message: oneLine(message),
    hint: "this is a fault of the program; HALFWAY_DEBUG=1 shows where it happened",
  };
}

/** A message may hold a peer's words: neither line breaks nor control characters get to the terminal. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").replace(/\p{Cc}/gu, "�").trim();
}

function stackOf(error: unknown): string {
  const parts: string[] = [];
  for (let at = error; at !== undefined && parts.length < 10;) {
    parts.push(at instanceof Error ? at.stack ?? String(at) : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join("\ncaused by ");
}
