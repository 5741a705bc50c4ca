import { assertEquals, assertMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { until } from "../support/within.ts";
import { Wire } from "../support/wire.ts";
import { Observer } from "../../observe/observer.ts";
import { startTableProxy } from "../../table/proxy.ts";

/** A cache that outlives connections, and short waits. */
const HASTY = {
  port: 0,
  keepOnReconnect: true,
  replyTimeoutMs: 400,
  backoff: { firstMs: 5, maxMs: 20 },
} as const;

test("table proxy never hides a write that a server makes after its time", async () => {
  const stored: string[] = [];
  const observer = new Observer();
  observer.on("cache", ({ type, key }) => stored.push(`${type} ${key}`));
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    observer,
  });
  using client = await Wire.open(proxy.addr);
  const old = await server.next();
  await client.send("OP=PUT;IND=1;DATA=9;\n");
  assertEquals(await old.line(), "OP=PUT;IND=1;DATA=9;");
  assertMatch(
    await client.line(),
    /^OP=PUT;CODE=504;MSG=.* not known whether the server has done it;$/,
  );

  // The old connection is not over, so the write may still happen: no answer is good for a second time.
  const young = await server.next();
  for (let i = 0; i < 3; i++) {
    await client.send("OP=GET;IND=1;\n");
    assertEquals(await young.line(), "OP=GET;IND=1;");
    await young.send("OP=GET;IND=1;DATA=5;\n");
    assertEquals(await client.line(), "OP=GET;IND=1;DATA=5;");
  }

  // The server reads the entry, then does the write and closes; the answers arrive the other way round.
  await client.send("OP=GET;IND=1;\n");
  assertEquals(await young.line(), "OP=GET;IND=1;");
  old.close();
  await until(() => stored.includes("cache.invalidate 1"), "the end of the write is known");
  await young.send("OP=GET;IND=1;DATA=5;\n");
  assertEquals(await client.line(), "OP=GET;IND=1;DATA=5;");
  await client.send("OP=GET;IND=1;\n");
  assertEquals(await young.line(), "OP=GET;IND=1;");
  await young.send("OP=GET;IND=1;DATA=9;\n");
  assertEquals(await client.line(), "OP=GET;IND=1;DATA=9;");
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=9;");
});

test("table proxy does not keep what it wrote when a late write of before may have come after it", async () => {
  const changes: string[] = [];
  const observer = new Observer();
  observer.on("cache", ({ type, key }) => changes.push(`${type} ${key}`));
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    observer,
  });
  using client = await Wire.open(proxy.addr);
  const old = await server.next();
  await client.send("OP=PUT;IND=1;DATA=9;\n");
  await old.line();
  assertMatch(await client.line(), /^OP=PUT;CODE=504;/);
  const young = await server.next();
  await client.send("OP=GET;IND=1;\n");
  await young.line();
  await young.send("OP=GET;IND=1;DATA=5;\n");
  await client.line();

  // The server writes 7, then 9, and closes; the answers arrive the other way round.
  await client.send("OP=PUT;IND=1;DATA=7;\n");
  assertEquals(await young.line(), "OP=PUT;IND=1;DATA=7;");
  old.close();
  await until(() => changes.includes("cache.invalidate 1"), "the end of the write is known");
  await young.send("OP=PUT;IND=1;DATA=7;\n");
  assertEquals(await client.line(), "OP=PUT;IND=1;DATA=7;");
  await client.send("OP=GET;IND=1;\n");
  assertEquals(await young.line(), "OP=GET;IND=1;");
  await young.send("OP=GET;IND=1;DATA=9;\n");
  assertEquals(await client.line(), "OP=GET;IND=1;DATA=9;");
  assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=9;");
});

test("table proxy reads entries together that an unanswered write may change together", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  const old = await server.next();
  await client.send("OP=PUT;IND=1,2;DATA=9,9;\n");
  assertEquals(await old.line(), "OP=PUT;IND=1,2;DATA=9,9;");
  await client.line();
  const young = await server.next();
  using other = await Wire.open(proxy.addr);
  await other.send("OP=GET;IND=1;\n");
  assertEquals(await young.line(), "OP=GET;IND=1;");
  await client.send("OP=GET;IND=1,2;\n");
  // The write may happen between the two, so the first answer says nothing about the second.
  assertEquals(await young.line(), "OP=GET;IND=1,2;");
  await young.send("OP=GET;IND=1;DATA=5;\nOP=GET;IND=1,2;DATA=9,9;\n");
  assertEquals(await other.line(), "OP=GET;IND=1;DATA=5;");
  assertEquals(await client.line(), "OP=GET;IND=1,2;DATA=9,9;");
});

test("table proxy waits for the end of a connection on which a write was answered with nonsense", async () => {
  await using server = await ScriptedServer.start();
  await using proxy = await startTableProxy({
    ...HASTY,
    replyTimeoutMs: 5_000,
    upstream: server.addr,
  });
  using client = await Wire.open(proxy.addr);
  const old = await server.next();
  await client.send("OP=PUT;IND=1;DATA=9;\n");
  await old.line();
  await old.send("nonsense\n");
  assertMatch(await client.line(), /^OP=PUT;CODE=502;MSG=The server answered nonsense/);
  const young = await server.next();
  for (let i = 0; i < 2; i++) {
    await client.send("OP=GET;IND=1;\n");
    assertEquals(await young.line(), "OP=GET;IND=1;");
    await young.send("OP=GET;IND=1;DATA=5;\n");
    assertEquals(await client.line(), "OP=GET;IND=1;DATA=5;");
  }
});
