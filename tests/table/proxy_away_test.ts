import { assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { gate } from "../support/gate.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { until, within } from "../support/within.ts";
import { Wire } from "../support/wire.ts";
import { Observer } from "../../observe/observer.ts";
import type { UpstreamEvent } from "../../observe/events.ts";
import { startTableProxy } from "../../table/proxy.ts";
import { startTableServer } from "../../table/server.ts";

/** Short waits, so that a server that is away is found to be so within a test. */
const HASTY = {
  port: 0,
  retryTimeMs: 250,
  replyTimeoutMs: 150,
  connectTimeoutMs: 500,
  backoff: { firstMs: 5, maxMs: 20 },
} as const;

/** Answers GET with these values, and writes with themselves, until the proxy leaves. */
async function serveWell(wire: Wire, value: number): Promise<void> {
  for (;;) {
    const message = await wire.line();
    const indices = /IND=([0-9,]+)/.exec(message)?.[1] ?? "";
    const data = indices.split(",").map(() => value).join(",");
    await wire.send(message.startsWith("OP=GET") ? `${message}DATA=${data};\n` : `${message}\n`);
  }
}

test("table proxy answers hits while the server is away, and the rest with 503 in bounded time", async () => {
  const server = await startTableServer({ port: 0, fill: [10, 11, 12] });
  await using proxy = await startTableProxy({ ...HASTY, upstream: server.addr });
  using client = await Wire.open(proxy.addr);
  await client.ask("OP=GET;IND=0,1;");
  await server[Symbol.asyncDispose]();
  await until(() => !proxy.connected, "the proxy has noticed");
  const began = performance.now();
  for (const message of ["OP=GET;IND=2;", "OP=GET;IND=0,2;", "OP=PUT;IND=0;DATA=5;", "OP=CLR;"]) {
    const op = message.slice(0, 6);
    using other = await Wire.open(proxy.addr);
    await other.send(`${message}\n`);
    // Who knows what a CLR on its way will make of it.
    const settled = message !== "OP=CLR;";
    if (settled) assertEquals(await client.ask("OP=ADD;IND=1,1;"), "OP=ADD;IND=1,1;DATA=22;");
    const reply = await other.line();
    assertStringIncludes(reply, `${op};CODE=503;MSG=Cannot connect to 127.0.0.1:`);
    assertStringIncludes(reply, "connection refused, after 250 ms of attempts");
  }
  const tookMs = performance.now() - began;
  assertEquals(tookMs > 4 * 200, true, `gave up after ${tookMs} ms`);
  assertEquals(await client.ask("OP=INF;"), "OP=INF;IND=1,0;DATA=11,10;");
});

for (const keepOnReconnect of [false, true]) {
  test(`table proxy finds a server that has come back, and ${keepOnReconnect ? "keeps" : "empties"} its cache`, async () => {
    const first = await startTableServer({ port: 0, fill: [10, 11, 12] });
    const { port } = first.addr;
    await using proxy = await startTableProxy({ ...HASTY, upstream: first.addr, keepOnReconnect });
    using client = await Wire.open(proxy.addr);
    await client.ask("OP=GET;IND=0,1;");
    await first[Symbol.asyncDispose]();
    await until(() => !proxy.connected, "the proxy has noticed");
    await using _second = await startTableServer({ port, fill: [20, 21, 22] });
    await until(() => proxy.connected, "the proxy has come back");
    const value = keepOnReconnect ? 10 : 20;
    assertEquals(proxy.entries.length, keepOnReconnect ? 2 : 0);
    assertEquals(await client.ask("OP=GET;IND=0;"), `OP=GET;IND=0;DATA=${value};`);
    assertEquals(await client.ask("OP=GET;IND=2;"), "OP=GET;IND=2;DATA=22;");
  });
}

test("table proxy lets a request wait for a server that is starting", async () => {
  const probe = await ScriptedServer.start();
  const { addr } = probe;
  await probe[Symbol.asyncDispose]();
  await using proxy = await startTableProxy({ ...HASTY, retryTimeMs: 5_000, upstream: addr });
  using client = await Wire.open(proxy.addr);
  await client.send("OP=PUT;IND=0;DATA=5;\nOP=GET;IND=0;\n");
  await using server = await startTableServer({ port: addr.port });
  assertEquals(await client.line(), "OP=PUT;IND=0;DATA=5;");
  assertEquals(await client.line(), "OP=GET;IND=0;DATA=5;");
  assertEquals(server.table.at(0), 5);
});

test("table proxy asks again what may be asked again, and never sends a write twice", async () => {
  const got: string[] = [];
  await using server = await ScriptedServer.start(async (wire, nth) => {
    if (nth > 0) return await serveWell(wire, 5);
    // It reads everything, answers nothing, and is gone.
    for (let i = 0; i < 3; i++) got.push(await wire.line());
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    retryTimeMs: 5_000,
    upstream: server.addr,
  });
  await until(() => proxy.connected, "the proxy is connected");
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=1;\nOP=PUT;IND=2;DATA=7;\nOP=GET;IND=3;\n");
  assertEquals(await client.line(), "OP=GET;IND=1;DATA=5;");
  assertMatch(
    await client.line(),
    /^OP=PUT;CODE=503;MSG=127.0.0.1:\d+ closed without an answer, it is not known whether the server has done it;$/,
  );
  assertEquals(await client.line(), "OP=GET;IND=3;DATA=5;");
  assertEquals(got, ["OP=GET;IND=1;", "OP=PUT;IND=2;DATA=7;", "OP=GET;IND=3;"]);
  assertEquals(server.wires.length, 2);
});

test("table proxy answers 502 to garbage, takes a new connection, and goes on", async () => {
  const garbage = [
    "what is this\n",
    "OP=GET;IND=1;DATA=5,6;\n",
    "OP=GET;IND=2;DATA=5;\n",
    "OP=PUT;IND=1;DATA=5;\n",
    "OP=GET;IND=1;DATA=x;\n",
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
    "OP=ADD;IND=1;DATA=5;\n",
  ];
  let turn = 0;
  await using server = await ScriptedServer.start(async (wire) => {
    for (;;) {
      await wire.line();
      await wire.send(turn < garbage.length ? garbage[turn++] : "OP=GET;IND=1;DATA=5;\n");
    }
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    retryTimeMs: 5_000,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  for (const text of garbage) {
    const reply = await client.ask("OP=GET;IND=1;");
    assertStringIncludes(reply, "OP=GET;CODE=502;MSG=The server answered nonsense: ", text);
    assertEquals(proxy.entries, [], text);
  }
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
});

test("table proxy passes codes on that the protocol has, and makes 502 of all others", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ ...HASTY, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  for (
    const [upstream, reply] of [
      ["OP=GET;IND=1;CODE=404;MSG=none", "OP=GET;IND=1;CODE=404;MSG=none;"],
      ["CODE=404", "OP=GET;IND=1;CODE=404;MSG=the server answered with code 404;"],
      ["OP=ERR;CODE=405;MSG=no", "OP=GET;IND=1;CODE=405;MSG=no;"],
      ["OP=GET;CODE=500;MSG=oops", "OP=GET;CODE=502;MSG=oops;"],
      ["OP=GET;CODE=teapot", "OP=GET;CODE=502;MSG=the server answered with code 999;"],
    ]
  ) {
    await client.send("OP=GET;IND=1;\n");
    await up.line();
    await up.send(`${upstream}\n`);
    assertEquals(await client.line(), reply);
  }
});

test("table proxy does not hang on half a reply, whether the server closes or stays", async () => {
  await using server = await ScriptedServer.start(async (wire, nth) => {
    const message = await wire.line();
    await wire.send("OP=GET;IND=1;DA");
    if (nth === 0) return;
    if (nth === 1) return void await wire.rest();
    await wire.send(`TA=5;\n`);
    assertEquals(message, "OP=GET;IND=1;");
    await serveWell(wire, 6);
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    retryTimeMs: 5_000,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  // The first connection closes, so it is asked again; the second is silent, so it is not.
  assertMatch(await client.ask("OP=GET;IND=1;"), /^OP=GET;CODE=504;MSG=.* within 150 ms;$/);
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
  assertEquals(server.wires.length, 3);
});

test("table proxy answers 502 or 503 to a write whose reply was cut off, and forgets the entry", async () => {
  await using server = await ScriptedServer.start(async (wire, nth) => {
    if (nth > 0) return await serveWell(wire, 6);
    await wire.line();
    await wire.send("OP=GET;IND=1;DATA=5;\n");
    await wire.line();
    await wire.send("OP=PUT;IND=1;DA");
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    keepOnReconnect: true,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
  assertMatch(await client.ask("OP=PUT;IND=1;DATA=6;"), /^OP=PUT;CODE=50[23];MSG=.* not known /);
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=6;");
});

test("table proxy waits between connections that a server closes at once", async () => {
  const retries: number[] = [];
  const observer = new Observer();
  observer.on("upstream", (event: UpstreamEvent) => {
    if (event.attempt !== undefined) retries.push(event.attempt);
  });
  await using server = await ScriptedServer.start(() => Promise.resolve());
  await using proxy = await startTableProxy({
    ...HASTY,
    backoff: { firstMs: 20, maxMs: 80, jitter: 0 },
    observer,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  assertMatch(await client.ask("OP=GET;IND=1;"), /^OP=GET;CODE=503;MSG=/);
  assertMatch(await client.ask("OP=PUT;IND=1;DATA=1;"), /^OP=PUT;CODE=503;MSG=/);
  await until(() => retries.length >= 8, "it has tried again and again");
  assertEquals(retries.slice(0, 8), [1, 2, 3, 4, 5, 6, 7, 8]);
});

test("table proxy waits between connections on which a server talks without being asked", async () => {
  await using server = await ScriptedServer.start(async (wire) => {
    await wire.send("OP=GET;IND=1;DATA=666;\n");
    await wire.rest();
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    backoff: { firstMs: 50, maxMs: 100, jitter: 0 },
    upstream: server.addr,
  });
  const began = performance.now();
  await until(() => server.wires.length >= 5, "it has tried again");
  // Waits of 50, 100, 100 and 100 ms; without them it would take a few milliseconds.
  assertEquals(performance.now() - began > 300, true, `${performance.now() - began} ms`);
  assertEquals(proxy.entries, []);
});

test("table proxy answers 504 for a server that takes connections and never reads", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ ...HASTY, upstream: server.addr });
  using client = await Wire.open(proxy.addr);
  for (const message of ["OP=GET;IND=1;", "OP=PUT;IND=1;DATA=2;", "OP=CLR;", "OP=ADD;IND=1;"]) {
    const reply = await client.ask(message);
    assertMatch(reply, /^OP=[A-Z]{3};CODE=504;MSG=127.0.0.1:\d+ did not answer within 150 ms/);
  }
  assertEquals(proxy.entries, []);
});

test("table proxy gives up a write that waits behind an unanswered request, and does not send it again", async () => {
  const got: string[] = [];
  await using server = await ScriptedServer.start(async (wire, nth) => {
    if (nth > 0) return await serveWell(wire, 5);
    for (;;) got.push(await wire.line());
  });
  await using proxy = await startTableProxy({ ...HASTY, upstream: server.addr });
  await until(() => proxy.connected, "the proxy is connected");
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=1;\nOP=PUT;IND=2;DATA=7;\nOP=GET;IND=3;\n");
  assertMatch(await client.line(), /^OP=GET;CODE=504;/);
  assertMatch(await client.line(), /^OP=PUT;CODE=504;MSG=.*not known/);
  assertEquals(await client.line(), "OP=GET;IND=3;DATA=5;");
  assertEquals(got.filter((message) => message.startsWith("OP=PUT")).length, 1);
});

test("table proxy loses no acknowledged write, whatever becomes of the server under load", async () => {
  let server = await startTableServer({ port: 0, fill: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
  const { port } = server.addr;
  await using proxy = await startTableProxy({ ...HASTY, upstream: server.addr });
  let epoch = 0;
  let stop = false;
  const counts = { acknowledged: 0, failed: 0 };
  /** Each writer has an entry of its own, so it knows what the entry holds. */
  const writer = async (index: number) => {
    using client = await Wire.open(proxy.addr);
    for (let value = 1; !stop; value++) {
      const before = epoch;
      const reply = await client.ask(`OP=PUT;IND=${index};DATA=${value};`);
      if (/CODE=50[234]/.test(reply)) {
        counts.failed++;
        continue;
      }
      assertEquals(reply, `OP=PUT;IND=${index};DATA=${value};`);
      const read = await client.ask(`OP=GET;IND=${index};`);
      // The same server lived all the while, so it has to know.
      if (before === epoch && !/CODE=50[234]/.test(read)) {
        assertEquals(read, `OP=GET;IND=${index};DATA=${value};`);
        counts.acknowledged++;
      }
    }
  };
  const writers = Array.from({ length: 8 }, (_, index) => writer(index));
  const failed = Promise.all(writers);
  try {
    for (let round = 0; round < 4; round++) {
      const wanted = counts.acknowledged + 200;
      await Promise.race([until(() => counts.acknowledged >= wanted, "writes go on"), failed]);
      epoch++;
      await server[Symbol.asyncDispose]();
      epoch++;
      server = await startTableServer({ port, fill: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0] });
    }
    const wanted = counts.acknowledged + 200;
    await Promise.race([until(() => counts.acknowledged >= wanted, "writes go on"), failed]);
  } finally {
    stop = true;
    await within(failed, "the writers to stop").finally(() => server[Symbol.asyncDispose]());
  }
});

test("table proxy stops at once while requests wait for the server", async () => {
  await using server = await ScriptedServer.start();
  const proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=1;\n");
  await up.line();
  await within(proxy[Symbol.asyncDispose](), "the proxy to stop", 1_500);
  assertEquals(await client.rest(true), "");
});

test("table proxy drains when the server has answered what was under way", async () => {
  await using server = await ScriptedServer.start();
  const proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=1;\n");
  await up.line();
  const drained = gate();
  proxy.drain(5_000).then(drained.resolve, drained.reject);
  await up.send("OP=GET;IND=1;DATA=5;\n");
  assertEquals(await client.rest(), "OP=GET;IND=1;DATA=5;\n");
  client.close();
  await within(drained.promise, "the drain");
  assertEquals(await up.rest(true), "");
});
