import { assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcClient, CalcRemoteError } from "../../calc/client.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { binary, call, E } from "../../calc/expression.ts";
import { MUL, NAMED_FUNCTIONS } from "../../calc/operators.ts";
import { ExpressionSyntaxError } from "../../calc/parse.ts";
import { startCalcProxy } from "../../calc/proxy.ts";
import { startCalcServer } from "../../calc/server.ts";
import { ClosedError, ConnectError, FrameSyntaxError } from "../../net/errors.ts";
import { golden, toHex } from "./fixtures.ts";
import { deadAddress, decode, FakeServer, packetOf, UNIX_TIME } from "./wire.ts";

test("CalcClient.evaluate takes text or a tree, and gives the number and its steps", async () => {
  await using server = await startCalcServer({ port: 0, now: () => UNIX_TIME * 1000 });
  using client = new CalcClient({ address: server.addr });
  assertEquals(await client.evaluate("max(2, 3) + 3"), {
    value: 6n,
    steps: ["max(2, 3) + 3", "3 + 3", "6"],
    unixTime: UNIX_TIME,
    freshSeconds: Infinity,
  });
  const tree = binary(MUL, call(NAMED_FUNCTIONS.get("log")!, E), 2n);
  const { value, steps } = await client.evaluate(tree, { steps: false });
  assertEquals([value, steps], [2, []]);
});

test("CalcClient.evaluate sends the original's bytes", async () => {
  const answer = await golden("ex2.res");
  await using server = await FakeServer.start(() => answer);
  using client = new CalcClient({ address: server.address, now: () => UNIX_TIME * 1000 });
  const text = "max(2, 3) + 3";
  await client.evaluate(text);
  await client.evaluate(text, { maxAge: 60 });
  await client.evaluate(text, { maxAge: 0 });
  await client.evaluate(text, { steps: false });
  await client.evaluate(text, { cache: false });
  const sent = server.requests.map(toHex);
  const names = ["ex2", "ex2.cc60", "ex2.reload", "ex2.nosteps"];
  for (const [i, name] of names.entries()) {
    assertEquals(sent[i], toHex(await golden(`${name}.req`)), name);
  }
  assertEquals(sent[4].slice(12, 20), "0c000000");
  assertEquals(server.connections, 1);
});

test("CalcClient.evaluate throws what the other side says is wrong", async () => {
  await using proxy = await startCalcProxy({ port: 0, upstream: await deadAddress(), retries: 0 });
  await using server = await startCalcServer({ port: 0 });
  using client = new CalcClient({ address: server.addr });
  const zero = await assertRejects(() => client.evaluate("1 / 0"), CalcRemoteError);
  assertEquals([zero.status, zero.exception.name, zero.message, zero.code], [
    400,
    "ZeroDivisionError",
    "division by zero",
    "REMOTE",
  ]);
  using behindProxy = new CalcClient({ address: proxy.addr });
  const away = await assertRejects(() => behindProxy.evaluate("1"), CalcRemoteError);
  assertEquals([away.status, away.exception.name], [500, "CalculatorServerError"]);
});

test("CalcClient.evaluate refuses what is no expression, and no age, before it connects", async () => {
  using client = new CalcClient({ address: await deadAddress() });
  await assertRejects(() => client.evaluate("1 +"), ExpressionSyntaxError);
  for (const maxAge of [-1, 0.5, 65_535, NaN]) {
    await assertRejects(() => client.evaluate("1", { maxAge }), RangeError);
  }
  await assertRejects(() => client.evaluate("1"), ConnectError);
});

test("CalcClient.evaluate may be called again before the answer is there", async () => {
  await using server = await startCalcServer({ port: 0 });
  using client = new CalcClient({ address: server.addr });
  const results = await Promise.all(
    Array.from({ length: 50 }, (_, i) => client.evaluate(`${i} * 2`)),
  );
  assertEquals(
    results.map(({ value }) => value),
    Array.from({ length: 50 }, (_, i) => BigInt(2 * i)),
  );
  assertEquals(server.connections, 1);
});

test("CalcClient connects anew when the connection was lost", async () => {
  const answer = await golden("ex2.res");
  let close = false;
  await using server = await FakeServer.start(() => close ? null : answer);
  using client = new CalcClient({ address: server.address });
  await client.evaluate("1");
  close = true;
  await assertRejects(() => client.evaluate("1"), ClosedError);
  close = false;
  await client.evaluate("1");
  assertEquals(server.connections, 2);
});

test("CalcClient.evaluate says what is wrong with an answer that it can't take", async () => {
  const request = await golden("ex2.req");
  const ok = decode(await golden("ex2.res"));
  const data = ok.buffer.subarray(ok.dataStart, ok.end);
  const error = decode(await golden("err.divzero.res"));
  const cases: [Uint8Array, string][] = [
    [request, "Got a request instead of a response"],
    [packetOf(0x13e7, 0xffff, data), "Unknown status code: 999"],
    [packetOf(0x10c8, 0xffff, data.subarray(0, 8)), "Received data could not be deserialized"],
    [packetOf(0x1190, 0xffff, data), "Received data is not a valid error"],
    [
      packetOf(0x10c8, 0xffff, error.buffer.subarray(error.dataStart, error.end)),
      "Received data is not a valid result",
    ],
  ];
  for (const [answer, message] of cases) {
    await using server = await FakeServer.start(() => answer);
    using client = new CalcClient({ address: server.address });
    const thrown = await assertRejects(() => client.evaluate("1"), FrameSyntaxError);
    assertEquals(thrown.message, message);
  }
});

test("CalcClient.evaluate takes an answer in parts", async () => {
  const answer = new CalcEncoder().result({ value: 7n, steps: [] }, { unixTime: UNIX_TIME });
  const first = answer.slice(0, 15);
  const rest = answer.slice(15);
  await using server = await FakeServer.start((_, count) => count === 1 ? first : rest);
  using client = new CalcClient({ address: server.address, timeoutMs: 50 });
  // The first part alone is no answer, however long it is waited for.
  await assertRejects(() => client.evaluate("7"), Error, "did not answer within 50 ms");
});
