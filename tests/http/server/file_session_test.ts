import { assert, assertEquals, assertMatch } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { startFileServer } from "../../../http/server/file_server.ts";
import type { FileServerOptions } from "../../../http/server/file_server.ts";
import { MadeFile, makeFolder, treeOf } from "../files.ts";
import { requestText, Wire } from "../message/wire.ts";

const GET = requestText("/a");

async function withA(options: Omit<FileServerOptions, "root"> = {}) {
  const folder = await makeFolder({ "a": "aaa", "b": "bb" });
  const server = await startFileServer({ root: folder.path, port: 0, ...options });
  return {
    server,
    address: server.addr,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await folder[Symbol.asyncDispose]();
    },
  };
}

test("serveFiles answers pipelined requests in order, however they arrive", async () => {
  await using a = await withA();
  const text = GET + "\r\n" + requestText("/b") + requestText("/c") + GET;
  for (const size of [1, 7, text.length]) {
    using wire = await Wire.to(a.address);
    for (let at = 0; at < text.length; at += size) await wire.send(text.slice(at, at + size));
    const found = [];
    for (let i = 0; i < 4; i++) found.push((await wire.response()).body);
    assertEquals(found, ["aaa", "bb", "404 Not Found\n", "aaa"]);
  }
});

test("serveFiles closes or keeps the connection as the client asks", async () => {
  await using a = await withA();
  const cases: [head: string, connection: string | undefined, keeps: boolean][] = [
    ["GET /a HTTP/1.1\r\nHost: x\r\n\r\n", undefined, true],
    ["GET /a HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", "close", false],
    ["GET /a HTTP/1.0\r\n\r\n", "close", false],
    ["GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive", true],
    ["GET /a HTTP/1.0\r\nHost: x\r\nConnection: Keep-Alive\r\n\r\n", "keep-alive", true],
  ];
  for (const [head, connection, keeps] of cases) {
    using wire = await Wire.to(a.address);
    await wire.send(head);
    const first = await wire.response();
    assertEquals([first.body, first.fields.get("connection")], ["aaa", connection], head);
    if (keeps) {
      await wire.send(GET);
      assertEquals((await wire.response()).body, "aaa", head);
    } else assertEquals(await wire.rest(), "", head);
  }
});

test("serveFiles refuses what it can't read, after the answers that it owes", async () => {
  await using a = await withA({
    headLimits: { maxStartLineBytes: 100, maxFieldBytes: 200, maxFields: 4 },
  });
  const host = "Host: x\r\n";
  const cases: [request: string, status: number][] = [
    [`GET /${"a".repeat(100)} HTTP/1.1\r\n${host}\r\n`, 414],
    [`GET /a HTTP/1.1\r\n${host}A: ${"a".repeat(200)}\r\n\r\n`, 431],
    [`GET /a HTTP/1.1\r\n${host}${"A: b\r\n".repeat(4)}\r\n`, 431],
    ["GET /a HTTP/1.1\r\n\r\n", 400],
    [`GET /a HTTP/1.1\r\n${host}${host}\r\n`, 400],
    ["GET /a HTTP/1.1\r\nHost: a:b\r\n\r\n", 400],
    ["GET /a HTTP/1.1\r\nHost:\r\n\r\n", 400],
    ["GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400],
    [`GET /a HTTP/1.1\r\n${host} folded\r\n\r\n`, 400],
    [`GET /a HTTP/1.1\r\n${host}A : b\r\n\r\n`, 400],
    [`GET /a HTTP/1.1\n${host}\n`, 400],
    [`GET /a HTTP/2.0\r\n${host}\r\n`, 505],
    [`GET /a HTTP/1.1\r\n${host}Expect: more\r\n\r\n`, 417],
    [`GET /a HTTP/1.1\r\n${host}Transfer-Encoding: x-other, chunked\r\n\r\n`, 501],
    [`GET /a HTTP/1.1\r\n${host}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    [`GET /a HTTP/1.1\r\n${host}Content-Length: 99999999999999999999\r\n\r\n`, 413],
    [`GET /a HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nx\r\n`, 400],
  ];
  for (const [request, status] of cases) {
    using wire = await Wire.to(a.address);
    await wire.send(GET + request);
    assertEquals((await wire.response()).body, "aaa", request);
    const refused = await wire.response();
    assertEquals([refused.status, refused.fields.get("connection")], [status, "close"], request);
    assertEquals(await wire.rest(), "", request);
  }
});

test("serveFiles reads over a small body, and closes after the answer to a large one", async () => {
  await using a = await withA({ maxBodyBytes: 10 });
  const cases: [fields: string, body: string, keeps: boolean][] = [
    ["Content-Length: 10", "0123456789", true],
    ["Transfer-Encoding: chunked", "5\r\n01234\r\n5;x=y\r\n56789\r\n0\r\nT: v\r\n\r\n", true],
    ["Content-Length: 11", "0123456789A", false],
    ["Transfer-Encoding: chunked", "6\r\n012345\r\n5\r\n6789A\r\n0\r\n\r\n", false],
    // It would have to be asked for first.
    ["Expect: 100-continue\r\nContent-Length: 3", "", false],
  ];
  for (const method of ["GET", "POST"]) {
    for (const [fields, body, keeps] of cases) {
      using wire = await Wire.to(a.address);
      await wire.send(`${method} /a HTTP/1.1\r\nHost: x\r\n${fields}\r\n\r\n${body}`);
      const { status, fields: found } = await wire.response();
      assertEquals(status, method === "GET" ? 200 : 405, fields);
      assertEquals(found.get("connection"), keeps ? undefined : "close", fields);
      if (keeps) {
        await wire.send(GET);
        assertEquals((await wire.response()).body, "aaa", fields);
      } else assertEquals(await wire.rest(), "", fields);
    }
  }
});

test("serveFiles sees the fields that stand before a body, also when the body takes their place", async () => {
  await using a = await withA({ maxBodyBytes: 1_000_000 });
  using wire = await Wire.to(a.address);
  const withBody = (first: number, bytes: number) =>
    `GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=${first}-\r\nContent-Length: ${bytes}\r\n\r\n${
      "x".repeat(bytes)
    }`;
  // The first body brings the buffer to its full size, in which the second head and its body come after one another.
  await wire.send(withBody(1, 5_000) + withBody(2, 200_000) + GET);
  assertEquals((await wire.response()).fields.get("content-range"), "bytes 1-2/3");
  assertEquals((await wire.response()).fields.get("content-range"), "bytes 2-2/3");
  assertEquals((await wire.response()).body, "aaa");
});

test("serveFiles lets a client that still sends read the answer", async () => {
  await using a = await withA();
  using wire = await Wire.to(a.address);
  const bytes = 8_000_000;
  await wire.send(`POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: ${bytes}\r\n\r\n`);
  await wire.send("x".repeat(bytes));
  assertEquals((await wire.response()).status, 405);
  assertEquals(await wire.rest(), "");
});

test("serveFiles reads no more of a file than its client takes, and closes it when the client is gone", async () => {
  const size = 8 * 1024 ** 3;
  const file = new MadeFile(size, (target) => target.fill(97).length);
  await using server = await startFileServer({ root: treeOf(file), port: 0 });
  const wire = await Wire.to(server.addr);
  await wire.send(GET);
  const text = await wire.take(1024 * 1024);
  assertMatch(text, /Content-Length: 8589934592\r\n/);
  // What sockets hold is some megabytes; what is asked for are thousands.
  assert(file.given < 64 * 1024 * 1024, `${file.given}`);
  wire.close();
  await file.closed;
  assert(file.given < size / 2, `${file.given}`);
});

test("serveFiles ends a message that it can't finish by the end of the connection", async () => {
  const cases: [what: string, read: (target: Uint8Array, position: number) => number][] = [
    ["shorter at once", () => 0],
    ["shorter later", (target, position) => position < 200_000 ? target.fill(97).length : 0],
    ["unreadable", () => {
      throw new Error("EIO");
    }],
  ];
  for (const [what, read] of cases) {
    const file = new MadeFile(1_000_000, read);
    await using server = await startFileServer({ root: treeOf(file), port: 0 });
    using wire = await Wire.to(server.addr);
    await wire.send(GET + GET);
    const text = await wire.rest();
    assertEquals(text.match(/HTTP\/1\.1/g)?.length, 1, what);
    assertMatch(text, /Content-Length: 1000000\r\n/, what);
    assertEquals(text.slice(text.indexOf("\r\n\r\n") + 4).length, file.given, what);
    await file.closed;
  }
});

test("serveFiles reads on after a short read", async () => {
  const file = new MadeFile(100_000, (target, position) => {
    const n = Math.min(target.length, 777);
    for (let i = 0; i < n; i++) target[i] = 97 + (position + i) % 26;
    return n;
  });
  await using server = await startFileServer({ root: treeOf(file), port: 0 });
  using wire = await Wire.to(server.addr);
  await wire.send(GET);
  const { body } = await wire.response();
  assertEquals(body.length, 100_000);
  for (let i = 0; i < body.length; i++) assertEquals(body.charCodeAt(i), 97 + i % 26);
});

test("serveFiles answers 503 where the disk can't be read now, and goes on", async () => {
  let isFull = true;
  const file = new MadeFile(1, (target) => target.fill(97).length);
  const root = {
    open: () => isFull ? Promise.reject(new Error("EMFILE")) : Promise.resolve(file),
  };
  await using server = await startFileServer({ root, port: 0 });
  using wire = await Wire.to(server.addr);
  await wire.send(GET);
  assertEquals((await wire.response()).status, 503);
  isFull = false;
  await wire.send(GET);
  assertEquals((await wire.response()).body, "a");
});

test("serveFiles ends a request that does not come to its end, and a silent connection", async () => {
  await using a = await withA({ frameTimeoutMs: 40, idleTimeoutMs: 40 });
  using slow = await Wire.to(a.address);
  await slow.send("GET /a HTTP/1.1\r\nHos");
  assertMatch(await slow.rest(), /^HTTP\/1\.1 408 /);
  using slowBody = await Wire.to(a.address);
  await slowBody.send("GET /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n1");
  assertMatch(await slowBody.rest(), /^HTTP\/1\.1 408 /);
  using silent = await Wire.to(a.address);
  assertEquals(await silent.rest(), "");
});

test("serveFiles ends a client that reads nothing", async () => {
  const file = new MadeFile(8 * 1024 ** 3, (target) => target.fill(97).length);
  await using server = await startFileServer({ root: treeOf(file), port: 0, writeTimeoutMs: 40 });
  using wire = await Wire.to(server.addr);
  await wire.send(GET);
  await file.closed;
  assert(file.given < 64 * 1024 * 1024, `${file.given}`);
});

test("serveFiles tells a client that closes in the middle of a request, and turns away one too many", async () => {
  await using a = await withA({ maxConnections: 1 });
  using half = await Wire.to(a.address);
  await half.send(GET);
  assertEquals((await half.response()).status, 200);
  using second = await Wire.to(a.address);
  const refused = await second.response();
  assertEquals([refused.status, refused.fields.get("connection")], [503, "close"]);
  await half.send("GET /a HTTP/1.1\r\n");
  await half.endSending();
  assertEquals((await half.response()).status, 400);
});

test("serveFiles finishes the answer that is under way when the server drains", async () => {
  let resume!: () => void;
  const paused = new Promise<void>((resolve) => resume = resolve);
  let begun!: () => void;
  const underWay = new Promise<void>((resolve) => begun = resolve);
  const file = new MadeFile(3, (target) => target.fill(97).length);
  const root = {
    async open() {
      begun();
      await paused;
      return file;
    },
  };
  await using server = await startFileServer({ root, port: 0 });
  using busy = await Wire.to(server.addr);
  await busy.send(GET);
  await underWay;
  const drained = server.drain();
  resume();
  const { body, fields } = await busy.response();
  assertEquals([body, fields.get("connection")], ["aaa", "close"]);
  assertEquals(await busy.rest(), "");
  busy.close();
  await drained;
});
