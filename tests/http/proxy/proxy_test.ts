import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import { formatAddress } from "../../../net/address.ts";
import { Bench, counting } from "../bench.ts";
import { ok, type SeenRequest } from "../origin.ts";

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
      cacheBytes: 50_000,
    },
  );
  for (let i = 0; i < 100; i++) await bench.ask(`/${i}`);
  const { bytes, entries } = bench.proxy.cache;
  assert(bytes <= 50_000 && entries >= 5 && entries < 20, `${entries} entries, ${bytes} bytes`);
  assertMatch((await bench.ask("/99")).cache, /hit/);
  assertMatch((await bench.ask("/0")).cache, /uri-miss/);
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
