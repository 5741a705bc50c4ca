import { assert, assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import type { CalcProxy } from "../../calc/proxy.ts";
import { startCalcServer } from "../../calc/server.ts";
import { connect } from "../../net/runtime.ts";
import { Observer } from "../../observe/observer.ts";
import { golden, toHex } from "./fixtures.ts";
import { answerAt, REFUSED, startProxy, TestClock, until } from "./proxy_support.ts";
import { deadAddress, FakeServer, requestFor, said, UNIX_TIME, Wire } from "./wire.ts";

test("startCalcProxy asks once for what many want at the same time", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await using server = await FakeServer.start(async (_, count) => {
    await held;
    return answerAt(0, count);
  });
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  const wires = await Promise.all(Array.from({ length: 20 }, () => Wire.open(proxy.addr)));
  const asked = wires.map((wire) => wire.ask(requestFor("1")));
  await until(() => proxy.stats.misses === 20);
  release();
  assertEquals(new Set(await Promise.all(asked)), new Set(["200 1"]));
  assertEquals(server.requests.length, 1);
  for (const wire of wires) wire[Symbol.dispose]();
});

test("startCalcProxy asks for several keys at a time, and answers each client in order", async () => {
  const releases: (() => void)[] = [];
  await using server = await FakeServer.start(async (_, count) => {
    if (count <= 2) await new Promise<void>((resolve) => releases.push(resolve));
    return answerAt(0, count);
  });
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  using wire = await Wire.open(proxy.addr);
  assert(await warm(proxy, server, releases));
  await wire.send(requestFor("1"), requestFor("7"), requestFor("3"));
  // The second is in the cache already; it waits for the first.
  await until(() => server.requests.length >= 3);
  while (releases.length > 0) releases.shift()!();
  const answers = [];
  for (let i = 0; i < 3; i++) answers.push(said((await wire.packet())!));
  assertEquals(answers[1], "200 1");
  assertEquals(new Set(answers), new Set(["200 1", "200 2", "200 3"]));
});

test("startCalcProxy keeps its connections to the server, one request at a time on each", async () => {
  await using server = await FakeServer.start((_, count) => answerAt(0, count));
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  using wire = await Wire.open(proxy.addr);
  for (let i = 1; i <= 10; i++) {
    assertEquals(await wire.ask(requestFor(String(i))), `200 ${i}`);
  }
  assertEquals(server.connections, 1);
});

test("startCalcProxy gives connections back that it has no use for, and makes new ones", async () => {
  const events: string[] = [];
  const observer = new Observer();
  observer.on("upstream", ({ type }) => events.push(type));
  await using server = await FakeServer.start((_, count) => answerAt(0, count));
  await using proxy = await startProxy({
    upstream: server.address,
    now: new TestClock().now,
    upstreamIdleMs: 20,
    observer,
  });
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1")), "200 1");
  await until(() => !proxy.connected);
  assertEquals(await wire.ask(requestFor("2")), "200 2");
  // That is no loss to tell of.
  assertEquals(events, ["upstream.connected", "upstream.connected"]);
});

test("startCalcProxy goes on when the server closes after every answer", async () => {
  await using server = await FakeServer.start((request, count) => {
    // A new connection's request has an odd number: the even ones meet a closed one.
    return count % 2 === 0 ? null : answerAt(0, request.length);
  });
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  using wire = await Wire.open(proxy.addr);
  for (const text of ["1", "22", "333", "4444"]) {
    const request = requestFor(text);
    assertEquals(await wire.ask(request), `200 ${request.length}`);
  }
});

test("startCalcProxy tries again as often as it is told, and then answers the original's error", async () => {
  const attempts: number[] = [];
  const observer = new Observer();
  observer.on("upstream", ({ attempt }) => attempts.push(attempt ?? 0));
  await using proxy = await startProxy({
    upstream: await deadAddress(),
    now: () => UNIX_TIME * 1000,
    retryDelayMs: 100,
    observer,
  });
  using wire = await Wire.open(proxy.addr);
  await wire.send(await golden("down.miss.req"));
  assertEquals(toHex((await wire.packet())!), toHex(await golden("down.miss.res")));
  assertEquals(attempts, [1, 2, 3, 4, 5]);
});

test("startCalcProxy answers at once that the server is away if it is not to try again", async () => {
  await using proxy = await startProxy({ upstream: await deadAddress(), retries: 0 });
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1")), `500 CalculatorServerError: ${REFUSED}`);
});

test("startCalcProxy answers when the server comes back between two attempts", async () => {
  const dead = await deadAddress();
  let tried = () => {};
  const failed = new Promise<void>((resolve) => tried = resolve);
  const observer = new Observer();
  observer.on("upstream", ({ type }) => {
    if (type === "upstream.failed") tried();
  });
  await using proxy = await startProxy({ upstream: dead, retryDelayMs: 100, observer });
  using wire = await Wire.open(proxy.addr);
  const answer = wire.ask(requestFor("2 + 2"));
  await failed;
  await using _server = await startCalcServer({ port: dead.port });
  assertEquals(await answer, "200 4");
});

test("startCalcProxy wraps what goes wrong at the server as the original does", async () => {
  const request = await golden("ex2.req");
  const unpack = (reason: string) =>
    `CalculatorClientError('Error while unpacking request: ${reason}')`;
  const cases: [string, Uint8Array | null, string][] = [
    ["closes", null, unpack("The data is too short (0 bytes) to be a valid header")],
    [
      "answers a length that can't be",
      new Uint8Array(20),
      unpack("Invalid total length: 0 (must be between 12 and 65536 bytes inclusive)"),
    ],
    ["answers a request", request, unpack("Got a request instead of a response")],
  ];
  for (const [what, reply, cause] of cases) {
    await using server = await FakeServer.start(() => reply);
    await using proxy = await startProxy({ upstream: server.address, retryDelayMs: 5 });
    using wire = await Wire.open(proxy.addr);
    const wrapped = `500 CalculatorServerError: ('Internal proxy error', ${cause})`;
    assertEquals(await wire.ask(request), wrapped, what);
    assertEquals(proxy.stats.entries, 0);
  }
});

test("startCalcProxy gives up a server that does not answer in time", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await using server = await FakeServer.start(async () => {
    await held;
    return null;
  });
  await using proxy = await startProxy({ upstream: server.address, replyTimeoutMs: 30 });
  using wire = await Wire.open(proxy.addr);
  assertEquals(
    await wire.ask(requestFor("1")),
    "500 CalculatorServerError: ('Internal proxy error', TimeoutError(110, 'Connection timed out'))",
  );
  release();
});

test("startCalcProxy asks again when the connection breaks before the answer", async () => {
  await using server = await FakeServer.start((_, count) => count < 3 ? null : answerAt(0, count));
  const now = new TestClock().now;
  await using proxy = await startProxy({ upstream: server.address, now, retryDelayMs: 100 });
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1")), "200 3");
  assertEquals(server.connections, 3);
});

test("startCalcProxy wraps what goes wrong with the request", async () => {
  await using proxy = await startProxy({ upstream: await deadAddress() });
  using wire = await Wire.open(proxy.addr);
  assertEquals(
    await wire.ask(await golden("ex2.res")),
    "500 CalculatorServerError: ('Internal proxy error', " +
      "TypeError('Received a response instead of a request'))",
  );
  await wire.send(new Uint8Array(5));
  const answer = (await wire.packet())!;
  assertEquals(
    said(answer),
    "500 CalculatorServerError: ('Internal proxy error', CalculatorClientError('Error while " +
      "unpacking request: The data is too short (5 bytes) to be a valid header'))",
  );
  assertEquals(toHex(answer.subarray(6, 10)), "01f40000");
  assertEquals(await wire.packet(), null);
});

test("startCalcProxy goes on after clients that reset, or leave before their answer", async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await using server = await FakeServer.start(async (_, count) => {
    await held;
    return answerAt(0, count);
  });
  await using proxy = await startProxy({ upstream: server.address, now: new TestClock().now });
  for (let i = 0; i < 5; i++) {
    const connection = await connect(proxy.addr);
    await connection.write(requestFor("1"));
    await until(() => proxy.stats.misses === i + 1);
    connection.close();
  }
  release();
  using wire = await Wire.open(proxy.addr);
  assertEquals(await wire.ask(requestFor("1")), "200 1");
});

/** Puts `7` into the cache, as the server's first answer. */
async function warm(
  proxy: CalcProxy,
  server: FakeServer,
  releases: (() => void)[],
): Promise<boolean> {
  using wire = await Wire.open(proxy.addr);
  const answer = wire.ask(requestFor("7"));
  await until(() => server.requests.length === 1 && releases.length === 1);
  releases.shift()!();
  return await answer === "200 1";
}
