import { assert, assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { builtinException } from "../../calc/errors.ts";
import { startCalcServer } from "../../calc/server.ts";
import { Observer } from "../../observe/observer.ts";
import { toHex } from "./fixtures.ts";
import { answerAt, REFUSED, startProxy, TestClock, until } from "./proxy_support.ts";
import { FakeServer, packetOf, requestFor, UNIX_TIME, Wire } from "./wire.ts";

const encoder = new CalcEncoder();

test("startCalcProxy keeps an answer as long as server and client let it, equal being stale", async () => {
  const clock = new TestClock();
  await using server = await FakeServer.start((_, count) => answerAt(clock.seconds, count, 10));
  await using proxy = await startProxy({ upstream: server.address, now: clock.now });
  using wire = await Wire.open(proxy.addr);
  const ask = (cacheControl?: number) => wire.ask(requestFor("1 + 1", { cacheControl }));
  const cases: [seconds: number, cacheControl: number | undefined, answer: string][] = [
    [0, undefined, "200 1"],
    [0, undefined, "200 1"],
    [9, undefined, "200 1"],
    [10, undefined, "200 2"], // the server's 10 seconds are over
    [14, 5, "200 2"],
    [15, 5, "200 3"], // the client's 5 seconds are over
    [14, 1, "200 3"], // made in the future, so very fresh
    [24, 65_535, "200 3"],
    [25, 65_535, "200 4"],
  ];
  for (const [seconds, cacheControl, answer] of cases) {
    clock.seconds = seconds;
    assertEquals(await ask(cacheControl), answer, `at ${seconds}, cache control ${cacheControl}`);
  }
});

test("startCalcProxy keeps for ever what never runs out, and sends it as it came", async () => {
  const clock = new TestClock();
  const answer = answerAt(0, 7);
  await using server = await FakeServer.start(() => answer);
  await using proxy = await startProxy({ upstream: server.address, now: clock.now });
  using wire = await Wire.open(proxy.addr);
  for (const seconds of [0, 65_536, 1_000_000_000]) {
    clock.seconds = seconds;
    await wire.send(requestFor("7"));
    assertEquals(toHex((await wire.packet())!), toHex(answer));
  }
  assertEquals(server.requests.length, 1);
});

test("startCalcProxy neither looks up nor keeps what is not to be cached", async () => {
  const clock = new TestClock();
  let cacheControl = 0xffff;
  await using server = await FakeServer.start((_, count) => answerAt(0, count, cacheControl));
  await using proxy = await startProxy({ upstream: server.address, now: clock.now });
  using wire = await Wire.open(proxy.addr);
  const request = requestFor("1");
  const uncached = requestFor("1", { cache: false });
  assertEquals(await wire.ask(uncached), "200 1");
  assertEquals(await wire.ask(request), "200 2");
  assertEquals(await wire.ask(uncached), "200 3");
  assertEquals(await wire.ask(request), "200 2");
  // The server does not allow it.
  cacheControl = 0;
  assertEquals(await wire.ask(requestFor("2")), "200 4");
  assertEquals(await wire.ask(requestFor("2")), "200 5");
  assertEquals(proxy.stats, {
    hits: 1,
    misses: 5,
    stale: 0,
    roundTrips: 5,
    entries: 1,
    bytes: proxy.stats.bytes,
  });
});

test("startCalcProxy keeps nothing that is too old for the client that asked", async () => {
  const clock = new TestClock();
  clock.seconds = 100;
  await using server = await FakeServer.start((_, count) => answerAt(0, count));
  await using proxy = await startProxy({ upstream: server.address, now: clock.now });
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1", { cacheControl: 100 })), "200 1");
  assertEquals(proxy.stats.entries, 0);
  assertEquals(await wire.ask(requestFor("1", { cacheControl: 101 })), "200 2");
  assertEquals(proxy.stats.entries, 1);
});

test("startCalcProxy tells requests apart by their data and the steps flag alone", async () => {
  await using server = await FakeServer.start((_, count) => answerAt(0, count));
  const now = new TestClock().now;
  await using proxy = await startProxy({ upstream: server.address, now });
  using wire = await Wire.open(proxy.addr);
  const request = requestFor("1 + 2");
  const tail = packetOf(0x1c00, 0xffff, new Uint8Array([...request.subarray(12), 0]));
  assertEquals(await wire.ask(request), "200 1");
  assertEquals(await wire.ask(requestFor("1 + 2", { steps: false })), "200 2");
  // What stands behind the pickle is part of the key.
  assertEquals(await wire.ask(tail), "200 3");
  // Time stamp, cache control and padding are not.
  const same = request.slice();
  same.set([1, 2, 3, 4]);
  same.set([0, 60, 0xab, 0xcd], 8);
  assertEquals(await wire.ask(same), "200 1");
  assertEquals(await wire.ask(requestFor("1 + 2", { steps: false })), "200 2");
});

test("startCalcProxy refreshes what is kept when a client reloads", async () => {
  await using server = await FakeServer.start((_, count) => answerAt(0, count));
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1")), "200 1");
  assertEquals(await wire.ask(requestFor("1", { cacheControl: 0 })), "200 2");
  assertEquals(await wire.ask(requestFor("1")), "200 2");
});

test("startCalcProxy does not let the answer to an older question take a newer one's place", async () => {
  let release = () => {};
  const first = new Promise<void>((resolve) => release = resolve);
  await using server = await FakeServer.start(async (_, count) => {
    if (count === 1) await first;
    return answerAt(0, count);
  });
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  using slow = await Wire.open(proxy.addr);
  using quick = await Wire.open(proxy.addr);
  const late = slow.ask(requestFor("1"));
  await until(() => server.requests.length === 1);
  assertEquals(await quick.ask(requestFor("1", { cacheControl: 0 })), "200 2");
  release();
  assertEquals(await late, "200 1");
  assertEquals(await quick.ask(requestFor("1")), "200 2");
});

test("startCalcProxy answers a stale entry if that is allowed and the server is away", async () => {
  for (const staleIfError of [true, false]) {
    const clock = new TestClock();
    const server = await FakeServer.start(() => answerAt(0, 7, 10));
    const notes: string[] = [];
    const observer = new Observer();
    observer.on("message", ({ type, text }) => {
      if (type === "message.sent") notes.push(text);
    });
    await using proxy = await startProxy({
      upstream: server.address,
      now: clock.now,
      staleIfError,
      observer,
    });
    using wire = await Wire.open(proxy.addr);
    assertEquals(await wire.ask(requestFor("7")), "200 7");
    await server[Symbol.asyncDispose]();
    assertEquals(await wire.ask(requestFor("7")), "200 7");
    clock.seconds = 12;
    const error = `500 CalculatorServerError: ${REFUSED}`;
    assertEquals(await wire.ask(requestFor("7")), staleIfError ? "200 7" : error);
    // Whoever wants a new answer, or none out of a cache, is not given an old one.
    assertEquals(await wire.ask(requestFor("7", { cacheControl: 0 })), error);
    assertEquals(await wire.ask(requestFor("7", { cache: false })), error);
    assertEquals(proxy.stats.stale, staleIfError ? 1 : 0);
    if (!staleIfError) continue;
    assertEquals(
      notes[2],
      "Stale response, since the server can't be reached, server time remaining: -2.00, " +
        "client time remaining: inf. Sending response of length 30 bytes: 7",
    );
  }
});

test("startCalcProxy keeps an error only for a while", async () => {
  const clock = new TestClock();
  await using server = await FakeServer.start((_, count) =>
    encoder.error(builtinException("ValueError", String(count)), 400, { unixTime: UNIX_TIME })
      .slice()
  );
  await using proxy = await startProxy({
    upstream: server.address,
    now: clock.now,
    errorTtlMs: 60_000,
  });
  using wire = await Wire.open(proxy.addr);
  for (const [seconds, answer] of [[0, 1], [59, 1], [60, 2], [61, 2]] as const) {
    clock.seconds = seconds;
    assertEquals(await wire.ask(requestFor("1 / 0")), `400 ValueError: ${answer}`, `${seconds}`);
  }
});

test("startCalcProxy keeps no error at all if told so", async () => {
  await using server = await startCalcServer({ port: 0 });
  await using proxy = await startProxy({ upstream: server.addr, errorTtlMs: 0 });
  using wire = await Wire.open(proxy.addr);
  for (let i = 0; i < 2; i++) {
    const answer = await wire.ask(requestFor("1 / 0"));
    assertEquals(answer, "400 ZeroDivisionError: division by zero");
  }
  assertEquals([proxy.stats.hits, proxy.stats.entries], [0, 0]);
});

test("startCalcProxy keeps no more entries than it may, the most recent ones", async () => {
  await using server = await startCalcServer({ port: 0 });
  await using proxy = await startProxy({ upstream: server.addr, capacity: 2 });
  using wire = await Wire.open(proxy.addr);
  for (const text of ["1", "2", "1", "3"]) await wire.ask(requestFor(text));
  assertEquals(proxy.entries, ["3", "1"]);
});

test("startCalcProxy keeps no more bytes than it may, however many keys there are", async () => {
  await using server = await startCalcServer({ port: 0 });
  await using proxy = await startProxy({ upstream: server.addr, cacheBytes: 4_000 });
  using wire = await Wire.open(proxy.addr);
  let most = 0;
  for (let i = 0; i < 200; i++) {
    await wire.ask(requestFor(String(i)));
    most = Math.max(most, proxy.stats.bytes);
  }
  assert(most <= 4_000 && most > 3_000, String(most));
  assert(proxy.stats.entries < 15);
});

test("startCalcProxy tells of hits and misses in the original's words", async () => {
  const clock = new TestClock();
  await using server = await FakeServer.start(() => answerAt(0, 2, 10));
  const events: string[] = [];
  const observer = new Observer();
  observer.on("message", ({ type, text }) => {
    if (type === "message.sent") events.push(text.replace(/\. Sending.*/, ""));
  });
  observer.on("cache", ({ type, key, detail }) => events.push(`${type} ${key}, ${detail}`));
  await using proxy = await startProxy({ upstream: server.address, now: clock.now, observer });
  using wire = await Wire.open(proxy.addr);
  const asks: [seconds: number, request: Uint8Array][] = [
    [0, requestFor("1 + 1")],
    [4, requestFor("1 + 1", { cacheControl: 60 })],
    [11, requestFor("1 + 1")],
    [4, requestFor("1 + 1", { cache: false })],
  ];
  for (const [seconds, request] of asks) {
    clock.seconds = seconds;
    await wire.ask(request);
  }
  const left = (server: string, client: string) =>
    `server time remaining: ${server}, client time remaining: ${client}`;
  assertEquals(events, [
    `cache.store 1 + 1, ${left("10.00", "inf")}`,
    `cache.miss 1 + 1, response cached, ${left("10.00", "inf")}`,
    `Cache miss, response cached, ${left("10.00", "inf")}`,
    `cache.hit 1 + 1, ${left("6.00", "56.00")}`,
    `Cache hit, ${left("6.00", "56.00")}`,
    `cache.miss 1 + 1, stale response, ${left("-1.00", "inf")}`,
    `Cache miss, stale response, ${left("-1.00", "inf")}`,
    `cache.miss 1 + 1, response not cached, ${left("6.00", "-4.00")}`,
    `Cache miss, response not cached, ${left("6.00", "-4.00")}`,
  ]);
});
