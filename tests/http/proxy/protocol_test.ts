import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { formatAddress } from "../../../net/address.ts";
import { listen } from "../../../net/runtime.ts";
import { Bench, counting } from "../bench.ts";
import { ok } from "../origin.ts";

const NO_STORE = "Cache-Control: no-store";

test("startHttpProxy passes interim answers, chunks and trailers on", async () => {
  await using bench = await Bench.start(async (_, reply) => {
    await reply("HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n");
    await reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: no-store\r\n\r\n");
    await reply("3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-Sum: 5\r\n\r\n");
  });
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  assertStringIncludes(await client.until("\r\n\r\n"), "103 Early Hints\r\nLink: </a.css>");
  assertStringIncludes(await client.until("\r\n\r\n"), "Transfer-Encoding: chunked");
  const body = await client.until("\r\n\r\n");
  assertMatch(body, /^(3\r\nabc\r\n2\r\nde|5\r\nabcde)\r\n0\r\nX-Sum: 5\r\n\r\n$/);
});

test("startHttpProxy waits with a client for 100 Continue", async () => {
  await using bench = await Bench.start(async (request, reply) => {
    await reply("HTTP/1.1 100 Continue\r\n\r\n");
    await reply(ok(await request.body(), "Cache-Control: no-store"));
  });
  using client = await bench.raw();
  await client.send(
    "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n",
  );
  assertStringIncludes(await client.until("\r\n\r\n"), "100 Continue");
  await client.send("hello");
  await client.until("\r\n\r\n");
  assertEquals(await client.until("hello"), "hello");
});

test("startHttpProxy answers pipelined requests in order, however they are split", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(
      ok(
        `at ${request.target} `,
        request.target === "/a" ? "Cache-Control: max-age=60" : "Cache-Control: no-store",
      ),
    )
  );
  const text = ["/a", "/b", "/a", "/a", "/c"].map((path) =>
    `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\n`
  ).join("");
  for (const size of [1, 7, text.length]) {
    using client = await bench.raw();
    for (let at = 0; at < text.length; at += size) await client.send(text.slice(at, at + size));
    for (const path of ["/a", "/b", "/a", "/a", "/c"]) await client.until(`at ${path} `);
  }
});

test("startHttpProxy writes requests anew: one Host, Via, and nothing that ends at the hop", async () => {
  await using bench = await Bench.start((_, reply) => reply(ok("", "Cache-Control: no-store")), {
    forwarded: true,
  });
  using client = await bench.raw();
  await client.send(
    "GET /a?b=c HTTP/1.1\r\nHost: Example.org:80\r\nConnection: x-drop\r\nX-Drop: 1\r\n" +
      "Keep-Alive: 1\r\nTE: trailers\r\nProxy-Connection: keep-alive\r\nX-Keep: 2\r\n\r\n",
  );
  await client.until("\r\n\r\n");
  const [request] = bench.origin.seen;
  const names = request.lines.map(([name]) => name.toLowerCase());
  assertEquals(names, ["host", "x-keep", "via", "x-forwarded-for"]);
  assertEquals([request.get("host"), request.get("via")], ["example.org", "1.1 halfway"]);
});

test("startHttpProxy in forward mode goes where the target says, whatever Host does", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"), { forward: true });
  using client = await bench.raw();
  const origin = formatAddress(bench.origin.addr);
  await client.send(`GET http://${origin}/x HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n`);
  await client.until("answer 1");
  assertEquals(bench.origin.seen[0].get("host"), origin);
  await client.send("GET /x HTTP/1.1\r\nHost: h\r\n\r\n");
  assertStringIncludes(await client.rest(), "400 Bad Request");
});

test("startHttpProxy in reverse mode refuses a target on another host", async () => {
  await using bench = await Bench.start(counting());
  using client = await bench.raw();
  await client.send("GET http://evil.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n");
  assertStringIncludes(await client.rest(), "400 Bad Request");
  assertEquals(bench.origin.seen.length, 0);
});

test("startHttpProxy never passes on a request that could be read in two ways", async () => {
  await using bench = await Bench.start(counting());
  const bad: [request: string, status: number][] = [
    [
      "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400],
    ["POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n", 501],
    ["POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked, identity\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400],
    ["GET / HTTP/1.1\nHost: h\n\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nX\0: a\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400],
    ["GET / HTTP/1.1\r\n\r\n", 400],
    ["GET / HTTP/2.0\r\nHost: h\r\n\r\n", 505],
    [`GET /${"a".repeat(9000)} HTTP/1.1\r\nHost: h\r\n\r\n`, 414],
    [`GET / HTTP/1.1\r\nHost: h\r\n${"X: y\r\n".repeat(101)}\r\n`, 431],
    [`GET / HTTP/1.1\r\nHost: h\r\nX: ${"y".repeat(100_000)}\r\n\r\n`, 431],
    ["CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", 501],
  ];
  for (const [text, status] of bad) {
    using client = await bench.raw();
    await client.send(text);
    assertMatch(await client.rest(), new RegExp(`^HTTP/1.1 ${status} `), text.slice(0, 60));
  }
  for (
    const body of [
      "0x5\r\nhello\r\n0\r\n\r\n",
      "5 \r\nhello\r\n0\r\n\r\n",
      "-5\r\nhello\r\n",
      "5\nhello\n0\n\n",
    ]
  ) {
    using client = await bench.raw();
    await client.send(
      `POST /chunks HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n${body}`,
    );
    const text = await client.rest();
    // Whether the origin has answered the head by then or not: no second request came of the body.
    assert(/^HTTP\/1.1 (400|502|200) /.test(text), text);
  }
  assertEquals(bench.origin.seen.filter(({ target }) => target !== "/chunks").length, 0);
});

test("startHttpProxy passes a change of protocol through", async () => {
  await using bench = await Bench.start(async (request, reply, connection) => {
    assertEquals([request.get("upgrade"), request.get("connection")], ["websocket", "upgrade"]);
    await reply(
      "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nhi",
    );
    const buffer = new Uint8Array(16);
    const n = await connection.read(buffer);
    await connection.write(buffer.subarray(0, n!));
    return false;
  });
  using client = await bench.raw();
  await client.send(
    "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n",
  );
  assertStringIncludes(await client.until("\r\n\r\n"), "101 Switching Protocols");
  assertEquals(await client.until("hi"), "hi");
  await client.send("echo");
  assertEquals(await client.until("echo"), "echo");
  assertEquals(await client.rest(), "");
});

test("startHttpProxy serves HTTP/1.0, and closes where nothing else ends a body", async () => {
  await using bench = await Bench.start(async (_, reply) => {
    await reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
  });
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  const text = await client.rest();
  assertMatch(text, /Connection: close\r\n\r\nhello$/);
  assert(!text.includes("chunked"), text);
});

test("startHttpProxy adds the Date that an origin leaves out, and never changes one", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(request.target === "/own" ? ok("", "Date: Thu, 01 Jan 2026 00:00:00 GMT") : ok(""))
  );
  assertEquals((await bench.ask("/own")).get("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  assertMatch((await bench.ask("/none")).get("date") ?? "", / GMT$/);
});

test("startHttpProxy passes on no field that ends at the hop, and says Via, from the store too", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply(
      ok(
        "x",
        "Connection: X-Drop, close, Cache-Control",
        "X-Drop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Authenticate: Basic",
        "Upgrade: h2c",
        "Via: 1.0 other",
        "X-Keep: 1",
        'ETag: "1"',
        "Expires: Sat, 21 Nov 2026 00:00:00 GMT",
      ),
    )
  );
  for (const cache of [/stored/, /hit/]) {
    const answer = await bench.ask("/a");
    assertMatch(answer.cache, cache);
    for (const name of ["x-drop", "keep-alive", "proxy-authenticate", "upgrade"]) {
      assertEquals(answer.get(name), null, name);
    }
    assertEquals(answer.get("x-keep"), "1");
    assertEquals(answer.get("via"), "1.0 other, 1.1 halfway");
  }
});

test("startHttpProxy frames what has no body so that the next answer is found", async () => {
  await using bench = await Bench.start((request, reply) => {
    const status = request.target.slice(1);
    if (request.method === "HEAD") {
      return reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: a/b\r\n\r\n");
    }
    if (status === "200") return reply(ok("end", NO_STORE));
    return reply(`HTTP/1.1 ${status} X\r\nContent-Length: 5\r\n${NO_STORE}\r\n\r\n`);
  });
  using client = await bench.raw();
  for (const path of ["/204", "/304"]) {
    await client.send(
      `GET ${path} HTTP/1.1\r\nHost: h\r\n\r\nHEAD / HTTP/1.1\r\nHost: h\r\n\r\n` +
        "GET /200 HTTP/1.1\r\nHost: h\r\n\r\n",
    );
    const first = await client.until("\r\n\r\n");
    assertStringIncludes(first, `HTTP/1.1 ${path.slice(1)} X`);
    assertEquals(first.includes("Content-Length"), path === "/304");
    assert(!(await client.until("\r\n\r\n")).includes("Transfer-Encoding"));
    assert((await client.until("end")).startsWith("HTTP/1.1 200"));
  }
});

test("startHttpProxy answers pipelined requests with bodies in order", async () => {
  await using bench = await Bench.start(async (request, reply) =>
    await reply(ok(`<${await request.body()}>`, NO_STORE))
  );
  const text = "POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none" +
    "PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x\r\ntwo\r\n0\r\nX-T: 1\r\n\r\n" +
    "GET /c HTTP/1.1\r\nHost: h\r\n\r\n" +
    "POST /d HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nfour";
  for (const size of [1, 5, text.length]) {
    using client = await bench.raw();
    for (let at = 0; at < text.length; at += size) await client.send(text.slice(at, at + size));
    for (const body of ["<one>", "<two>", "<>", "<four>"]) await client.until(body);
  }
  for (const { method, get } of bench.origin.seen) {
    const framings = [get("content-length"), get("transfer-encoding")];
    assertEquals(framings.filter((value) => value !== null).length, method === "GET" ? 0 : 1);
  }
});

test("startHttpProxy counts bytes beyond ASCII as they are sent", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply(ok("0123456789", "Content-Type: text/\xe9", "Cache-Control: max-age=60"))
  );
  using client = await bench.raw();
  const get = "GET /a HTTP/1.1\r\nHost: h\r\n";
  await client.send(`${get}\r\n`);
  await client.until("0123456789");
  await client.send(`${get}Range: bytes=0-0,9-9\r\n\r\n`);
  assertStringIncludes(await client.until("\r\n\r\n"), "206 Partial Content");
  assertStringIncludes(await client.until("--\r\n"), "Content-Type: text/\xe9");
  await client.send(
    "TRACE /a HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\nX-Name: \xe9\xe8\r\nCookie: c\r\n\r\n" +
      `${get}\r\n`,
  );
  assertStringIncludes(await client.until("\r\n\r\n"), "message/http");
  const echo = await client.until("\r\n\r\n");
  assertStringIncludes(echo, "X-Name: \xe9\xe8\r\n");
  assert(!echo.includes("Cookie"), echo);
  assert((await client.until("0123456789")).startsWith("HTTP/1.1 200 OK\r\n"));
});

test("startHttpProxy answers what may go no further, with a body too", async () => {
  await using bench = await Bench.start(counting(NO_STORE));
  using client = await bench.raw();
  await client.send(
    "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n\r\n" +
      "OPTIONS * HTTP/1.1\r\nHost: h\r\nMax-Forwards: 3\r\n\r\n" +
      "OPTIONS /a HTTP/1.1\r\nHost: h\r\nMax-Forwards: 00\r\nContent-Length: 2\r\n\r\nhi" +
      "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n",
  );
  assertMatch(await client.until("\r\n\r\n"), /^HTTP\/1.1 204 [^]*Allow: /);
  await client.until("answer 1");
  assertMatch(await client.rest(), /^HTTP\/1.1 204 [^]*Connection: close\r\n\r\n$/);
  const seen = bench.origin.seen.map(({ target, get }) => [target, get("max-forwards")]);
  assertEquals(seen, [["*", "2"]]);
});

test("startHttpProxy in forward mode refuses targets that could be read in two ways", async () => {
  await using bench = await Bench.start(counting(NO_STORE), { forward: true });
  const { port } = bench.origin.addr;
  for (
    const target of [
      `http://user:pass@127.0.0.1:${port}/`,
      `http://user@127.0.0.1:${port}/`,
      `http://127.0.0.1:${port}@evil.example/`,
      `http://127.0.0.1:${port}/#x`,
      `http://127.0.0.1:${port}/a b`,
      `http://127.0.0.1:${port}/a\tb`,
      `http://127.0.0.1:${port}\\x`,
      "http://127.0.0.1:99999/",
      "http://[::1/",
      "http://:80/",
      "http:///x",
      "ftp://127.0.0.1/",
    ]
  ) {
    using client = await bench.raw();
    await client.send(`GET ${target} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`);
    assertMatch(await client.rest(), /^HTTP\/1.1 400 /, target);
  }
  assertEquals(bench.origin.connections, 0);
});

test("startHttpProxy in forward mode reaches an address of IPv6", async () => {
  let listener;
  try {
    listener = await listen({ hostname: "::1", port: 0 });
  } catch {
    // Some machines have none.
    return;
  }
  await using bench = await Bench.start(counting(NO_STORE), { forward: true });
  const accepted = listener.accept();
  using client = await bench.raw();
  const authority = formatAddress(listener.addr);
  assertMatch(authority, /^\[::1\]:\d+$/);
  await client.send(`GET http://${authority}/x HTTP/1.1\r\nHost: h\r\n\r\n`);
  const connection = await accepted;
  const buffer = new Uint8Array(4096);
  const n = await connection.read(buffer);
  const text = new TextDecoder().decode(buffer.subarray(0, n!));
  assert(text.startsWith(`GET /x HTTP/1.1\r\nHost: ${authority}\r\n`), text);
  await connection.write(new TextEncoder().encode(ok("there", NO_STORE)));
  await client.until("there");
  connection.close();
  listener.close();
});

test("startHttpProxy takes nothing from an origin that could be read as a line of its own", async () => {
  const bad = [
    "HTTP/1.1 200 O\rK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 O\0K\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: b\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy",
    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nxy",
    "HTTP/1.1 099 OK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 1000 OK\r\nContent-Length: 1\r\n\r\nx",
    "HTTP/1.1 200 OK\r\nX : a\r\nContent-Length: 1\r\n\r\nx",
  ];
  let at = 0;
  await using bench = await Bench.start((_, reply) => reply(bad[at]));
  for (; at < bad.length; at++) {
    assertEquals((await bench.ask(`/${at}`)).status, 502, JSON.stringify(bad[at]));
  }
  assertEquals(bench.proxy.cache.entries, 0);
});

test("startHttpProxy passes no trailer on that would change what has been read", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply(
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${NO_STORE}\r\n\r\n1\r\nx\r\n0\r\n` +
        "Set-Cookie: a=b\r\nCache-Control: max-age=9\r\nX-Sum: 1\r\n\r\n",
    )
  );
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  await client.until("\r\n\r\n");
  assertEquals(await client.until("\r\n\r\n"), "1\r\nx\r\n0\r\nX-Sum: 1\r\n\r\n");
});

test("startHttpProxy serves HTTP/1.0 with and without a connection that is kept", async () => {
  await using bench = await Bench.start((_, reply) => reply(ok("body", NO_STORE)));
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.0\r\nHost: h\r\nConnection: keep-alive\r\n\r\n");
  assertStringIncludes(await client.until("\r\n\r\n"), "Connection: keep-alive\r\n");
  await client.until("body");
  await client.send("GET /a HTTP/1.0\r\nHost: h\r\n\r\n");
  assertMatch(await client.rest(), /Connection: close\r\n\r\nbody$/);
});

test("startHttpProxy passes a body on that comes before the 100 that was asked for", async () => {
  await using bench = await Bench.start(async (request, reply) =>
    await reply(ok(await request.body(), NO_STORE))
  );
  using client = await bench.raw();
  await client.send(
    "POST /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
  );
  await client.until("hello");
  await client.send("POST /a HTTP/1.1\r\nHost: h\r\nExpect: the-moon\r\nContent-Length: 0\r\n\r\n");
  assertMatch(await client.rest(), /^HTTP\/1.1 417 /);
});
