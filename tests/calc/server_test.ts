import { assert, assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { ADD, MUL } from "../../calc/operators.ts";
import { binary, type Expression } from "../../calc/expression.ts";
import { Fraction } from "../../calc/fraction.ts";
import { startCalcProxy } from "../../calc/proxy.ts";
import { type CalcServer, startCalcServer } from "../../calc/server.ts";
import { Observer } from "../../observe/observer.ts";
import { fromHex, golden, toHex } from "./fixtures.ts";
import { packetOf, requestFor, said, UNIX_TIME, Wire } from "./wire.ts";

const NAMES = [
  "ex1",
  "ex2",
  "ex2.nosteps",
  "ex2.reload",
  "ex2.cc60",
  "ex3",
  "ex3.nosteps",
  "ex4",
  "ex5",
  "ex6",
  "err.divzero",
  "err.sqrtneg",
  "const",
  "const.neg",
  "const.float",
  "named.pi",
  "un.neg",
  "bin.div",
  "fn.all",
];

function start(options: { budgetMs?: number } = {}): Promise<CalcServer> {
  return startCalcServer({ port: 0, now: () => UNIX_TIME * 1000, quietMs: 20, ...options });
}

/** An expression that takes seconds: thousands of sums of fractions with thousands of digits. */
function heavyExpression(): Expression {
  const part = binary(ADD, new Fraction(1n, 7n ** 2400n), new Fraction(1n, 9n ** 2100n));
  let tree: Expression = binary(MUL, part, 0n);
  for (let i = 0; i < 11; i++) tree = binary(ADD, tree, tree);
  return tree;
}

function heavyRequest(): Uint8Array {
  return new CalcEncoder().request(heavyExpression(), { unixTime: UNIX_TIME, steps: false })
    .slice();
}

test("startCalcServer, and startCalcProxy before it, answer the original's bytes with the original's", async () => {
  await using server = await start();
  await using proxy = await startCalcProxy({
    port: 0,
    upstream: server.addr,
    now: () => UNIX_TIME * 1000,
  });
  for (const { addr } of [server, proxy]) {
    using wire = await Wire.open(addr);
    for (const name of NAMES) {
      await wire.send(await golden(`${name}.req`));
      assertEquals(toHex((await wire.packet())!), toHex(await golden(`${name}.res`)), name);
    }
  }
});

test("startCalcServer answers what is too short in the original's words, and closes", async () => {
  await using server = await start();
  using wire = await Wire.open(server.addr);
  await wire.send(await golden("raw.short.server.req"));
  assertEquals(toHex((await wire.packet())!), toHex(await golden("raw.short.server.res")));
  assertEquals(await wire.packet(), null);
});

test("startCalcServer reads packets that are glued or split anywhere", async () => {
  await using server = await start();
  using wire = await Wire.open(server.addr);
  const requests = ["1 + 1", "7 / 2", "1 / 0", "2 ** 10"].map((text) => requestFor(text));
  await wire.send(...requests);
  const answers: string[] = [];
  for (let i = 0; i < 4; i++) answers.push(said((await wire.packet())!));
  const expected = ["200 2", "200 3.5", "400 ZeroDivisionError: division by zero", "200 1024"];
  assertEquals(answers, expected);

  const request = requestFor("max(2, 3) + 3");
  for (const at of [1, 5, 12, 13, 100, request.length - 1]) {
    // The second part leaves in a later turn, and most likely in a segment of its own.
    await wire.send(request.subarray(0, at));
    await new Promise((resolve) => setTimeout(resolve));
    assertEquals(await wire.ask(request.subarray(at)), "200 6", `split at ${at}`);
  }
});

test("startCalcServer answers what is no request with an error, and goes on", async () => {
  await using server = await start();
  using wire = await Wire.open(server.addr);
  const seven = fromHex("80044b072e");
  const system = fromHex("636f730a73797374656d0a2858040000006c73202f74522e");
  const unreadable = "400 ValueError: Received data could not be deserialized";
  const notExpression = "400 ValueError: Received data is not an Expression2";
  const cases: [Uint8Array, string][] = [
    [packetOf(0x1c00, 0xffff, new Uint8Array(0)), notExpression],
    [packetOf(0x1c00, 0xffff, seven), notExpression],
    [packetOf(0x1c00, 0xffff, fromHex("deadbeef")), unreadable],
    [packetOf(0x1c00, 0xffff, seven.subarray(0, 4)), unreadable],
    [await golden("ex2.res"), "400 TypeError: Received a response instead of a request"],
    [await golden("ex2.req"), "200 6"],
  ];
  for (const [packet, answer] of cases) assertEquals(await wire.ask(packet), answer);
  // A global that is not on the list is named, and nothing is called.
  const named = await wire.ask(packetOf(0x1c00, 0xffff, system));
  assert(/^400 \w+: .*os\.system/.test(named), named);
  // Reserved bits, a status in a request, and padding are passed over.
  const odd = (await golden("ex2.req")).slice();
  odd[6] |= 0xe0;
  odd[7] = 0xc8;
  odd[10] = odd[11] = 0xff;
  assertEquals(await wire.ask(odd), "200 6");
});

test("startCalcServer survives lengths that lie", async () => {
  await using server = await start();
  const request = await golden("ex2.req");
  const withLength = (length: number, bytes: Uint8Array) => {
    const copy = bytes.slice();
    copy[4] = length >> 8;
    copy[5] = length & 0xff;
    return copy;
  };
  for (const length of [0, 11]) {
    using wire = await Wire.open(server.addr);
    const text = `Invalid total length: ${length} (must be between 12 and 65536 bytes inclusive)`;
    assertEquals(
      await wire.ask(withLength(length, request)),
      `500 CalculatorClientError: Error while unpacking request: ${text}`,
    );
    assertEquals(await wire.packet(), null);
  }
  // The pickle is whole, so it is answered all the same.
  for (const length of [12, 100, 375, 377, 65_535]) {
    using wire = await Wire.open(server.addr);
    assertEquals(await wire.ask(withLength(length, request)), "200 6", String(length));
  }
  // Nothing comes after a header that promises much: at the end of the stream it is what it is.
  using wire = await Wire.open(server.addr);
  await wire.send(withLength(65_535, request.subarray(0, 12)));
  await wire.closeWrite();
  const unreadable = "400 ValueError: Received data could not be deserialized";
  assertEquals(said((await wire.packet())!), unreadable);
});

test("startCalcServer warns of headers that are wrong, and tells what it reads and writes", async () => {
  const told: string[] = [];
  const observer = new Observer();
  observer.on("node", ({ type, text }) => {
    if (type === "node.warning") told.push(text.replace(/^\S+ /, ""));
  });
  observer.on("message", ({ text }) => told.push(text));
  await using server = await startCalcServer({ port: 0, observer });
  using wire = await Wire.open(server.addr);
  const odd = (await golden("ex2.nosteps.req")).slice();
  odd.set([0, 12, 0x24, 7, 0, 60], 4);
  assertEquals(await wire.ask(odd), "200 6");
  assertEquals(
    await wire.ask(await golden("err.divzero.req")),
    "400 ZeroDivisionError: division by zero",
  );
  assertEquals(told, [
    "Expected reserved bits 0, found others",
    "Expected status 0 in a request, found 7",
    "Expected cache control 0 without the cache flag, found 60",
    "Expected a packet of 12 bytes, found 376",
    "Got request of length 376 bytes: max(2, 3) + 3",
    "Sending response of length 30 bytes: 6",
    `Got request of length ${(await golden("err.divzero.req")).length} bytes: 1 / (2 - 2)`,
    "Sending response of length 80 bytes: ZeroDivisionError: division by zero",
  ]);
});

test("startCalcServer takes packets of the largest size, one after the other", async () => {
  await using server = await start();
  await using proxy = await startCalcProxy({ port: 0, upstream: server.addr });
  const request = requestFor("1 + 1");
  // What stands behind a pickle belongs to its packet, and does not count.
  const data = new Uint8Array(65_535 - 12);
  data.set(request.subarray(12));
  const largest = packetOf(0x1c00, 0xffff, data);
  for (const { addr } of [server, proxy]) {
    using wire = await Wire.open(addr);
    await wire.send(largest, largest, request);
    for (let i = 0; i < 3; i++) assertEquals(said((await wire.packet())!), "200 2");
  }
});

test("startCalcServer says so to a client that is one too many", async () => {
  await using server = await startCalcServer({ port: 0, maxConnections: 1 });
  using first = await Wire.open(server.addr);
  assertEquals(await first.ask(requestFor("1 + 1")), "200 2");
  using second = await Wire.open(server.addr);
  assertEquals(
    said((await second.packet())!),
    "500 CalculatorServerError: All 1 connections are in use; try again later",
  );
});

test("startCalcServer tells a client whose packet does not end, after the time for it", async () => {
  await using server = await startCalcServer({ port: 0, frameTimeoutMs: 40, quietMs: 10 });
  using wire = await Wire.open(server.addr);
  await wire.send(requestFor("1 + 1").subarray(0, 100));
  assertEquals(
    said((await wire.packet())!),
    "500 CalculatorClientError: Error while unpacking request: Message was not whole within 40 ms",
  );
  assertEquals(await wire.packet(), null);
});

test("startCalcServer is stopped by no packet of random bytes", async () => {
  await using server = await start();
  let seed = 12345;
  const random = () => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) / 0x80000000;
  const request = await golden("ex1.req");
  for (let i = 0; i < 60; i++) {
    using wire = await Wire.open(server.addr);
    const bytes = request.slice();
    for (let j = 0; j < 8; j++) bytes[12 + Math.floor(random() * 675)] = Math.floor(random() * 256);
    await wire.send(bytes);
    await wire.closeWrite();
    assert((await wire.packet()) !== null, `round ${i}`);
  }
  // Memo bombs: a list that holds itself many times over, and a list of many references.
  const bombs = [
    "80045d94" + "6800".repeat(20_000) + "652e",
    "8004" + "28".repeat(30_000) + "2e",
    "80045d94" + "2868006800".repeat(5_000) + "2e",
  ];
  using wire = await Wire.open(server.addr);
  for (const bomb of bombs) {
    assert(/^400 /.test(await wire.ask(packetOf(0x1c00, 0xffff, fromHex(bomb)))));
  }
  assertEquals(await wire.ask(await golden("ex2.req")), "200 6");
});

test("startCalcServer answers others while one evaluation goes on", async () => {
  await using server = await start({ budgetMs: 300 });
  using heavy = await Wire.open(server.addr);
  using light = await Wire.open(server.addr);
  let over = false;
  const answer = heavy.ask(heavyRequest()).finally(() => over = true);
  let answered = 0;
  const request = requestFor("1 + 1");
  while (answered < 100) {
    assertEquals(await light.ask(request), "200 2");
    answered++;
    assert(!over, `the heavy one was over after ${answered} answers`);
  }
  assertEquals(
    await answer,
    "400 TimeoutError: Evaluation stopped after its budget of 300 ms",
  );
});

test("startCalcServer keeps the order of one connection's answers, however long each takes", async () => {
  await using server = await start({ budgetMs: 20 });
  using wire = await Wire.open(server.addr);
  await wire.send(requestFor("1 + 1"), heavyRequest(), requestFor("2 + 2"));
  const answers: string[] = [];
  for (let i = 0; i < 3; i++) answers.push(said((await wire.packet())!));
  const stopped = "400 TimeoutError: Evaluation stopped after its budget of 20 ms";
  assertEquals(answers, ["200 2", stopped, "200 4"]);
});

test("startCalcServer says of a stopped evaluation that it must not be cached", async () => {
  await using server = await start({ budgetMs: 10 });
  using wire = await Wire.open(server.addr);
  await wire.send(heavyRequest());
  const answer = (await wire.packet())!;
  assertEquals(toHex(answer.subarray(6, 10)), "01900000");
});

test("CalcServer.close ends an evaluation that is under way", async () => {
  const server = await start({ budgetMs: 60_000 });
  using heavy = await Wire.open(server.addr);
  using light = await Wire.open(server.addr);
  await heavy.send(heavyRequest());
  assertEquals(await light.ask(requestFor("1 + 1")), "200 2");
  server.close();
  await server.finished;
  assertEquals(await heavy.packet(), null);
});

test("CalcServer.drain answers what is under way", async () => {
  const server = await start({ budgetMs: 50 });
  const heavy = await Wire.open(server.addr);
  using light = await Wire.open(server.addr);
  const answer = heavy.ask(heavyRequest());
  assertEquals(await light.ask(requestFor("1 + 1")), "200 2");
  const drained = server.drain();
  assertEquals(await answer, "400 TimeoutError: Evaluation stopped after its budget of 50 ms");
  heavy[Symbol.dispose]();
  await drained;
});
