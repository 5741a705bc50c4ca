import { assert, assertEquals, assertMatch } from "../../asserts.ts";
import { testWith } from "../../harness.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { formatAddress } from "../../../net/address.ts";
import { WorkersBench } from "../../cli/workers.ts";
import { gate } from "../../support/gate.ts";
import { HeldLine } from "../../support/held_line.ts";
import { TestRedis } from "../../support/redis.ts";
import { until } from "../../support/within.ts";
import { counting } from "../bench.ts";
import { ok } from "../origin.ts";
import { keyOf, SharedBench, versions } from "../shared_bench.ts";
import { bytesOf } from "../store/support.ts";

const FRESH = "Cache-Control: max-age=60";

function shared(name: string, fn: () => Promise<void>): void {
  testWith(["redis-server"], `startHttpProxy with a shared store ${name}`, fn);
}

shared("has a hit for what another proxy has stored, whatever its bytes and length", async () => {
  const bodies = new Map([["/empty", ""], ["/small", "x"]]);
  for (const length of [5_000, 300_000, 3_000_000]) {
    bodies.set(`/${length}`, latin1(bytesOf(length, length), 0, length));
  }
  await using bench = await SharedBench.start((request, reply) =>
    reply(ok(bodies.get(request.target)!, FRESH))
  );
  for (const [path, body] of bodies) {
    assertMatch((await bench.ask(0, path)).cache, /fwd=uri-miss; stored/);
    await bench.stored(path);
    const there = await bench.ask(1, path);
    assertMatch(there.cache, /^halfway; hit/);
    assert(there.text === body, path);
    const ttl = Number(await bench.redis.do("PTTL", keyOf(path)));
    assert(ttl > 0 && ttl <= 400 * 24 * 3600 * 1000, `${ttl}`);
  }
  assertEquals(bench.origin.seen.length, bodies.size);
  assertEquals(bench.proxies.map(({ said }) => said), [
    [`Sharing ${bench.redis.url}`],
    [`Sharing ${bench.redis.url}`],
  ]);
});

shared("finds the variant that another has stored, beside those in its memory", async () => {
  await using bench = await SharedBench.start((request, reply) =>
    reply(ok(`in ${request.get("accept-language")}`, FRESH, "Vary: Accept-Language"))
  );
  const ask = (proxy: number, language: string) =>
    bench.ask(proxy, "/", { fields: [["Accept-Language", language]] });
  await ask(0, "de");
  await bench.stored("/", 1);
  await ask(1, "fr");
  await bench.stored("/", 2);
  assertEquals([(await ask(0, "fr")).text, (await ask(1, "de")).text], ["in fr", "in de"]);
  assertEquals(bench.origin.seen.length, 2);
});

shared("shares what a 304 has freshened, and asks for it once", async () => {
  await using bench = await SharedBench.start((request, reply) =>
    request.get("if-none-match") === '"1"'
      ? reply(`HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n${FRESH}\r\nX-Round: 2\r\n\r\n`)
      : reply(ok("body", FRESH, 'ETag: "1"', "X-Round: 1"))
  );
  await bench.ask(0, "/");
  await bench.stored("/");
  await bench.ask(1, "/");
  bench.pass(61);
  const before = await bench.redis.do("HGET", keyOf("/"), "-");
  assertMatch((await bench.ask(0, "/")).cache, /fwd=stale; fwd-status=304/);
  await bench.redis.until((now) => now !== before, "HGET", keyOf("/"), "-");
  const there = await bench.ask(1, "/");
  assertEquals([there.text, there.get("x-round")], ["body", "2"]);
  assertMatch(there.cache, /^halfway; hit/);
  assertEquals(bench.origin.seen.length, 2);
  // Nor does one who wants nothing but what is stored, or would be given what is stale, go without.
  bench.pass(61);
  const again = await bench.redis.do("HGET", keyOf("/"), "-");
  await bench.ask(1, "/");
  await bench.redis.until((now) => now !== again, "HGET", keyOf("/"), "-");
  const fields = [["Cache-Control", "only-if-cached"]] as const;
  assertEquals((await bench.ask(0, "/", { fields })).status, 200);
  assertEquals(bench.origin.seen.length, 3);
});

shared("does not validate what is served stale meanwhile, if another has done so", async () => {
  await using bench = await SharedBench.start(
    counting("Cache-Control: max-age=60, stale-while-revalidate=600"),
  );
  await bench.ask(0, "/");
  await bench.stored("/");
  await bench.ask(1, "/");
  bench.pass(61);
  const before = await bench.redis.do("HGET", keyOf("/"), "-");
  assertEquals((await bench.ask(0, "/")).text, "answer 1");
  await bench.redis.until((now) => now !== before, "HGET", keyOf("/"), "-");
  assertEquals((await bench.ask(1, "/")).text, "answer 2");
  assertEquals(bench.origin.seen.length, 2);
});

shared("finds the whole that another has stored, where it has only a part", async () => {
  await using bench = await SharedBench.start((request, reply) =>
    request.get("range") === null ? reply(ok("0123456789", FRESH, 'ETag: "1"')) : reply(
      `HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 2-5/10\r\n${FRESH}\r\nETag: "1"\r\n\r\n2345`,
    )
  );
  const range = { fields: [["Range", "bytes=2-5"]] } as const;
  await bench.ask(0, "/", range);
  await bench.stored("/");
  await bench.ask(1, "/", range);
  bench.pass(1);
  const before = await bench.redis.do("HSTRLEN", keyOf("/"), "-");
  await bench.ask(0, "/");
  await bench.redis.until((now) => now !== before, "HSTRLEN", keyOf("/"), "-");
  assertEquals((await bench.ask(1, "/")).text, "0123456789");
  assertEquals(bench.origin.seen.length, 2);
});

shared("answers a range out of the part that another has stored", async () => {
  await using bench = await SharedBench.start((_, reply) =>
    reply(
      `HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 2-5/10\r\n${FRESH}\r\nETag: "1"\r\n\r\n2345`,
    )
  );
  const ask = (proxy: number, range: string) =>
    bench.ask(proxy, "/", { fields: [["Range", `bytes=${range}`]] });
  await ask(0, "2-5");
  await bench.stored("/");
  const there = await ask(1, "3-4");
  assertEquals([there.status, there.text], [206, "34"]);
  assertMatch(there.cache, /^halfway; hit/);
});

shared("purges a URL everywhere before PURGE is answered, and what POST makes void", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(origin.script);
  for (const method of ["PURGE", "POST", "PUT", "DELETE"]) {
    origin.text = `before ${method}`;
    await bench.purge(0, "/");
    await bench.ask(0, "/");
    await bench.stored("/");
    assertEquals(await bench.texts("/"), [origin.text, origin.text]);
    origin.text = `after ${method}`;
    const { status, text } = await bench.ask(1, "/", {
      method,
      ...(method === "PURGE" ? {} : { body: "x" }),
    });
    assertEquals(status, 200);
    if (method === "PURGE") assertMatch(text, /2 purged/);
    assertEquals(await bench.texts("/"), [origin.text, origin.text]);
  }
});

shared("purges by prefix, whatever characters a pattern of Redis gives a meaning", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(origin.script);
  const meant = ["/x%5By%5D-?a=*1", "/x%5By%5D-?a=*2", "/x%5By%5D-?a=*"];
  const others = ["/x%5By%5D-?a=1", "/xy", "/x%5By%5D%5Ea"];
  for (const path of [...meant, ...others]) {
    await bench.ask(0, path);
    await bench.stored(path);
    await bench.ask(1, path);
  }
  origin.text = "new";
  assertMatch((await bench.purge(1, "/x%5By%5D-?a=**")).text, /6 purged/);
  for (const path of meant) assertEquals(await bench.texts(path), ["new", "new"]);
  for (const path of others) assertEquals(await bench.texts(path), ["old", "old"]);
});

shared("keeps out of Redis and of every memory what was fetched while it was purged", async () => {
  let go = gate();
  let held = true;
  const origin = versions("old");
  await using bench = await SharedBench.start(async (request, reply) => {
    const answer = ok(origin.text, FRESH);
    if (held && request.method === "GET") await go.promise;
    await reply(answer);
  });
  for (const purge of ["/a", "/*"]) {
    held = true;
    origin.text = "old";
    const before = bench.origin.seen.length;
    const asked = [bench.ask(0, "/a"), bench.ask(1, "/a")];
    await until(() => bench.origin.seen.length === before + 2, "both ask");
    assertMatch((await bench.purge(0, purge)).text, /purged/);
    held = false;
    origin.text = "new";
    go.resolve();
    go = gate();
    assertEquals((await Promise.all(asked)).map(({ text }) => text), ["old", "old"]);
    assertEquals(await bench.texts("/a"), ["new", "new"]);
    assertEquals((await bench.purge(0, "/a")).status, 200);
  }
});

shared("serves nothing that was on its way from Redis when it was purged", async () => {
  const origin = versions("o".repeat(20_000));
  await using bench = await SharedBench.start(origin.script);
  await using line = await HeldLine.start({ hostname: "127.0.0.1", port: bench.redis.port });
  const { port } = line.addr;
  await bench.add({ sharedStore: `redis://127.0.0.1:${port}` });
  for (const by of [0, 2]) {
    origin.text = "o".repeat(20_000);
    await bench.ask(0, `/${by}`);
    await bench.stored(`/${by}`);
    // The first connection is that of commands.
    line.hold(0);
    const asked = bench.ask(2, `/${by}`);
    await until(() => line.heldBytes > 20_000, "the answer of Redis");
    origin.text = "new";
    const purged = bench.purge(by, `/${by}`);
    // One that waits for Redis itself is answered only behind what is held.
    if (by === 0) assertEquals((await purged).status, 200);
    line.release();
    assertEquals((await purged).status, 200);
    await asked;
    if (by === 0) assertEquals((await asked).text, "new");
    assertEquals(await bench.texts(`/${by}`), ["new", "new", "new"]);
  }
  assertEquals(bench.proxies[2].said.length, 1);
});

shared("lets nothing of before a purge come into Redis behind it", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(origin.script);
  await using line = await HeldLine.start({ hostname: "127.0.0.1", port: bench.redis.port });
  await bench.add({ sharedStore: `redis://127.0.0.1:${line.addr.port}` });
  // Nothing is heard of the purge; the response was asked for before it, and comes after it.
  line.hold(1);
  const go = gate();
  bench.origin.script = async (_, reply) => {
    await go.promise;
    await reply(ok("old", FRESH));
  };
  const asked = bench.ask(2, "/");
  await until(() => bench.origin.seen.length === 1, "the origin is asked");
  const purged = bench.purge(0, "/");
  await until(() => line.heldBytes > 0, "a word that is held");
  await bench.redis.until((epoch) => epoch !== null, "GET", "halfway:epoch");
  const stored = bench.redis.do("HLEN", keyOf("/"));
  assertEquals(await stored, 0);
  go.resolve();
  assertEquals((await asked).text, "old");
  line.release();
  assertEquals((await purged).status, 200);
  assertEquals(await bench.redis.do("HLEN", keyOf("/")), 0);
  bench.origin.script = versions("new").script;
  assertEquals(await bench.texts("/"), ["new", "new", "new"]);
});

shared("shares what was fetched while something else was purged", async () => {
  const go = gate();
  await using bench = await SharedBench.start(async (_, reply) => {
    await go.promise;
    await reply(ok("body", FRESH));
  });
  const asked = bench.ask(0, "/a");
  await until(() => bench.origin.seen.length === 1, "the origin is asked");
  await bench.purge(0, "/b");
  await bench.purge(1, "/ab*");
  go.resolve();
  await asked;
  await bench.stored("/a");
  assertMatch((await bench.ask(1, "/a")).cache, /^halfway; hit/);
});

shared("passes over what is damaged in Redis, or of another key", async () => {
  const origin = versions("right");
  await using bench = await SharedBench.start(origin.script);
  await bench.ask(0, "/");
  await bench.stored("/");
  await bench.redis.do("COPY", keyOf("/"), keyOf("/other"));
  await bench.redis.do("HSET", keyOf("/rubbish"), "-", "rubbish", "x", "");
  await bench.redis.do("SET", keyOf("/text"), "no hash");
  for (const path of ["/other", "/rubbish", "/text"]) {
    const { text, cache } = await bench.ask(1, path);
    assertEquals(text, "right");
    assertMatch(cache, /fwd=uri-miss/);
  }
  assertEquals((await bench.ask(1, "/")).cache.startsWith("halfway; hit"), true);
});

shared("leaves no connection to Redis behind", async () => {
  await using bench = await SharedBench.start(counting(FRESH));
  const others = (list: unknown) =>
    String(list).split("\n").filter((line) => / sub=1 | cmd=(eval|publish)/.test(line)).length;
  assert(others(await bench.redis.do("CLIENT", "LIST")) > 0);
  for (const { proxy } of bench.proxies.splice(0)) await proxy[Symbol.asyncDispose]();
  await bench.redis.until((list) => String(list).trim().split("\n").length === 1, "CLIENT", "LIST");
  assertEquals(await bench.redis.do("EXISTS", "halfway:proxies"), 0);
});

shared("reaches both workers of another proxy with a purge", async () => {
  const origin = versions("old\n");
  await using redis = await TestRedis.start();
  await using workers = await WorkersBench.start(
    (request, reply) =>
      request.target === "/who" ? reply(ok("who\n")) : origin.script(request, reply, null!),
    "--workers=2",
    `--store=${redis.url}`,
  );
  await using bench = new SharedBench(workers.origin, redis);
  await bench.add();
  const clients = await workers.clientOfEach(2);
  const host = formatAddress(workers.address);
  const ask = async (): Promise<string[]> => {
    const texts = [];
    for (const client of clients) {
      texts.push((await workers.ask(client, "/a")).split("\r\n\r\n")[1]);
    }
    const here = await bench.ask(0, "/a", { fields: [["Host", host]] });
    return [...texts, here.text];
  };
  assertEquals(await ask(), ["old\n", "old\n", "old\n"]);
  origin.text = "new\n";
  const purged = await bench.ask(0, "/a", { method: "PURGE", fields: [["Host", host]] });
  assertEquals([purged.status, purged.text], [200, "200 OK: 3 purged\n"]);
  assertEquals(await ask(), ["new\n", "new\n", "new\n"]);
  origin.text = "newer\n";
  assertMatch(await workers.ask(clients[1], "/a", "PURGE"), /^HTTP\/1\.1 200 /);
  assertEquals(await ask(), ["newer\n", "newer\n", "newer\n"]);
  assertEquals(await redis.do("SCARD", "halfway:proxies"), 3);
  for (const client of clients) client[Symbol.dispose]();
});
