/**
 * Lines from a person at a terminal, with history and completion, or from a pipe.
 *
 * @module
 */

import process from "node:process";
import { createInterface, type Interface } from "node:readline";
import { History, HISTORY_LINES, historyPath } from "./history.ts";

/** How lines are asked for. */
export interface PromptOptions {
  /** What stands before the line; not shown where stdin is no terminal. */
  readonly prompt: string;
  /**
   * Gives the words that the last word of the line may become.
   *
   * @param line What stands before the cursor.
   */
  complete?(line: string): readonly string[];
  /** The file of the history; the usual place when left out, none when `null`. */
  readonly historyFile?: string | null;
  /** What to say at the first Ctrl-C on an empty line. */
  readonly leaveHint?: string;
}

const LEAVE_HINT = "Ctrl-D leaves, and so does Ctrl-C once more";

/**
 * Reads lines from stdin: with a prompt where stdin is a terminal, as they come where it is a pipe or a file. The next
 * prompt appears when the next line is asked for, so that answers stand between. Ctrl-D, or Ctrl-C twice on an
 * empty line, ends the iteration; Ctrl-C on any other line clears it.
 *
 * @param options The prompt, completion and history.
 * @returns The lines, without their breaks.
 */
export function promptLines(options: PromptOptions): AsyncGenerator<string> {
  return process.stdin.isTTY ? terminalLines(options) : pipedLines(process.stdin);
}

/**
 * Splits a stream of bytes into lines, at LF or CRLF.
 *
 * @param chunks UTF-8, split anywhere.
 * @returns The lines, without their breaks; a last one without a break counts.
 */
export async function* pipedLines(
  chunks: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: string[] = [];
  for await (const chunk of chunks) {
    const text = typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    if (lines.length > 1) {
      yield withoutCr(rest.join("") + lines[0]);
      rest = [];
      for (let i = 1; i < lines.length - 1; i++) yield withoutCr(lines[i]);
    }
    rest.push(lines[lines.length - 1]);
  }
  const last = rest.join("") + decoder.decode();
  if (last !== "") yield withoutCr(last);
}

/**
 * Makes of a completion callback what readline wants.
 *
 * @param line What stands before the cursor.
 * @param complete The callback.
 * @returns The words that fit, and the last word of the line, which they replace.
 */
export function completeLastWord(
  line: string,
  complete: (line: string) => readonly string[],
): [string[], string] {
  const word = /\S*$/.exec(line)?.[0] ?? "";
  return [complete(line).filter((candidate) => candidate.startsWith(word)), word];
}

async function* terminalLines(options: PromptOptions): AsyncGenerator<string> {
  const history = new History(
    options.historyFile === undefined ? historyPath() : options.historyFile,
  );
  const { complete } = options;
  // Where stdout goes to a file, the prompt must not go with it.
  const screen = process.stdout.isTTY ? process.stdout : process.stderr;
  const readline = createInterface({
    input: process.stdin,
    output: screen,
    terminal: true,
    prompt: options.prompt,
    history: (await history.load()).reverse(),
    historySize: HISTORY_LINES,
    removeHistoryDuplicates: true,
    completer: complete === undefined
      ? undefined
      : (line: string) => completeLastWord(line, complete),
  });
  const queue = new LineQueue();
  readline.on("line", (line) => queue.push(line));
  readline.on("close", () => queue.end());
  const forget = handleInterrupts(readline, {
    say: (text) => void screen.write(text),
    hint: options.leaveHint ?? LEAVE_HINT,
  });
  try {
    while (true) {
      if (queue.isEmpty) readline.prompt();
      const line = await queue.next();
      if (line === null) break;
      forget();
      history.add(line);
      yield line;
    }
    // Ctrl-D leaves the cursor behind the prompt.
    if (queue.endedByPerson) screen.write("\n");
  } finally {
    readline.close();
    await history.flush();
  }
}

interface InterruptTalk {
  readonly hint: string;
  say(text: string): void;
}

/** Clears the line at Ctrl-C, or, where it is empty, says how to leave; leaves at the second one in a row. */
function handleInterrupts(readline: Interface, { say, hint }: InterruptTalk): () => void {
  let interrupted = false;
  readline.on("SIGINT", () => {
    if (readline.line !== "") {
      interrupted = false;
      say("^C\n");
      readline.write(null, { ctrl: true, name: "e" });
      readline.write(null, { ctrl: true, name: "u" });
      readline.prompt();
    } else if (interrupted) {
      readline.close();
    } else {
      interrupted = true;
      say(`^C\n${hint}\n`);
      readline.prompt();
    }
  });
  return () => {
    interrupted = false;
  };
}

/** Lines that wait for their reader, or a reader that waits for a line. */
class LineQueue {
  readonly #lines: string[] = [];
  #waiting: ((line: string | null) => void) | null = null;
  #ended = false;

  /** Whether the input ended while a line was waited for. */
  endedByPerson = false;

  /** Whether no line waits. */
  get isEmpty(): boolean {
    return this.#lines.length === 0;
  }

  push(line: string): void {
    if (this.#waiting === null) this.#lines.push(line);
    else this.#settle(line);
  }

  end(): void {
    this.#ended = true;
    this.endedByPerson = this.#waiting !== null;
    if (this.#waiting !== null) this.#settle(null);
  }

  next(): Promise<string | null> {
    const line = this.#lines.shift();
    if (line !== undefined) return Promise.resolve(line);
    if (this.#ended) return Promise.resolve(null);
    return new Promise((resolve) => this.#waiting = resolve);
  }

  #settle(line: string | null): void {
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.(line);
  }
}

function withoutCr(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

/** Waits until the person presses Enter; where stdin is no terminal it does not wait. */
export function waitForEnter(hint: string): Promise<void> {
  if (process.stdin.isTTY !== true) return Promise.resolve();
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  return new Promise((resolve) => {
    reader.on("close", resolve);
    reader.question(`${hint} `, () => reader.close());
  });
}
