/**
 * The client of the table system, as a program: one message, a prompt, or lines from a pipe.
 *
 * @module
 */

import process from "node:process";
import { formatAddress } from "../net/address.ts";
import { HalfwayError, UsageError } from "../net/errors.ts";
import { type RawReply, TableClient } from "../table/client.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { promptLines } from "./prompt.ts";
import { describeFailure } from "./run.ts";

type ClientSettings = Extract<Parsed<"client">, { system: "table" }>;
type Values = ClientSettings["values"];

const OPERATIONS = ["get", "put", "add", "clear", "inf"];

/** Runs the client. Returns the exit code: 0, or that of the last failure. */
export async function runTableClient(settings: ClientSettings, output: Output): Promise<number> {
  const { values, positionals } = settings;
  const logging = startLogging(values);
  const client = new TableClient({
    address: { hostname: values.host, port: values.port },
    timeoutMs: values.timeoutMs,
  });
  try {
    if (positionals.length > 0) {
      const message = messageOf(positionals);
      let exitCode = 0;
      for (let i = 0; i < values.repeat; i++) {
        exitCode = await exchange(client, message, values, output) || exitCode;
      }
      return exitCode;
    }
    return await converseByLine(client, values, output);
  } finally {
    client.close();
    logging.stop();
  }
}

/** Sends each line as it comes; a line that fails does not end the conversation. */
async function converseByLine(
  client: TableClient,
  values: Values,
  output: Output,
): Promise<number> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) {
    const address = formatAddress({ hostname: values.host, port: values.port });
    output.talk(
      `Talking to ${address}. Try: get 1 3 · put 1=5 · add 0 1 · clear · inf · OP=GET;IND=1;`,
    );
  }
  let exitCode = 0;
  const complete = (line: string) => line.includes(" ") ? [] : [...OPERATIONS, "help", "quit"];
  for await (const line of promptLines({ prompt: "table> ", complete })) {
    const words = line.trim().split(/\s+/);
    if (words[0] === "") continue;
    if (words[0] === "quit" || words[0] === "exit") break;
    if (words[0] === "help") {
      output.talk(
        "get INDEX… · put INDEX=VALUE… · add INDEX… · clear · inf · a raw message · quit",
      );
      continue;
    }
    try {
      const message = messageOf(words.length > 1 || OPERATIONS.includes(words[0]) ? words : [line]);
      for (let i = 0; i < values.repeat; i++) {
        const code = await exchange(client, message, values, output);
        if (!terminal) exitCode = code || exitCode;
      }
    } catch (error) {
      const failure = describeFailure(error);
      output.talk(`${output.talkStyle.red("error:")} ${failure.message}`);
      if (!terminal) exitCode = failure.exitCode;
      // Without a connection every further line from a pipe would fail the same way.
      if (!terminal && error instanceof HalfwayError && error.code === "CONNECT") return exitCode;
    }
  }
  return exitCode;
}

/** The message that words stand for: `put 1=5` is `OP=PUT;IND=1;DATA=5;`. */
export function messageOf(words: readonly string[]): string {
  const [operation, ...rest] = words;
  if (operation.includes("=") || operation.includes(":")) return words.join(" ");
  switch (operation.toLowerCase()) {
    case "get":
    case "add":
      if (rest.length === 0) {
        throw new UsageError(`${operation} needs an index, such as: ${operation} 1 3`);
      }
      return `OP=${operation.toUpperCase()};IND=${integers(rest.join(",").split(","), "index")};`;
    case "put": {
      const pairs = rest.map((word) => /^([^=]+)=([^=]+)$/.exec(word));
      if (rest.length === 0 || pairs.includes(null)) {
        throw new UsageError("put needs INDEX=VALUE, such as: put 1=5 3=-7");
      }
      const indices = integers(pairs.map((pair) => pair![1]), "index");
      return `OP=PUT;IND=${indices};DATA=${integers(pairs.map((pair) => pair![2]), "value")};`;
    }
    case "clear":
    case "clr":
      return "OP=CLR;";
    case "inf":
      return "OP=INF;";
    default:
      throw new UsageError(
        `There is no operation ${
          JSON.stringify(operation)
        }; there are get, put, add, clear and inf`,
      );
  }
}

function integers(words: readonly string[], what: string): string {
  for (const word of words) {
    if (!/^-?\d+$/.test(word)) {
      throw new UsageError(`Expected ${what} to be an integer, found ${JSON.stringify(word)}`);
    }
    if (!Number.isSafeInteger(Number(word))) {
      throw new UsageError(
        `Expected ${what} within ±${Number.MAX_SAFE_INTEGER}, since an entry holds no other; found ${word}`,
      );
    }
  }
  return words.map(Number).join(",");
}

/** Sends a message and prints its replies. Returns the exit code. */
async function exchange(
  client: TableClient,
  message: string,
  values: Values,
  output: Output,
): Promise<number> {
  const begin = performance.now();
  const replies = await client.raw(message);
  const ms = performance.now() - begin;
  let exitCode = 0;
  for (const reply of replies) {
    if (reply.status !== 0 && reply.status !== 200) exitCode = 1;
    printReply(message, reply, ms, values, output);
  }
  return exitCode;
}

function printReply(
  message: string,
  reply: RawReply,
  ms: number,
  values: Values,
  output: Output,
): void {
  const { style } = output;
  const failed = reply.status !== 0 && reply.status !== 200;
  if (values.json) {
    output.json({
      request: message,
      reply: reply.text,
      ok: !failed,
      ...(failed ? { code: reply.status } : {}),
      ...reply.pieces,
      ...(values.time ? { ms: Number(ms.toFixed(3)) } : {}),
    });
    return;
  }
  const text = printable(reply.text);
  const time = values.time ? style.dim(`  ${ms.toFixed(3)} ms`) : "";
  output.data(`${failed ? style.red(text) : text}${time}`);
}

/** A reply may hold anything: control characters do not get to the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "�");
}
