import { assert, assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { startHttpProxy } from "../../http/proxy.ts";
import { formatAddress } from "../../net/address.ts";
import { Bench, counting } from "./bench.ts";
import { ok, type SeenRequest } from "./origin.ts";

test("startHttpProxy stores what it fetches, and answers from the store with Age", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"));
  const first = await bench.ask("/a");
  assertEquals([first.status, first.text, first.cache], [
    200,
    "answer 1",
    "halfway; fwd=uri-miss; stored",
  ]);
  bench.pass(10);
  const second = await bench.ask("/a");
  assertEquals([second.text, second.get("age"), second.cache], [
    "answer 1",
    "10",
    "halfway; hit; ttl=50",
  ]);
  assertEquals(second.get("via"), "1.1 halfway");
  assertEquals((await bench.ask("/b")).text, "answer 2");
  assertEquals(bench.proxy.cache.entries, 2);
});

test("startHttpProxy validates what is stale, and freshens it by a 304", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(
      request.get("if-none-match") === '"v1"'
        ? 'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\nX-Seen: again\r\n\r\n'
        : ok("content", 'ETag: "v1"', "Cache-Control: max-age=5"),
    )
  );
  await bench.ask("/a");
  bench.pass(6);
  const validated = await bench.ask("/a");
  assertEquals([validated.status, validated.text, validated.get("x-seen")], [
    200,
    "content",
    "again",
  ]);
  assertMatch(validated.cache, /fwd=stale; fwd-status=304/);
  assertMatch((await bench.ask("/a")).cache, /hit/);
  assertEquals(bench.origin.seen.length, 2);
});

test("startHttpProxy answers conditions and ranges of clients out of the store", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply(ok("0123456789", 'ETag: "v1"', "Cache-Control: max-age=60"))
  );
  await bench.ask("/a");
  assertEquals((await bench.ask("/a", [["If-None-Match", '"v1"']])).status, 304);
  const part = await bench.ask("/a", [["Range", "bytes=2-4"]]);
  assertEquals([part.status, part.text, part.get("content-range")], [206, "234", "bytes 2-4/10"]);
  const parts = await bench.ask("/a", [["Range", "bytes=0-0,-1"]]);
  assertMatch(parts.get("content-type") ?? "", /^multipart\/byteranges; boundary=/);
  assertEquals(parts.text.length, Number(parts.get("content-length")));
  const beyond = await bench.ask("/a", [["Range", "bytes=20-"]]);
  assertEquals([beyond.status, beyond.get("content-range")], [416, "bytes */10"]);
  const head = await bench.ask("/a", [], "HEAD");
  assertEquals([head.text, head.get("content-length")], ["", "10"]);
  assertEquals(bench.origin.seen.length, 1);
});

test("startHttpProxy keeps variants side by side", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(
      ok(
        `in ${request.get("accept-language")}`,
        "Vary: Accept-Language",
        "Cache-Control: max-age=60",
      ),
    )
  );
  for (const language of ["da", "en", "da", "en"]) {
    assertEquals((await bench.ask("/a", [["Accept-Language", language]])).text, `in ${language}`);
  }
  assertEquals(bench.origin.seen.length, 2);
});

test("startHttpProxy lets unsafe methods through, and forgets what they change", async () => {
  const bodies: string[] = [];
  await using bench = await Bench.start(async (request, reply) => {
    if (request.method === "POST") bodies.push(await request.body());
    await reply(ok(`${request.method} ${bodies.length}`, "Cache-Control: max-age=60"));
  });
  assertEquals((await bench.ask("/a")).text, "GET 0");
  assertEquals((await bench.ask("/a")).text, "GET 0");
  assertEquals((await bench.ask("/a", [], "POST", "x".repeat(100_000))).text, "POST 1");
  assertEquals(bodies[0].length, 100_000);
  assertEquals((await bench.ask("/a")).text, "GET 1");
});

test("startHttpProxy makes one request for many who want the same", async () => {
  let answer: () => void = () => {};
  const asked = new Promise<void>((resolve) => answer = resolve);
  await using bench = await Bench.start(async (_, reply) => {
    await asked;
    await reply(ok("shared", "Cache-Control: max-age=60"));
  });
  const clients = Array.from({ length: 20 }, () => bench.ask("/a"));
  // All of them have arrived when the last of 20 further connections has been served.
  while (bench.proxy.connections < 20) await (await bench.raw())[Symbol.dispose]();
  answer();
  const answers = await Promise.all(clients);
  assertEquals(new Set(answers.map(({ text }) => text)), new Set(["shared"]));
  assertEquals(bench.origin.seen.length, 1);
});

test("startHttpProxy releases those who wait when the response may not be shared", async () => {
  let count = 0;
  await using bench = await Bench.start((_, reply) =>
    reply(ok(`private ${++count}`, "Cache-Control: private"))
  );
  const answers = await Promise.all(Array.from({ length: 10 }, () => bench.ask("/a")));
  assertEquals(new Set(answers.map(({ text }) => text)).size, 10);
  assertEquals(bench.origin.seen.length, 10);
});

test("startHttpProxy serves stale while it revalidates, and when the origin fails, if it may", async () => {
  let fails = false;
  let count = 0;
  await using bench = await Bench.start((_, reply) =>
    fails ? false : reply(
      ok(
        `answer ${++count}`,
        "Cache-Control: max-age=1, stale-while-revalidate=10, stale-if-error=100",
      ),
    )
  );
  await bench.ask("/a");
  bench.pass(2);
  assertEquals((await bench.ask("/a")).text, "answer 1");
  // The revalidation goes on behind; the next answer that is not stale is its.
  while (!(await bench.ask("/a")).text.endsWith("2"));
  fails = true;
  bench.pass(50);
  const stale = await bench.ask("/a");
  assertEquals([stale.status, stale.text], [200, "answer 2"]);
  assertMatch(stale.cache, /fwd=stale; .*detail=/);
  bench.pass(100);
  assertEquals((await bench.ask("/a")).status, 502);
});

test("startHttpProxy asks once more without the condition when the origin hangs up on it", async () => {
  await using bench = await Bench.start((request, reply) =>
    request.get("if-modified-since") !== null ? false : reply(
      ok("content", "Last-Modified: Thu, 19 Nov 2026 00:00:00 GMT", "Cache-Control: max-age=1"),
    )
  );
  await bench.ask("/a");
  bench.pass(5);
  assertEquals((await bench.ask("/a")).text, "content");
  const conditional = bench.origin.seen.map((request) => request.get("if-modified-since") !== null);
  // Whether a kept connection was closed before or because of the request can't be told, so it is made twice.
  assertEquals(conditional, [false, true, true, false]);
});

test("startHttpProxy answers 502 and 504 where there is no answer", async () => {
  let mode: "close" | "half" | "garbage" | "silent" = "close";
  await using bench = await Bench.start(async (_, reply) => {
    if (mode === "half") await reply("HTTP/1.1 200 OK\r\nContent-");
    if (mode === "garbage") await reply("220 smtp.example ESMTP\r\n\r\n");
    return mode === "silent";
  }, { firstByteTimeoutMs: 200 });
  for (
    const [next, status] of [["close", 502], ["half", 502], ["garbage", 502], [
      "silent",
      504,
    ]] as const
  ) {
    mode = next;
    const answer = await bench.ask(`/${next}`);
    assertEquals(answer.status, status, next);
    assertStringIncludes(answer.text, `${status}`);
  }
  await bench.origin[Symbol.asyncDispose]();
  assertEquals((await bench.ask("/gone")).status, 502);
});

test("startHttpProxy shows a body that breaks off, and does not store it as whole", async () => {
  let whole = false;
  await using bench = await Bench.start(async (_, reply) => {
    if (whole) return await reply(ok("0123456789", "Cache-Control: max-age=60"));
    await reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nCache-Control: max-age=60\r\n\r\n01234");
    return false;
  });
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  const text = await client.rest();
  assert(text.endsWith("01234"), text);
  whole = true;
  assertEquals((await bench.ask("/a")).text, "0123456789");
});

test("startHttpProxy drops what an origin sends beyond its length", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(
      ok("four", "Cache-Control: no-store") +
        (request.target === "/more" ? "HTTP/1.1 200 OK\r\n\r\n" : ""),
    )
  );
  assertEquals((await bench.ask("/more")).text, "four");
  assertEquals((await bench.ask("/next")).text, "four");
  assertEquals(bench.origin.seen.map(({ target }) => target), ["/more", "/next"]);
});

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

test("startHttpProxy stores from the request on that it is told to", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"), { admitAfter: 2 });
  const texts = [];
  for (let i = 0; i < 4; i++) texts.push((await bench.ask("/a")).text);
  assertEquals(texts, ["answer 1", "answer 2", "answer 2", "answer 2"]);
});

test("startHttpProxy purges a URL, or all that begin alike, for those who may", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"));
  for (const path of ["/a/1", "/a/2", "/b"]) await bench.ask(path);
  assertEquals((await bench.ask("/b", [], "PURGE")).status, 200);
  assertEquals((await bench.ask("/b", [], "PURGE")).status, 404);
  assertStringIncludes((await bench.ask("/a/*", [], "PURGE")).text, "2 purged");
  assertEquals(bench.proxy.cache.entries, 0);
  await using guarded = await Bench.start(counting(), { purgeToken: "secret" });
  assertEquals((await guarded.ask("/a", [], "PURGE")).status, 403);
  assertEquals((await guarded.ask("/a", [["Purge-Token", "secret"]], "PURGE")).status, 404);
});

test("startHttpProxy answers only-if-cached with 504 where nothing is stored", async () => {
  await using bench = await Bench.start(counting());
  const answer = await bench.ask("/a", [["Cache-Control", "only-if-cached"]]);
  assertEquals([answer.status, bench.origin.seen.length], [504, 0]);
});

test("startHttpProxy keeps within its bytes, keys and heads counted", async () => {
  await using bench = await Bench.start(
    (_, reply) => reply(ok("x".repeat(1000), "Cache-Control: max-age=60")),
    {
      cacheBytes: 20_000,
    },
  );
  for (let i = 0; i < 100; i++) await bench.ask(`/${i}`);
  const { bytes, entries } = bench.proxy.cache;
  assert(bytes <= 20_000 && entries >= 5 && entries < 20, `${entries} entries, ${bytes} bytes`);
  assertMatch((await bench.ask("/99")).cache, /hit/);
  assertMatch((await bench.ask("/0")).cache, /uri-miss/);
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

test("startHttpProxy gives up a client that does not finish its head", async () => {
  await using bench = await Bench.start(counting(), { frameTimeoutMs: 100 });
  using client = await bench.raw();
  await client.send("GET /a HTTP/1.1\r\nHost: h\r\n");
  assertStringIncludes(await client.rest(), "408 Request Timeout");
});

test("startHttpProxy passes a large body in bounded memory, to a reader of its own pace", async () => {
  const piece = "x".repeat(65_536);
  await using bench = await Bench.start(async (_, reply) => {
    await reply(`HTTP/1.1 200 OK\r\nContent-Length: ${piece.length * 1600}\r\n\r\n`);
    for (let i = 0; i < 1600; i++) await reply(piece);
  });
  const response = await bench.client.request(`http://${formatAddress(bench.proxy.addr)}/large`);
  let length = 0;
  for await (const part of response) length += part.length;
  assertEquals(length, piece.length * 1600);
  assertEquals(bench.proxy.cache.entries, 0);
});

test("startHttpProxy lets the origin go when the only client leaves in mid-body", async () => {
  let gone: (request: SeenRequest) => void = () => {};
  const left = new Promise<SeenRequest>((resolve) => gone = resolve);
  await using bench = await Bench.start(async (request, reply) => {
    await reply(
      "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\nCache-Control: max-age=60\r\n\r\n",
    );
    try {
      for (;;) await reply("x".repeat(65_536));
    } finally {
      gone(request);
    }
  });
  {
    using client = await bench.raw();
    await client.send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.until("\r\n\r\n");
  }
  assertEquals((await left).target, "/a");
});

test("startHttpProxy breaks a request off that goes round in circles", async () => {
  await using first = await Bench.start(() => false);
  await using second = await startHttpProxy({ port: 0, upstream: [first.proxy.addr] });
  first.origin.script = async (request, reply) => {
    const response = await first.client.request(
      `http://${formatAddress(second.addr)}${request.target}`,
      { fields: [["Via", request.get("via") ?? ""]] },
    );
    await reply(`HTTP/1.1 ${response.status} Passed on\r\nContent-Length: 0\r\n\r\n`);
    response.close();
  };
  assertEquals((await first.ask("/a")).status, 508);
});

test("startHttpProxy adds the Date that an origin leaves out, and never changes one", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(request.target === "/own" ? ok("", "Date: Thu, 01 Jan 2026 00:00:00 GMT") : ok(""))
  );
  assertEquals((await bench.ask("/own")).get("date"), "Thu, 01 Jan 2026 00:00:00 GMT");
  assertMatch((await bench.ask("/none")).get("date") ?? "", / GMT$/);
});

test("startHttpProxy passes a HEAD on with the conditions of the client", async () => {
  await using bench = await Bench.start((request, reply) =>
    reply(
      request.get("if-none-match") === null
        ? ok("")
        : 'HTTP/1.1 304 Not Modified\r\nETag: "v1"\r\n\r\n',
    )
  );
  const answer = await bench.ask("/a", [["If-None-Match", '"v1"']], "HEAD");
  assertEquals(answer.status, 304);
});
