/**
 * Passwords from a person at a terminal, where they don't show, or from a pipe.
 *
 * @module
 */

import process from "node:process";
import { UsageError } from "../net/errors.ts";

const MAX_BYTES = 4096;

/**
 * Asks for a new password, twice, where stdin is a terminal; takes the first line elsewhere.
 *
 * @param user Whose password it is.
 * @throws {UsageError} If the two differ, the person breaks off, or the line has no end.
 */
export async function readPassword(user: string): Promise<string> {
  if (process.stdin.isTTY !== true) return await firstLine(process.stdin);
  const password = await askHidden(`Password of ${user}: `);
  if (await askHidden("Once more: ") !== password) {
    throw new UsageError("The two passwords are not the same");
  }
  return password;
}

/** The first line of a stream, without its break. */
export async function firstLine(chunks: AsyncIterable<Uint8Array | string>): Promise<string> {
  const encoder = new TextEncoder();
  const bytes: number[] = [];
  for await (const chunk of chunks) {
    for (const byte of typeof chunk === "string" ? encoder.encode(chunk) : chunk) {
      if (byte === 10) return textOf(bytes);
      bytes.push(byte);
      if (bytes.length > MAX_BYTES) {
        throw new UsageError(`Expected a line of at most ${MAX_BYTES} bytes`);
      }
    }
  }
  return textOf(bytes);
}

function textOf(bytes: readonly number[]): string {
  return new TextDecoder().decode(new Uint8Array(bytes)).replace(/\r$/, "");
}

/** Reads a line from the terminal without showing it. */
function askHidden(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stdin.setEncoding("utf8");
  // Before the question: nobody types sooner than that, and nothing is echoed.
  stdin.setRawMode(true);
  stdin.resume();
  stderr.write(question);
  return new Promise((resolve, reject) => {
    let typed: string[] = [];
    const end = (settle: () => void): void => {
      stdin.off("data", onData);
      stdin.setRawMode(false);
      stdin.pause();
      stderr.write("\n");
      settle();
    };
    const onData = (chunk: string | Uint8Array): void => {
      const text = String(chunk);
      // Arrows and the like: what they would do to a line that doesn't show, nobody sees.
      if (text.startsWith("\x1b")) return;
      for (const character of text) {
        if (character === "\r" || character === "\n") {
          end(() => resolve(typed.join("")));
          return;
        }
        if (character === "\x03" || character === "\x04") {
          end(() => reject(new UsageError("No password was given")));
          return;
        }
        if (character === "\x7f" || character === "\b") typed.pop();
        else if (character === "\x15") typed = [];
        else typed.push(character);
      }
    };
    stdin.on("data", onData);
  });
}
