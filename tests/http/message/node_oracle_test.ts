/**
 * Our reading and writing against `node:http`, which reads and writes for itself.
 */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import * as http from "node:http";
import * as net from "node:net";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { assertEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { bodyDecoderFor } from "../../../http/message/body.ts";
import { latin1, latin1Bytes } from "../../../http/message/bytes.ts";
import { HttpSyntaxError } from "../../../http/message/errors.ts";
import { RequestHead } from "../../../http/message/request_head.ts";
import { ResponseHead } from "../../../http/message/response_head.ts";
import { ByteWriter } from "../../../http/message/writer.ts";

interface Message {
  start: string;
  fields: Record<string, string>;
  body: string;
}

/** A server on a free port that is gone, with all of its connections, at the end of the block. */
async function listen(
  server: net.Server | http.Server,
): Promise<AsyncDisposable & { port: number }> {
  const sockets = new Set<net.Socket>();
  server.on("connection", (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      const closed = once(server, "close");
      server.close();
      await closed;
    },
  };
}

/** Sends bytes, and gives back everything that comes until the other side closes. */
function exchange(port: number, bytes: Uint8Array): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = net.connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.on("error", reject);
    socket.on("close", () => resolve(new Uint8Array(Buffer.concat(parts))));
  });
}

/** Reads one message with our parsers. */
function read(head: RequestHead | ResponseHead, bytes: Uint8Array): Message {
  let at = head.parse(bytes, 0, bytes.length);
  if (at < 0) throw new Error("The head is cut off");
  const decoder = bodyDecoderFor(head);
  let body = "";
  while (at < bytes.length && !decoder.done) {
    at = decoder.decode(bytes, at, bytes.length);
    body += latin1(bytes, decoder.payloadStart, decoder.payloadEnd);
  }
  decoder.finish();
  const fields: Record<string, string> = {};
  for (const [name] of head.lines()) {
    fields[name.toLowerCase()] = head.get(name.toLowerCase()) ?? "";
  }
  const start = head instanceof RequestHead
    ? `${head.method} ${head.target}`
    : `${head.status} ${head.reason}`;
  return { start, fields, body };
}

function write(
  start: string,
  fields: Record<string, string>,
  body: string,
  chunkSize: number,
): Uint8Array {
  const writer = new ByteWriter(16);
  writer.text(start);
  writer.endLine();
  for (const [name, value] of Object.entries(fields)) writer.field(name, value);
  if (chunkSize === 0) writer.field("Content-Length", body.length);
  else writer.field("Transfer-Encoding", "chunked");
  writer.endLine();
  if (chunkSize === 0) writer.write(latin1Bytes(body));
  else {
    for (let at = 0; at < body.length; at += chunkSize) {
      const chunk = body.slice(at, at + chunkSize);
      writer.chunkHead(chunk.length);
      writer.write(latin1Bytes(chunk));
      writer.endLine();
    }
    writer.lastChunk();
  }
  return writer.written();
}

async function textOf(message: http.IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of message) parts.push(part as Buffer);
  return Buffer.concat(parts).toString("latin1");
}

function only(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => name.startsWith("x-")));
}

const FIELDS = fc.dictionary(
  fc.stringMatching(/^x-[a-z0-9!#$%&'*+.^_`|~-]{1,12}$/),
  fc.stringMatching(/^([!-~]([ -~]{0,20}[!-~])?)?$/),
  { maxKeys: 6, noNullPrototype: true },
);
const BODY = fc.string({ unit: "binary-ascii", maxLength: 60 });
const PATH = fc.stringMatching(/^\/[A-Za-z0-9._~!$&'()*+,;=:@/?-]{0,30}$/);
const CHUNK = fc.integer({ min: 0, max: 9 });
const RUNS = { numRuns: 40 };

test("node:http reads the requests that we write as we meant them", async () => {
  const server = http.createServer((request, response) => {
    textOf(request).then((body) => {
      response.setHeader("Connection", "close");
      response.end(
        JSON.stringify({
          start: `${request.method} ${request.url}`,
          fields: only(request.headers),
          body,
        }),
      );
    });
  });
  await using listening = await listen(server);
  const method = fc.constantFrom("GET", "POST", "PUT", "DELETE", "PATCH");
  await fc.assert(
    fc.asyncProperty(
      method,
      PATH,
      FIELDS,
      BODY,
      CHUNK,
      async (method, path, fields, body, chunk) => {
        const all = { Host: "a", ...fields };
        const bytes = write(`${method} ${path} HTTP/1.1`, all, body, chunk);
        const reply = read(new ResponseHead(), await exchange(listening.port, bytes));
        assertEquals(JSON.parse(reply.body), { start: `${method} ${path}`, fields, body });
        // And so do we.
        const ours = read(new RequestHead(), bytes);
        assertEquals([ours.start, only(ours.fields), ours.body], [
          `${method} ${path}`,
          fields,
          body,
        ]);
      },
    ),
    RUNS,
  );
});

test("we read the requests that node:http writes as it meant them", async () => {
  let received: Message | null = null;
  const server = net.createServer((socket) => {
    let bytes = new Uint8Array(0);
    socket.on("data", (part: Buffer) => {
      bytes = new Uint8Array(Buffer.concat([bytes, part]));
      if (
        latin1(bytes, Math.max(0, bytes.length - 5), bytes.length) !== "<end>" &&
        !endsChunked(bytes)
      ) return;
      received = read(new RequestHead(), bytes);
      socket.end("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    });
  });
  await using listening = await listen(server);
  await fc.assert(
    fc.asyncProperty(PATH, FIELDS, BODY, fc.boolean(), async (path, fields, text, chunked) => {
      const body = text + "<end>";
      const headers = chunked
        ? { ...fields, "Transfer-Encoding": "chunked" }
        : { ...fields, "Content-Length": body.length };
      const options = {
        port: listening.port,
        host: "127.0.0.1",
        method: "POST",
        path,
        headers,
        agent: false as const,
      };
      const request = http.request(options);
      const answered = once(request, "response");
      request.end(Buffer.from(body, "latin1"));
      const [response] = await answered as [http.IncomingMessage];
      response.resume();
      await once(response, "end");
      assertEquals([received?.start, only(received?.fields ?? {}), received?.body], [
        `POST ${path}`,
        fields,
        body,
      ]);
    }),
    RUNS,
  );
});

function endsChunked(bytes: Uint8Array): boolean {
  return latin1(bytes, Math.max(0, bytes.length - 7), bytes.length) === "\r\n0\r\n\r\n";
}

test("we read the responses that node:http writes as it meant them", async () => {
  let next: { status: number; fields: Record<string, string>; body: string; chunked: boolean };
  const server = http.createServer((_, response) => {
    response.statusCode = next.status;
    response.setHeader("Connection", "close");
    for (const [name, value] of Object.entries(next.fields)) response.setHeader(name, value);
    if (!next.chunked) response.setHeader("Content-Length", next.body.length);
    else response.write("");
    response.end(Buffer.from(next.body, "latin1"));
  });
  await using listening = await listen(server);
  const ask = latin1Bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const status = fc.constantFrom(200, 201, 203, 301, 404, 410, 500, 503);
  await fc.assert(
    fc.asyncProperty(status, FIELDS, BODY, fc.boolean(), async (status, fields, body, chunked) => {
      next = { status, fields, body, chunked };
      const found = read(new ResponseHead(), await exchange(listening.port, ask));
      assertEquals([found.start.slice(0, 3), only(found.fields), found.body], [
        String(status),
        fields,
        body,
      ]);
    }),
    RUNS,
  );
});

test("node:http reads the responses that we write as we meant them", async () => {
  let next: Uint8Array = new Uint8Array(0);
  await using listening = await listen(net.createServer((socket) => {
    socket.once("data", () => socket.end(next));
  }));
  const status = fc.constantFrom(200, 201, 203, 404, 410, 500, 503);
  await fc.assert(
    fc.asyncProperty(status, FIELDS, BODY, CHUNK, async (status, fields, body, chunk) => {
      next = write(`HTTP/1.1 ${status} x`, { Connection: "close", ...fields }, body, chunk).slice();
      const request = http.get({ port: listening.port, host: "127.0.0.1", agent: false });
      const [response] = await once(request, "response") as [http.IncomingMessage];
      const found = await textOf(response);
      assertEquals([response.statusCode, only(response.headers), found], [status, fields, body]);
    }),
    RUNS,
  );
});

test("what node:http turns down, we turn down", async () => {
  const server = http.createServer((request, response) => {
    request.resume();
    response.setHeader("Connection", "close");
    response.end();
  });
  await using listening = await listen(server);
  const requests = [
    "GET / HTTP/1.1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nX\0: y\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n",
    "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n",
    "GET / HTTP/9.1\r\nHost: a\r\n\r\n",
  ];
  for (const text of requests) {
    const bytes = latin1Bytes(text);
    const theirs = new ResponseHead();
    const reply = await exchange(listening.port, bytes);
    const answered = theirs.parse(reply, 0, reply.length) > 0;
    assertEquals(!answered || theirs.status >= 400, true, `node:http took ${text}`);
    assertThrows(() => new RequestHead().parse(bytes, 0, bytes.length), HttpSyntaxError);
  }
});
