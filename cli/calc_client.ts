/**
 * The client of the calculator system, as a program: one expression, a prompt, or lines from a pipe. It prints what the
 * original's client prints.
 *
 * @module
 */

import process from "node:process";
import { CalcClient, CalcRemoteError, type CalcResult } from "../calc/client.ts";
import { Fraction } from "../calc/fraction.ts";
import { ExpressionSyntaxError, parse } from "../calc/parse.ts";
import { numberText, type PyNumber } from "../calc/python_repr.ts";
import { formatAddress } from "../net/address.ts";
import { ClosedError, ERROR_MEANINGS, FrameSyntaxError, HalfwayError } from "../net/errors.ts";
import { Observer } from "../observe/observer.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { promptLines } from "./prompt.ts";
import { describeFailure } from "./run.ts";

type ClientSettings = Extract<Parsed<"client">, { system: "calc" }>;
type Values = ClientSettings["values"];

/** The exit code of a text that is no expression. */
const USAGE_EXIT = 2;
const WORDS = ["sin(", "cos(", "tan(", "sqrt(", "log(", "max(", "min(", "pow(", "rand("];
const NAMES = [...WORDS, "PI", "TAU", "E", "help", "quit"];
/** What the original's client calls an error of the other side; whatever else is wrong is unexpected to it. */
const GOT_ERROR = /^(?:Got a request|Unknown status)/;

/** Runs the client. Returns the exit code: 0, or that of the last failure. */
export async function runCalcClient(settings: ClientSettings, output: Output): Promise<number> {
  const { values, positionals } = settings;
  const logging = startLogging(values);
  const address = { hostname: values.host, port: values.port };
  const teller = new Teller(formatAddress(address), values, output);
  const client = new CalcClient({
    address,
    timeoutMs: values.timeoutMs,
    observer: teller.observer,
  });
  try {
    return positionals.length > 0
      ? await evaluateLine(client, positionals.join(" "), values, output, teller)
      : await evaluateLines(client, values, output, teller);
  } finally {
    client.close();
    teller.close();
    logging.stop();
  }
}

/** Evaluates each line as it comes; a line that fails does not end the conversation. */
async function evaluateLines(
  client: CalcClient,
  values: Values,
  output: Output,
  teller: Teller,
): Promise<number> {
  const terminal = process.stdin.isTTY === true;
  if (terminal) output.talk(`Talking to ${teller.peer}. Try: (sin(PI / 6) + 3) ** 2`);
  let exitCode = 0;
  const complete = () => NAMES;
  for await (const raw of promptLines({ prompt: "calc> ", complete })) {
    const line = raw.trim();
    if (line === "") continue;
    if (line === "quit" || line === "exit") break;
    if (line === "help") {
      output.talk(`+ - * / % ** ( ) · ${WORDS.join(" ")} · PI TAU E · quit`);
      continue;
    }
    try {
      const code = await evaluateLine(client, line, values, output, teller);
      if (!terminal) exitCode = code || exitCode;
    } catch (error) {
      const failure = describeFailure(error);
      output.talk(`${output.talkStyle.red("error:")} ${failure.message}`);
      if (terminal) continue;
      exitCode = failure.exitCode;
      // Without a server, the rest of a pipe would fail the same way.
      if (error instanceof HalfwayError && error.code === "CONNECT") return exitCode;
    }
  }
  return exitCode;
}

/** Has one expression evaluated and prints what comes of it. Returns the exit code. */
async function evaluateLine(
  client: CalcClient,
  text: string,
  values: Values,
  output: Output,
  teller: Teller,
): Promise<number> {
  try {
    const { steps, cache, maxAge } = values;
    const result = await client.evaluate(parse(text), { steps, cache, maxAge });
    if (values.json) output.json(resultJson(text, result));
    else printResult(result, output);
    return 0;
  } catch (error) {
    if (error instanceof ExpressionSyntaxError) {
      if (values.json) {
        const { message, position } = error;
        output.json({ expression: text, ok: false, error: "syntax", message, position });
      }
      output.talk(error.render(output.width));
      return USAGE_EXIT;
    }
    const told = toldError(error);
    if (told === null) throw error;
    if (values.json) output.json({ expression: text, ok: false, ...told.json });
    else output.data(output.style.red(printable(`{${teller.peer}} ${told.text}`)));
    return told.exitCode;
  }
}

/** An error as the original's client prints it. */
interface ToldError {
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly exitCode: number;
}

function toldError(error: unknown): ToldError | null {
  if (error instanceof CalcRemoteError) {
    const { status, exception } = error;
    const message = exception.toString();
    return {
      text: `Got error: ${message}`,
      json: { status, error: exception.name, message },
      exitCode: ERROR_MEANINGS.REMOTE.exitCode,
    };
  }
  if (!(error instanceof FrameSyntaxError || error instanceof ClosedError)) return null;
  const message = error instanceof ClosedError && error.cause === undefined
    ? "The data is too short (0 bytes) to be a valid header"
    : error.message;
  return {
    text: `${GOT_ERROR.test(message) ? "Got" : "Unexpected"} error: ${message}`,
    json: { error: error.code.toLowerCase(), message },
    exitCode: ERROR_MEANINGS[error.code].exitCode,
  };
}

function printResult({ value, steps }: CalcResult, output: Output): void {
  const { bold } = output.style;
  output.data(`Result: ${bold(numberText(value))}`);
  if (steps.length === 0) return;
  const [first, ...rest] = steps.map(printable);
  const indent = " ".repeat(first.length);
  output.data("Steps:");
  rest.forEach((step, i) => output.data(`${i === 0 ? first : indent} = ${step}`));
}

function resultJson(expression: string, result: CalcResult): unknown {
  const { value, steps, unixTime, freshSeconds } = result;
  return {
    expression,
    ok: true,
    result: numberText(value),
    type: typeName(value),
    steps,
    unixTime,
    // JSON has no infinity.
    freshSeconds: freshSeconds === Infinity ? null : freshSeconds,
  };
}

function typeName(value: PyNumber): string {
  if (value instanceof Fraction) return "Fraction";
  return typeof value === "bigint" ? "int" : typeof value === "number" ? "float" : "bool";
}

/** A peer's words may hold anything: control characters do not get to the terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "�");
}

/** Tells of the connection and the sizes on the wire, in the original's words. */
class Teller {
  readonly peer: string;
  readonly observer = new Observer();
  readonly #output: Output;
  #open = false;

  constructor(peer: string, values: Values, output: Output) {
    this.peer = peer;
    this.#output = output;
    if (values.json) return;
    this.observer.on("upstream", ({ type }) => {
      if (type === "upstream.connected") {
        this.#open = true;
        this.#say("Connection established");
      } else if (type === "upstream.lost") {
        this.close();
      }
    });
    this.observer.on("message", ({ type, bytes }) => {
      this.#say(
        type === "message.sent"
          ? `Sending request of length ${bytes} bytes`
          : `Got response of length ${bytes} bytes`,
      );
    });
  }

  /** Tells that the connection is closed, if it was open. */
  close(): void {
    if (this.#open) this.#say("Connection closed");
    this.#open = false;
  }

  #say(text: string): void {
    const { dim } = this.#output.style;
    this.#output.data(dim(`{${this.peer}} ${text}`));
  }
}
