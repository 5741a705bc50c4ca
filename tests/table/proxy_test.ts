import { assertEquals, assertMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { until } from "../support/within.ts";
import { Wire } from "../support/wire.ts";
import { startTableProxy, type TableProxy } from "../../table/proxy.ts";
import { startTableServer } from "../../table/server.ts";

/** What the proxy asks next has to be this; then it is answered. */
async function exchange(server: Wire, message: string, reply: string): Promise<void> {
  assertEquals(await server.line(), message);
  await server.send(`${reply}\n`);
}

const held = (proxy: TableProxy) => proxy.entries.map(([index]) => index).join(" ");

test("table proxy fetches what one request lacks in one round trip, and answers in the order asked", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=3,1,3,7;\n");
  await exchange(up, "OP=GET;IND=3,1,7;", "OP=GET;IND=3,1,7;DATA=30,10,70;");
  assertEquals(await client.line(), "OP=GET;IND=3,1,3,7;DATA=30,10,30,70;");
  await client.send("OP=GET;IND=1,4,3,2;\n");
  await exchange(up, "OP=GET;IND=4,2;", "OP=GET;IND=4,2;DATA=40,20;");
  assertEquals(await client.line(), "OP=GET;IND=1,4,3,2;DATA=10,40,30,20;");
  await client.send("OP=ADD;IND=4,4,5;\n");
  await exchange(up, "OP=GET;IND=5;", "OP=GET;IND=5;DATA=-50;");
  assertEquals(await client.line(), "OP=ADD;IND=4,4,5;DATA=30;");
  assertEquals(await client.ask("OP=ADD;IND=5,4;"), "OP=ADD;IND=5,4;DATA=-10;");
  assertEquals([proxy.stats.roundTrips, proxy.stats.misses], [3, 7]);
});

test("table proxy makes one round trip for all who lack the same entry", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using first = await Wire.open(proxy.addr);
  using second = await Wire.open(proxy.addr);
  using third = await Wire.open(proxy.addr);
  await first.send("OP=GET;IND=1,2;\n");
  assertEquals(await up.line(), "OP=GET;IND=1,2;");
  await second.send("OP=GET;IND=2;\n");
  await third.send("OP=ADD;IND=2,3,1;\n");
  assertEquals(await up.line(), "OP=GET;IND=3;");
  await until(() => proxy.stats.misses === 6, "the second has asked");
  await up.send("OP=GET;IND=1,2;DATA=10,20;\nOP=GET;IND=3;DATA=30;\n");
  assertEquals(await first.line(), "OP=GET;IND=1,2;DATA=10,20;");
  assertEquals(await second.line(), "OP=GET;IND=2;DATA=20;");
  assertEquals(await third.line(), "OP=ADD;IND=2,3,1;DATA=60;");
  assertEquals(proxy.stats.roundTrips, 2);
});

test("table proxy gives a failure of a shared round trip only to those whom it concerns", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using first = await Wire.open(proxy.addr);
  using second = await Wire.open(proxy.addr);
  await first.send("OP=GET;IND=1,12;\n");
  assertEquals(await up.line(), "OP=GET;IND=1,12;");
  await second.send("OP=GET;IND=1;\n");
  await until(() => proxy.stats.misses === 3, "the second has asked");
  await up.send("OP=GET;IND=12;CODE=416;MSG=index 12 is out of range 0 to 9;\n");
  await exchange(up, "OP=GET;IND=1;", "OP=GET;IND=1;DATA=5;");
  assertEquals(
    await first.line(),
    "OP=GET;IND=12;CODE=416;MSG=index 12 is out of range 0 to 9;",
  );
  assertEquals(await second.line(), "OP=GET;IND=1;DATA=5;");
});

test("table proxy does not cache an error", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=1;\n");
  await exchange(up, "OP=GET;IND=1;", "OP=GET;IND=1;CODE=404;MSG=entry 1 is empty;");
  assertEquals(await client.line(), "OP=GET;IND=1;CODE=404;MSG=entry 1 is empty;");
  await client.send("OP=GET;IND=1;\n");
  await exchange(up, "OP=GET;IND=1;", "OP=GET;IND=1;DATA=5;");
  assertEquals(await client.line(), "OP=GET;IND=1;DATA=5;");
});

test("table proxy keeps the order of recency that is documented, and shows it with INF", async () => {
  await using server = await startTableServer({ port: 0 });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  using client = await Wire.open(proxy.addr);
  const put = (index: number, value: number) => client.ask(`OP=PUT;IND=${index};DATA=${value};`);
  for (let index = 0; index < 5; index++) await put(index, index);
  assertEquals(held(proxy), "4 3 2 1 0");
  for (let index = 5; index < 10; index++) await put(index, index);
  assertEquals(held(proxy), "9 8 7 6 5");
  await put(0, 12);
  assertEquals(await client.ask("OP=INF;"), "OP=INF;IND=0,9,8,7,6;DATA=12,9,8,7,6;");
  await put(1, 45);
  assertEquals(await client.ask("OP=INF;"), "OP=INF;IND=1,0,9,8,7;DATA=45,12,9,8,7;");
  await client.ask("OP=GET;IND=8;");
  assertEquals(held(proxy), "8 1 0 9 7");
  await client.ask("OP=GET;IND=5,1;");
  assertEquals(held(proxy), "1 5 8 0 9");
  await client.ask("OP=ADD;IND=9,5;");
  assertEquals(held(proxy), "5 9 1 8 0");
  assertEquals(await client.ask("OP=CLR;"), "OP=CLR;");
  assertEquals([held(proxy), [...server.table].length], ["", 0]);
});

test("table proxy with fifo lets the oldest arrival go", async () => {
  await using server = await startTableServer({ port: 0, fill: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
  await using proxy = await startTableProxy({
    port: 0,
    upstream: server.addr,
    eviction: "fifo",
    capacity: 3,
  });
  using client = await Wire.open(proxy.addr);
  for (const index of [1, 2, 3]) await client.ask(`OP=GET;IND=${index};`);
  await client.ask("OP=GET;IND=1;");
  await client.ask("OP=PUT;IND=1;DATA=11;");
  assertEquals(held(proxy), "3 2 1");
  await client.ask("OP=GET;IND=4;");
  assertEquals(held(proxy), "4 3 2");
});

test("table proxy answers requests for more than it can hold", async () => {
  await using server = await startTableServer({ port: 0, fill: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr, capacity: 1 });
  using client = await Wire.open(proxy.addr);
  const all = "0,1,2,3,4,5,6,7,8,9";
  for (let i = 0; i < 3; i++) {
    assertEquals(await client.ask(`OP=GET;IND=${all};`), `OP=GET;IND=${all};DATA=${all};`);
    assertEquals(await client.ask(`OP=ADD;IND=${all};`), `OP=ADD;IND=${all};DATA=45;`);
  }
  assertEquals(
    await client.ask(`OP=PUT;IND=${all};DATA=${all};`),
    `OP=PUT;IND=${all};DATA=${all};`,
  );
  assertEquals(proxy.entries, [[9, 9]]);
  assertEquals(await client.ask("OP=PUT;IND=3,3;DATA=1,2;"), "OP=PUT;IND=3,3;DATA=1,2;");
  assertEquals([proxy.entries, server.table.at(3)], [[[3, 2]], 2]);
});

test("table proxy takes no index for another: 7 and 007 are one entry", async () => {
  await using server = await startTableServer({ port: 0 });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  using client = await Wire.open(proxy.addr);
  await client.ask("OP=PUT;IND=007;DATA=0070;");
  assertEquals(await client.ask("OP=GET;IND=7,07;"), "OP=GET;IND=7,7;DATA=70,70;");
  assertEquals(await client.ask("OP=GET;IND=-0;"), "OP=GET;IND=0;CODE=404;MSG=entry 0 is empty;");
  assertMatch(await client.ask("OP=PUT;IND=-7;DATA=1;"), /^OP=PUT;IND=-7;CODE=416;MSG=/);
  assertEquals(proxy.entries, [[7, 70]]);
});

test("table proxy does not let the old value back in when a PUT overtakes a miss", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using reader = await Wire.open(proxy.addr);
  using writer = await Wire.open(proxy.addr);
  await reader.send("OP=GET;IND=1,2;\n");
  assertEquals(await up.line(), "OP=GET;IND=1,2;");
  await writer.send("OP=PUT;IND=1;DATA=9;\n");
  assertEquals(await up.line(), "OP=PUT;IND=1;DATA=9;");
  await up.send("OP=GET;IND=1,2;DATA=5,6;\n");
  assertEquals(await reader.line(), "OP=GET;IND=1,2;DATA=5,6;");
  // The PUT is not answered, so nobody may be told what the entry holds.
  await reader.send("OP=GET;IND=1;\n");
  assertEquals(await up.line(), "OP=GET;IND=1;");
  await up.send("OP=PUT;IND=1;DATA=9;\nOP=GET;IND=1;DATA=9;\n");
  assertEquals(await writer.line(), "OP=PUT;IND=1;DATA=9;");
  assertEquals(await reader.line(), "OP=GET;IND=1;DATA=9;");
  assertEquals(await reader.ask("OP=GET;IND=1,2;"), "OP=GET;IND=1,2;DATA=9,6;");
});

test("table proxy does not let the old value back in when a CLR overtakes a miss", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using reader = await Wire.open(proxy.addr);
  using writer = await Wire.open(proxy.addr);
  await reader.send("OP=GET;IND=1;\n");
  assertEquals(await up.line(), "OP=GET;IND=1;");
  await writer.send("OP=CLR;\n");
  assertEquals(await up.line(), "OP=CLR;");
  await up.send("OP=GET;IND=1;DATA=5;\n");
  assertEquals(await reader.line(), "OP=GET;IND=1;DATA=5;");
  await reader.send("OP=GET;IND=1;\n");
  assertEquals(await up.line(), "OP=GET;IND=1;");
  await up.send("OP=CLR;\nOP=GET;IND=1;CODE=404;MSG=entry 1 is empty;\n");
  assertEquals(await writer.line(), "OP=CLR;");
  assertEquals(await reader.line(), "OP=GET;IND=1;CODE=404;MSG=entry 1 is empty;");
  assertEquals(proxy.entries, []);
});

test("table proxy lets nobody join a miss that was asked before a write", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using early = await Wire.open(proxy.addr);
  using writer = await Wire.open(proxy.addr);
  using late = await Wire.open(proxy.addr);
  await early.send("OP=GET;IND=1;\n");
  assertEquals(await up.line(), "OP=GET;IND=1;");
  await writer.send("OP=PUT;IND=1,2;DATA=8,8;\n");
  assertEquals(await up.line(), "OP=PUT;IND=1,2;DATA=8,8;");
  await late.send("OP=GET;IND=2,1;\n");
  assertEquals(await up.line(), "OP=GET;IND=2,1;");
  await up.send("OP=GET;IND=1;DATA=5;\nOP=PUT;IND=1,2;DATA=8,8;\nOP=GET;IND=2,1;DATA=8,8;\n");
  assertEquals(await early.line(), "OP=GET;IND=1;DATA=5;");
  assertEquals(await late.line(), "OP=GET;IND=2,1;DATA=8,8;");
});

test("table proxy gives no hit while a write to the entry is unanswered, and goes on giving the others", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using reader = await Wire.open(proxy.addr);
  using writer = await Wire.open(proxy.addr);
  await reader.send("OP=GET;IND=1,2;\n");
  await exchange(up, "OP=GET;IND=1,2;", "OP=GET;IND=1,2;DATA=5,6;");
  await reader.line();
  await writer.send("OP=PUT;IND=1;DATA=9;\n");
  assertEquals(await up.line(), "OP=PUT;IND=1;DATA=9;");
  assertEquals(await reader.ask("OP=GET;IND=2;"), "OP=GET;IND=2;DATA=6;");
  assertEquals(await reader.ask("OP=INF;"), "OP=INF;IND=2;DATA=6;");
  await reader.send("OP=ADD;IND=1,2;\n");
  assertEquals(await up.line(), "OP=GET;IND=1;");
  await up.send("OP=PUT;IND=1;CODE=416;MSG=no;\nOP=GET;IND=1;DATA=5;\n");
  assertEquals(await writer.line(), "OP=PUT;IND=1;CODE=416;MSG=no;");
  assertEquals(await reader.line(), "OP=ADD;IND=1,2;DATA=11;");
  assertEquals(await reader.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
});

test("table proxy writes the server first, and its cache not at all when the server refuses", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=PUT;IND=1;DATA=9;\n");
  assertEquals(await up.line(), "OP=PUT;IND=1;DATA=9;");
  assertEquals(proxy.entries, []);
  await up.send("OP=PUT;IND=1;CODE=416;MSG=index 1 is out of range;CODE=200;\n");
  assertEquals(await client.line(), "OP=PUT;IND=1;CODE=416;MSG=index 1 is out of range;");
  assertEquals(proxy.entries, []);
});

test("table proxy keeps the order of one client's pipelined messages", async () => {
  await using server = await startTableServer({ port: 0, fill: [1, 2, 3] });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr, capacity: 2 });
  using client = await Wire.open(proxy.addr);
  const sent = [
    ["OP=GET;IND=0;", "OP=GET;IND=0;DATA=1;"],
    ["OP=PUT;IND=0;DATA=7;", "OP=PUT;IND=0;DATA=7;"],
    ["OP=GET;IND=0,1;", "OP=GET;IND=0,1;DATA=7,2;"],
    ["OP=FOO;", 'OP=FOO;CODE=405;MSG=there is no operation "FOO", only GET PUT ADD CLR INF;'],
    ["OP=CLR;", "OP=CLR;"],
    ["OP=GET;IND=1;", "OP=GET;IND=1;CODE=404;MSG=entry 1 is empty;"],
    ["OP=PUT;IND=1;DATA=4;", "OP=PUT;IND=1;DATA=4;"],
    ["OP=ADD;IND=1,1;", "OP=ADD;IND=1,1;DATA=8;"],
  ];
  await client.send(sent.map(([message]) => message).join("\n") + "\n");
  for (const [message, reply] of sent) assertEquals(await client.line(), reply, message);
});

test("table proxy lets a message of the largest size through to the server", async () => {
  await using server = await startTableServer({ port: 0, fill: [1] });
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  using other = await Wire.open(proxy.addr);
  await other.ask("OP=GET;IND=0;");
  const zeros = (count: number) => Array.from({ length: count }, () => "0").join(",");
  // Without its end it has 65 535 bytes, or one more.
  const put = `OP=PUT;IND=${zeros(16_380)};DATA=${zeros(16_380)}`;
  for (const message of [put, put.replace(/0$/, "10")]) {
    assertEquals(message.length + 1 >= 64 * 1024, true);
    using client = await Wire.open(proxy.addr);
    await client.send(message);
    assertMatch(await client.take(14), /^OP=PUT;IND=0[;,]/);
    assertEquals(await client.take(message.length - 14), message.slice(14));
  }
  assertEquals(await other.ask("OP=GET;IND=0;"), "OP=GET;IND=0;DATA=10;");
});

test("table proxy takes CODE=200 on any reply of a server, and what ends without ; or line break", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  for (
    const [message, upstream] of [
      ["OP=GET;IND=1;", "OP=GET;IND=1;DATA=5"],
      ["OP=CLR;", "OP=CLR"],
      ["OP=PUT;IND=1;DATA=6;", "OP=PUT;IND=1;DATA=6;CODE=200"],
      ["OP=CLR;", "OP=CLR;CODE=200"],
      ["OP=CLR;", "OP=CLR;"],
    ]
  ) {
    await client.send(`${message}\n`);
    assertEquals(await up.line(), message);
    await up.send(upstream);
    const reply = await client.line();
    assertEquals(reply, message.startsWith("OP=GET") ? "OP=GET;IND=1;DATA=5;" : message);
  }
});

test("table proxy reads an entry again when nothing was asked for a while, and believes what it hears", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({ port: 0, upstream: server.addr, keepAliveMs: 20 });
  const up = await server.next();
  using client = await Wire.open(proxy.addr);
  await client.send("OP=GET;IND=2,1;\n");
  await exchange(up, "OP=GET;IND=2,1;", "OP=GET;IND=2,1;DATA=6,5;");
  await client.line();
  await exchange(up, "OP=GET;IND=1;", "OP=GET;IND=1;DATA=7;");
  await until(() => proxy.entries[0][1] === 7, "the answer has come");
  assertEquals(proxy.entries, [[1, 7], [2, 6]]);
});
