/**
 * The client of the HTTP system, as a program: one URL, once or over and over.
 *
 * @module
 */

import { type FileHandle, open, readFile } from "node:fs/promises";
import process from "node:process";
import { UsageError } from "../net/errors.ts";
import { HttpClient, type HttpResponse } from "../http/client/client.ts";
import type { FieldLine } from "../http/message/field_reader.ts";
import { cacheVerdictOf } from "./cache_verdict.ts";
import { startLogging } from "./logging.ts";
import type { Output } from "./output.ts";
import type { Parsed } from "./parse.ts";
import { Progress } from "./progress.ts";
import { quote } from "./values.ts";

type ClientSettings = Extract<Parsed<"client">, { system: "http" }>;
type Values = ClientSettings["values"];

/** What is sent each time. */
interface Request {
  readonly url: string;
  readonly method: string;
  readonly fields: readonly FieldLine[];
  readonly body?: Uint8Array;
}

/** Runs the client. Returns the exit code: 1 if the last status was 400 or above. */
export async function runHttpClient(settings: ClientSettings, output: Output): Promise<number> {
  const { values, positionals } = settings;
  const request = await readRequest(positionals[0], values);
  const logging = startLogging(values);
  const client = new HttpClient(values);
  let exitCode = 0;
  try {
    for (let i = 0; i < values.repeat; i++) {
      exitCode = await exchange(client, request, values, output);
    }
  } finally {
    client.close();
    logging.stop();
  }
  return exitCode;
}

async function readRequest(url: string, values: Values): Promise<Request> {
  const fields = values.header.map((text): FieldLine => {
    const at = text.indexOf(":");
    if (at < 1) {
      throw new UsageError(`--header: expected 'Name: value', found ${quote(text)}`);
    }
    return [text.slice(0, at), text.slice(at + 1).trim()];
  });
  const body = values.data === undefined ? undefined : await readBody(values.data);
  const method = values.method ?? (values.head ? "HEAD" : body === undefined ? "GET" : "POST");
  return { url: url.includes("://") ? url : `http://${url}`, method, fields, body };
}

async function readBody(data: string): Promise<Uint8Array> {
  if (!data.startsWith("@")) return new TextEncoder().encode(data);
  try {
    return await readFile(data.slice(1));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--data: cannot read ${quote(data.slice(1))}: ${reason}`, { cause });
  }
}

/** Sends the request and prints what is asked for. Returns the exit code. */
async function exchange(
  client: HttpClient,
  request: Request,
  values: Values,
  output: Output,
): Promise<number> {
  const begin = performance.now();
  const response = await send(client, request);
  const isLine = values.repeat > 1 || values.json;
  if (!isLine && (values.include || values.head)) output.data(headText(response));
  let bytes: number;
  try {
    bytes = await takeBody(response, values, isLine);
  } finally {
    response.close();
  }
  const ms = performance.now() - begin;
  const { status, age, cacheStatus } = response;
  const verdict = cacheVerdictOf(cacheStatus);
  if (values.json) {
    output.json({
      url: request.url,
      status,
      bytes,
      ms: Number(ms.toFixed(3)),
      age,
      cacheStatus,
      verdict,
      fields: response.fields.lines(),
    });
  } else if (values.repeat > 1) {
    const color = verdict === "hit" ? output.style.green : output.style.yellow;
    output.data(
      [
        status >= 400 ? output.style.red(String(status)) : String(status),
        `${bytes} B`.padStart(10),
        `${ms.toFixed(1)} ms`.padStart(10),
        (age === null ? "" : `age ${age}`).padEnd(7),
        color((verdict === "unknown" ? "-" : verdict).padEnd(9)),
        output.style.dim(printable(cacheStatus ?? "")),
      ].join("  ").trimEnd(),
    );
  }
  return status >= 400 ? 1 : 0;
}

async function send(client: HttpClient, request: Request): Promise<HttpResponse> {
  try {
    return await client.request(request.url, request);
  } catch (error) {
    // What was typed can't be sent.
    if (error instanceof TypeError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

/** Reads the body to where it belongs. Returns its length in bytes. */
async function takeBody(response: HttpResponse, values: Values, isLine: boolean): Promise<number> {
  const file = values.output === undefined ? null : await create(values.output);
  const progress = file !== null && !isLine && process.stderr.isTTY === true
    ? new Progress((text) => void process.stderr.write(text), response.contentLength)
    : null;
  let bytes = 0;
  try {
    for await (const piece of response) {
      bytes += piece.length;
      if (file !== null) await writeAll(file, piece);
      else if (!isLine) await print(piece);
      progress?.update(bytes);
    }
  } finally {
    progress?.end();
    await file?.close();
  }
  return bytes;
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, "w");
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--output: cannot write ${quote(path)}: ${reason}`, { cause });
  }
}

async function writeAll(file: FileHandle, piece: Uint8Array): Promise<void> {
  for (let at = 0; at < piece.length;) {
    at += (await file.write(piece, at, piece.length - at)).bytesWritten;
  }
}

/** Writes to stdout, and waits until it is taken: a body may be larger than memory. */
function print(piece: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(piece, (error) => error ? reject(error) : resolve());
  });
}

function headText(response: HttpResponse): string {
  const { status, reason, minorVersion, fields } = response;
  const lines = fields.lines().map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.${minorVersion} ${status} ${reason}`, ...lines, ""].map(printable).join("\n");
}

/** A field may hold bytes that a terminal obeys. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, "\ufffd");
}
