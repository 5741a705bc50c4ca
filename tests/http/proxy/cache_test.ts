import { assert, assertEquals, assertMatch } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { Bench, counting } from "../bench.ts";
import { ok } from "../origin.ts";

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

const MAX_AGE = "Cache-Control: max-age=60";

test("startHttpProxy does not put back what is purged or changed while it is fetched", async () => {
  const ways: [name: string, change: (bench: Bench) => Promise<unknown>][] = [
    ["PURGE", (bench) => bench.ask("/a", [], "PURGE")],
    ["PURGE of a prefix", (bench) => bench.ask("/*", [], "PURGE")],
    ["POST", (bench) => bench.ask("/a", [], "POST", "x")],
    ["Location", (bench) => bench.ask("/b", [], "DELETE")],
  ];
  for (const part of ["head", "body"]) {
    for (const [name, change] of ways) {
      const go = gate();
      let version = "old";
      await using bench = await Bench.start(async (request, reply) => {
        if (request.method !== "GET") {
          await request.body();
          await reply(ok("", "Location: /a"));
        } else if (version === "new") await reply(ok("new", MAX_AGE));
        else {
          if (part === "body") {
            await reply(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${MAX_AGE}\r\n\r\n`);
          }
          await go.opened;
          await reply(part === "body" ? "old" : ok("old", MAX_AGE));
        }
      });
      const first = bench.ask("/a");
      await bench.until("an origin that is asked", () => bench.origin.seen.length === 1);
      await change(bench);
      version = "new";
      // Who comes after the change does not wait for what was asked before it.
      assertEquals((await bench.ask("/a")).text, "new", name);
      go.open();
      assertEquals((await first).text, "old", name);
      assertEquals((await bench.ask("/a")).text, "new", `${name} during the ${part}`);
    }
  }
});

test("startHttpProxy gives those who wait no variant but their own", async () => {
  const go = gate();
  await using bench = await Bench.start(async (request, reply) => {
    await go.opened;
    await reply(ok(`in ${request.get("accept-language")}`, "Vary: Accept-Language", MAX_AGE));
  });
  const languages = ["da", "en", "da", "fi", "en", "da"];
  const answers = languages.map((language) => bench.ask("/a", [["Accept-Language", language]]));
  await bench.until("all of them", () => bench.proxy.connections >= languages.length);
  go.open();
  assertEquals(
    (await Promise.all(answers)).map(({ text }) => text),
    languages.map((language) => `in ${language}`),
  );
});

test("startHttpProxy shares no answer to Authorization, and stores none that forbids it", async () => {
  const go = gate();
  let count = 0;
  await using bench = await Bench.start(async (request, reply) => {
    await go.opened;
    await reply(
      ok(`${request.get("authorization")} ${++count}`, `Cache-Control: ${request.target.slice(1)}`),
    );
  });
  const secret = [["Authorization", "Basic eA=="]] as const;
  const answers = [bench.ask("/max-age=60", secret)];
  await bench.until("an origin that is asked", () => bench.origin.seen.length === 1);
  answers.push(bench.ask("/max-age=60", secret), bench.ask("/max-age=60"));
  await bench.until("all of them", () => bench.proxy.connections >= 3);
  go.open();
  const texts = (await Promise.all(answers)).map(({ text }) => text);
  assertEquals(new Set(texts).size, 3);
  assertMatch(texts[2], /^null/);
  for (const directive of ["no-store", "private", "max-age=60,private", "max-age=60,no-store"]) {
    const path = `/${directive}`;
    const both = await Promise.all([bench.ask(path), bench.ask(path), bench.ask(path)]);
    assertEquals(new Set(both.map(({ text }) => text)).size, 3, directive);
  }
  assertEquals(bench.proxy.cache.entries, 1);
});

test("startHttpProxy never mixes two bodies under one key", async () => {
  let version = 0;
  await using bench = await Bench.start(async (_, reply) => {
    const text = String(version++ % 10).repeat(100_000);
    await reply(
      `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\nETag: "${version}"\r\n${MAX_AGE}\r\n\r\n`,
    );
    for (let at = 0; at < text.length; at += 10_000) await reply(text.slice(at, at + 10_000));
  });
  for (let round = 0; round < 20; round++) {
    const answers = await Promise.all(
      Array.from(
        { length: 8 },
        (_, i) => bench.ask("/a", i === 3 ? [["Cache-Control", "no-cache"]] : []),
      ),
    );
    for (const { text } of answers) assertEquals([text.length, new Set(text).size], [100_000, 1]);
    if (round % 3 === 0) await bench.ask("/a", [], "PURGE");
    if (round % 4 === 0) bench.pass(61);
  }
});

test("startHttpProxy does not freshen by a 304 what was replaced meanwhile", async () => {
  const go = gate();
  let version = 1;
  await using bench = await Bench.start(async (request, reply) => {
    if (request.get("if-none-match") === '"1"' && request.get("x-slow") !== null) {
      await go.opened;
      await reply('HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nCache-Control: max-age=600\r\n\r\n');
    } else await reply(ok(`version ${version}`, `ETag: "${version}"`, "Cache-Control: max-age=5"));
  });
  await bench.ask("/a");
  bench.pass(6);
  const slow = bench.ask("/a", [["X-Slow", "1"], ["Cache-Control", "no-cache"]]);
  await bench.until("a validation", () => bench.origin.seen.length === 2);
  version = 2;
  // Another one that does not wait, since it has conditions that rule that out.
  assertEquals((await bench.ask("/a", [["Cache-Control", "no-cache"]])).text, "version 2");
  go.open();
  assertEquals((await slow).text, "version 1");
  const after = await bench.ask("/a");
  assertEquals(after.text, "version 2");
  assertMatch(after.cache, /hit; ttl=5/);
});

test("startHttpProxy puts parts together only if they have the same strong tag", async () => {
  for (
    const [tags, joins] of [[['"a"', '"a"'], true], [['"a"', '"b"'], false], [
      ['W/"a"', 'W/"a"'],
      false,
    ]] as const
  ) {
    let count = 0;
    await using bench = await Bench.start((request, reply) => {
      const range = /bytes=(\d)-(\d)/.exec(request.get("range") ?? "");
      const tag = `ETag: ${tags[Math.min(count++, 1)]}`;
      if (range === null) return reply(ok("all anew..", tag, MAX_AGE));
      const [first, last] = [Number(range[1]), Number(range[2])];
      const text = String(count).repeat(last - first + 1);
      return reply(
        `HTTP/1.1 206 Partial Content\r\nContent-Length: ${text.length}\r\n${tag}\r\n` +
          `Content-Range: bytes ${first}-${last}/8\r\n${MAX_AGE}\r\n\r\n${text}`,
      );
    });
    assertEquals((await bench.ask("/a", [["Range", "bytes=0-3"]])).text, "1111");
    assertEquals((await bench.ask("/a", [["Range", "bytes=4-7"]])).text, "2222");
    const whole = await bench.ask("/a");
    assertEquals([whole.status, whole.text], [200, joins ? "11112222" : "all anew.."]);
  }
});

test("startHttpProxy keeps its word when the clock jumps", async () => {
  await using bench = await Bench.start(counting(MAX_AGE));
  assertEquals((await bench.ask("/a")).text, "answer 1");
  bench.pass(-3600);
  const before = await bench.ask("/a");
  assertEquals([before.status, Number(before.get("age")) >= 0], [200, true]);
  bench.pass(7200);
  const after = await bench.ask("/a");
  assertEquals(after.status, 200);
  assert(after.text !== "answer 1");
  bench.pass(30);
  assertMatch((await bench.ask("/a")).cache, /hit/);
});

test("startHttpProxy sends a body to its end that is evicted or purged meanwhile", async () => {
  const size = 4 * 1024 * 1024;
  await using bench = await Bench.start(
    (request, reply) => reply(ok(request.target[1].repeat(size), MAX_AGE)),
    { cacheBytes: size + 100_000 },
  );
  await bench.ask("/a");
  using reader = await bench.raw();
  await reader.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\nConnection: close\r\n\r\n`);
  assertMatch(await reader.until("\r\n\r\n"), /hit/);
  await bench.ask("/b");
  await bench.ask("/b", [], "PURGE");
  assertEquals(bench.proxy.cache.entries, 0);
  assertEquals(await reader.rest(), "a".repeat(size));
});

test("startHttpProxy stores answers in chunks in a cache smaller than the largest object", async () => {
  await using bench = await Bench.start(
    (_, reply) =>
      reply(
        `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${MAX_AGE}\r\n\r\n` +
          "1\r\nx\r\n".repeat(20_000) + "0\r\n\r\n",
      ),
    { cacheBytes: 100_000 },
  );
  assertEquals((await bench.ask("/a")).text, "x".repeat(20_000));
  const second = await bench.ask("/a");
  assertEquals(second.text, "x".repeat(20_000));
  assertMatch(second.cache, /hit/);
});

test("startHttpProxy stores no more of what is on its way than the cache may hold", async () => {
  const go = gate();
  await using bench = await Bench.start(async (_, reply) => {
    await reply(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${MAX_AGE}\r\n\r\n`);
    await reply(`ea60\r\n${"x".repeat(60_000)}\r\n`);
    await go.opened;
    await reply("1\r\ny\r\n0\r\n\r\n");
  }, { cacheBytes: 100_000 });
  const answers = ["/a", "/b"].map((path) => bench.ask(path));
  await bench.until("both", () => bench.origin.seen.length === 2);
  go.open();
  for (const answer of answers) assertEquals((await answer).text, "x".repeat(60_000) + "y");
  assert(bench.proxy.cache.bytes <= 100_000);
  // Nothing that was counted stays counted.
  assertEquals((await bench.ask("/c")).text.length, 60_001);
  assertMatch((await bench.ask("/c")).cache, /hit/);
});

test("startHttpProxy freshens by HEAD, and gives HEAD what a GET has brought", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply(ok("content", 'ETag: "1"', "Cache-Control: max-age=5"))
  );
  await bench.ask("/a");
  const head = await bench.ask("/a", [], "HEAD");
  assertEquals([head.text, head.get("content-length")], ["", "7"]);
  assertMatch(head.cache, /hit/);
  bench.pass(6);
  bench.origin.script = (_, reply) =>
    reply('HTTP/1.1 200 OK\r\nContent-Length: 7\r\nETag: "1"\r\nCache-Control: max-age=50\r\n\r\n');
  assertMatch((await bench.ask("/a", [], "HEAD")).cache, /fwd=/);
  const get = await bench.ask("/a");
  assertEquals(get.text, "content");
  assertMatch(get.cache, /hit/);
});
