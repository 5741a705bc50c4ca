import { assert, assertEquals, assertRejects } from "../../asserts.ts";
import { test } from "../../harness.ts";
import type { Connection, NetAddress } from "../../../net/connection.ts";
import {
  ClosedError,
  ConnectError,
  FrameTooLargeError,
  HalfwayError,
  TimeoutError,
} from "../../../net/errors.ts";
import { listen } from "../../../net/runtime.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { startFileServer } from "../../../http/server/file_server.ts";
import { makeFolder } from "../files.ts";

/** What a scripted server does with one connection. */
type Script = (connection: Connection, read: () => Promise<string>) => Promise<void>;

/** A server that treats its n-th connection by the n-th script, and the last one all that follow. */
class Scripted {
  readonly address: NetAddress;
  /** What came on each connection. */
  readonly received: string[] = [];
  readonly #close: () => void;
  readonly #done: Promise<unknown>;

  private constructor(address: NetAddress, close: () => void, loop: Promise<unknown>) {
    this.address = address;
    this.#close = close;
    this.#done = loop;
  }

  static async start(...scripts: Script[]): Promise<Scripted> {
    const listener = await listen({ port: 0 });
    const running: Promise<void>[] = [];
    const open = new Set<Connection>();
    let isClosed = false;
    const accept = async () => {
      for (let i = 0;; i++) {
        const connection = await listener.accept().catch(() => null);
        if (connection === null) return;
        if (isClosed) return connection.close();
        open.add(connection);
        running.push(serve(connection, i));
      }
    };
    const serve = async (connection: Connection, i: number) => {
      const buffer = new Uint8Array(64 * 1024);
      const read = async () => {
        const n = await connection.read(buffer) ?? 0;
        const text = new TextDecoder("latin1").decode(buffer.subarray(0, n));
        server.received[i] = (server.received[i] ?? "") + text;
        return text;
      };
      try {
        await scripts[Math.min(i, scripts.length - 1)](connection, read);
      } catch {
        // The client has closed, which some tests are about.
      }
      if (open.delete(connection)) connection.close();
    };
    const server: Scripted = new Scripted(listener.addr, () => {
      isClosed = true;
      listener.close();
      for (const connection of [...open]) {
        open.delete(connection);
        connection.close();
      }
    }, accept().then(() => Promise.all(running)));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.address.port}/`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.#done;
  }
}

const encoder = new TextEncoder();

/** Answers each request that comes in one piece with the next of these. */
function answering(...answers: string[]): Script {
  return async (connection, read) => {
    for (const answer of answers) {
      if (await read() === "") return;
      await connection.write(encoder.encode(answer));
    }
  };
}

/** As {@linkcode answering}, and then waits for the client to close. */
function answeringOpen(...answers: string[]): Script {
  return async (connection, read) => {
    await answering(...answers)(connection, read);
    while (await read() !== "");
  };
}

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

test("HttpClient reads bodies of every framing", async () => {
  const cases: [answer: string, body: string][] = [
    [OK, "ok"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""],
    ["HTTP/1.1 204 No Content\r\n\r\n", ""],
    [
      "HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\nA: b\r\n\r\n",
      "abc",
    ],
    ["HTTP/1.1 200 OK\r\n\r\nuntil the end", "until the end"],
    ["HTTP/1.0 200 OK\r\n\r\nuntil the end", "until the end"],
    [`HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n${OK}`, "ok"],
  ];
  for (const [answer, body] of cases) {
    await using server = await Scripted.start(answering(answer));
    using client = new HttpClient();
    const response = await client.request(server.url);
    assertEquals(await response.text(), body, answer);
  }
});

test("HttpClient gives status, reason, fields, and what caches said", async () => {
  await using server = await Scripted.start(answering(
    "HTTP/1.1 404 Not here\r\nAge: 7\r\nCache-Status: a; hit\r\nX: 1\r\nx: 2\r\nContent-Length: 3\r\n\r\nabc",
  ));
  using client = new HttpClient();
  const response = await client.request(server.url);
  assertEquals(
    [response.status, response.reason, response.minorVersion, response.age, response.cacheStatus],
    [404, "Not here", 1, 7, "a; hit"],
  );
  assertEquals([response.fields.get("x"), response.contentLength], ["1, 2", 3]);
  // The fields stay when the body has taken the place of the head.
  await response.bytes();
  assertEquals(response.fields.get("x"), "1, 2");
});

test("HttpClient writes the request that was asked for", async () => {
  const chunks = async function* () {
    yield encoder.encode("ab");
    yield new Uint8Array(0);
    yield encoder.encode("cde");
  };
  const cases: [path: string, options: Parameters<HttpClient["request"]>[1], sent: string][] = [
    ["", {}, "GET / HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    ["a/../b?c#d", {}, "GET /b?c HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    ["a b|é", {}, "GET /a%20b%7C%C3%A9 HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    ["%zz%41?a|b", {}, "GET /%25zz%41?a%7Cb HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    ["", { method: "HEAD" }, "HEAD / HTTP/1.1\r\nHost: HOST\r\n\r\n"],
    [
      "",
      { fields: [["host", "b.example"], ["A", " b "]] },
      "GET / HTTP/1.1\r\nhost: b.example\r\nA: b\r\n\r\n",
    ],
    ["", { method: "POST" }, "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 0\r\n\r\n"],
    [
      "",
      { method: "POST", body: encoder.encode("abc") },
      "POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 3\r\n\r\nabc",
    ],
    [
      "",
      { method: "PUT", body: chunks() },
      "PUT / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n",
    ],
  ];
  for (const [path, options, sent] of cases) {
    const expected = (server: Scripted) => sent.replace("HOST", `127.0.0.1:${server.address.port}`);
    await using server: Scripted = await Scripted.start(async (connection, read) => {
      for (let text = ""; text.length < expected(server).length;) text += await read();
      await connection.write(encoder.encode("HTTP/1.1 204 No Content\r\n\r\n"));
    });
    using client = new HttpClient();
    await client.request(server.url + path, options);
    assertEquals(server.received[0], expected(server));
  }
});

test("HttpClient asks a proxy in absolute-form, for any host", async () => {
  await using proxy = await Scripted.start(answering(OK, OK));
  using client = new HttpClient({ proxy: proxy.address });
  assertEquals(await (await client.request("http://a.example/1.txt?q")).text(), "ok");
  const second = await client.request("http://b.example:81/");
  assertEquals([second.reused, await second.text()], [true, "ok"]);
  assertEquals(
    proxy.received[0],
    "GET http://a.example/1.txt?q HTTP/1.1\r\nHost: a.example\r\n\r\n" +
      "GET http://b.example:81/ HTTP/1.1\r\nHost: b.example:81\r\n\r\n",
  );
});

test("HttpClient keeps a connection whose response came to its end, and no other", async () => {
  const cases: [first: string, keeps: boolean][] = [
    [OK, true],
    ["HTTP/1.1 304 Not Modified\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", true],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", true],
    ["HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false],
    ["HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false],
    [`${OK}HTTP/1.1 200 OK\r\n\r\n`, false],
  ];
  for (const [first, keeps] of cases) {
    await using server = await Scripted.start(answeringOpen(first, OK), answeringOpen(OK));
    using client = new HttpClient();
    await (await client.request(server.url)).bytes();
    const second = await client.request(server.url);
    assertEquals([second.reused, await second.text()], [keeps, "ok"], first);
  }
});

test("HttpClient closes the connection of a response whose body is not read to its end", async () => {
  const long = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";
  await using server = await Scripted.start(
    answeringOpen(long),
    answeringOpen(long),
    answering(OK),
  );
  using client = new HttpClient();
  for await (const piece of await client.request(server.url)) {
    assertEquals(piece.length, 3);
    break;
  }
  (await client.request(server.url)).close();
  const third = await client.request(server.url);
  assertEquals([third.reused, await third.text()], [false, "ok"]);
});

test("HttpClient asks once more where a kept connection was closed, if that may be done twice", async () => {
  const script = answering(OK);
  for (const method of ["GET", "PUT", "POST", "PATCH"]) {
    await using server = await Scripted.start(script);
    using client = new HttpClient();
    await (await client.request(server.url)).bytes();
    if (method === "GET" || method === "PUT") {
      const second = await client.request(server.url, { method });
      assertEquals([second.reused, await second.text()], [false, "ok"]);
    } else {
      await assertRejects(() => client.request(server.url, { method }), HalfwayError);
    }
  }
});

test("HttpClient tells what is wrong with a response", async () => {
  const cases: [answer: string, error: string][] = [
    ["", "UnexpectedEndError"],
    ["HTTP/1.1 200 OK\r\nA:", "UnexpectedEndError"],
    ["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", "UnexpectedEndError"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n", "UnexpectedEndError"],
    ["SSH-2.0-x\r\n\r\n", "HttpSyntaxError"],
    ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "HttpSyntaxError"],
    [`HTTP/1.1 200 OK\r\nA: ${"a".repeat(40_000)}\r\n\r\n`, "HttpLimitError"],
  ];
  for (const [answer, error] of cases) {
    await using server = await Scripted.start(async (connection, read) => {
      await read();
      if (answer !== "") await connection.write(encoder.encode(answer));
    });
    using client = new HttpClient();
    const found = await assertRejects(
      async () => await (await client.request(server.url)).bytes(),
    );
    assertEquals(found.name, error, answer.slice(0, 60));
  }
});

test("HttpClient reads an answer that comes before the request is sent", async () => {
  await using server = await Scripted.start(async (connection, read) => {
    await read();
    const answer = "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n";
    await connection.write(encoder.encode(answer));
    while (await read() !== "");
  });
  using client = new HttpClient();
  let stop!: () => void;
  const stopped = new Promise<void>((resolve) => stop = resolve);
  const endless = async function* () {
    try {
      for (;;) yield new Uint8Array(1024);
    } finally {
      stop();
    }
  };
  const response = await client.request(server.url, { method: "POST", body: endless() });
  assertEquals(response.status, 413);
  // Its connection closed with it, and with that the sending came to its end.
  await stopped;
});

test("HttpClient passes on why a body could not be had", async () => {
  await using server = await Scripted.start(async (_, read) => {
    while (await read() !== "");
  });
  using client = new HttpClient();
  // deno-lint-ignore require-yield -- it fails before there is anything
  const failing = async function* (): AsyncGenerator<Uint8Array> {
    await Promise.resolve();
    throw new RangeError("no such file");
  };
  await assertRejects(
    () => client.request(server.url, { method: "POST", body: failing() }),
    RangeError,
    "no such file",
  );
  assert(!(server.received[0] ?? "").endsWith("0\r\n\r\n"));
});

test("HttpClient gives up a server that sends nothing, or nothing more", async () => {
  for (
    const answer of ["", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"]
  ) {
    await using server = await Scripted.start(async (connection, read) => {
      await read();
      if (answer !== "") await connection.write(encoder.encode(answer));
      while (await read() !== "");
    });
    using client = new HttpClient({ timeoutMs: 30 });
    await assertRejects(
      async () => await (await client.request(server.url)).bytes(),
      TimeoutError,
      "within 30 ms",
    );
  }
});

test("HttpClient refuses what can't stand in a request", async () => {
  using client = new HttpClient();
  const url = "http://127.0.0.1:1/";
  const cases: [url: string, options: Parameters<HttpClient["request"]>[1], message: string][] = [
    ["nonsense", {}, "Expected a URL"],
    ["https://a.example/", {}, "Expected an http URL"],
    ["http://u:p@a.example/", {}, "without a user name"],
    [url, { method: "" }, "token as method"],
    [url, { method: "A B" }, "token as method"],
    [url, { method: "CONNECT" }, "another method"],
    [url, { fields: [["A b", "c"]] }, "token as field name"],
    [url, { fields: [["A", "b\r\nC: d"]] }, "field value"],
    [url, { fields: [["A", "→"]] }, "field value"],
    [url, { fields: [["Content-Length", "5"]] }, "follows from the body"],
    [url, { fields: [["transfer-encoding", "chunked"]] }, "follows from the body"],
  ];
  for (const [target, options, message] of cases) {
    await assertRejects(() => client.request(target, options), TypeError, message);
  }
});

test("HttpClient tells when there is no connection, and when it is closed", async () => {
  const listener = await listen({ port: 0 });
  listener.close();
  using client = new HttpClient();
  const url = `http://127.0.0.1:${listener.addr.port}/`;
  await assertRejects(() => client.request(url), ConnectError);
  client.close();
  await assertRejects(() => client.request(url), ClosedError);
});

test("HttpClient.close ends what is under way", async () => {
  let arrive!: () => void;
  const arrived = new Promise<void>((resolve) => arrive = resolve);
  await using server = await Scripted.start(async (_, read) => {
    while (await read() !== "") arrive();
  });
  using client = new HttpClient();
  const asked = client.request(server.url);
  await arrived;
  client.close();
  await assertRejects(() => asked, ClosedError);
});

test("HttpResponse.bytes takes no more than it is allowed to", async () => {
  await using server = await Scripted.start(answering(OK));
  using client = new HttpClient();
  const response = await client.request(server.url);
  await assertRejects(() => response.bytes(1), FrameTooLargeError);
});

test("HttpClient and startFileServer carry a large file", async () => {
  const large = new Uint8Array(5_000_000).map((_, i) => (i * 7) & 255);
  await using folder = await makeFolder({ large });
  await using server = await startFileServer({ root: folder.path, port: 0 });
  using client = new HttpClient();
  const url = `http://127.0.0.1:${server.addr.port}/large`;
  for (const reused of [false, true]) {
    const response = await client.request(url);
    assertEquals(response.reused, reused);
    assertEquals(await response.bytes(), large);
  }
  const head = await client.request(url, { method: "HEAD" });
  assertEquals([head.contentLength, (await head.bytes()).length], [5_000_000, 0]);
});
