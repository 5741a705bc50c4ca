import { assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { startBareServer, startColonServer, type WildState } from "../support/wild_servers.ts";
import { until } from "../support/within.ts";
import { Wire } from "../support/wire.ts";
import { startTableProxy } from "../../table/proxy.ts";
import { startTableServer } from "../../table/server.ts";

const HASTY = {
  port: 0,
  retryTimeMs: 2_000,
  replyTimeoutMs: 1_500,
  backoff: { firstMs: 5, maxMs: 20 },
} as const;

const newState = (): WildState => ({ values: new Map(), asked: [] });

const DIALECTS = [["bare", startBareServer], ["colon", startColonServer]] as const;

for (const [dialect, start] of DIALECTS) {
  test(`table proxy speaks ${dialect} with a server in the wild`, async () => {
    const state = newState();
    await using server = await start(state);
    await using proxy = await startTableProxy({
      ...HASTY,
      upstream: server.addr,
      upstreamDialect: dialect,
    });
    using client = await Wire.open(proxy.addr);
    const talk = [
      [
        "OP=PUT;IND=1,3,5,7,8,9;DATA=11,-33,55,77,88,0;",
        "OP=PUT;IND=1,3,5,7,8,9;DATA=11,-33,55,77,88,0;",
      ],
      ["OP=GET;IND=3,1,3;", "OP=GET;IND=3,1,3;DATA=-33,11,-33;"],
      ["OP=GET;IND=9,7,8,5,3,1;", "OP=GET;IND=9,7,8,5,3,1;DATA=0,77,88,55,-33,11;"],
      ["OP=ADD;IND=3,1,3;", "OP=ADD;IND=3,1,3;DATA=-55;"],
      ["OP=GET;IND=2;", "OP=GET;IND=2;CODE=404;"],
      ["OP=GET;IND=1,2,7,4;", "OP=GET;IND=2,4;CODE=404;"],
      [
        "OP=PUT;IND=2,4;DATA=9007199254740991,-9007199254740991;",
        "OP=PUT;IND=2,4;DATA=9007199254740991,-9007199254740991;",
      ],
      ["OP=CLR;", "OP=CLR;"],
      ["OP=GET;IND=1;", "OP=GET;IND=1;CODE=404;"],
      ["OP=PUT;IND=1;DATA=1;", "OP=PUT;IND=1;DATA=1;"],
      ["OP=GET;IND=1;", "OP=GET;IND=1;DATA=1;"],
    ];
    for (const [message, reply] of talk) {
      const got = await client.ask(message);
      assertEquals(got.replace(/CODE=404;MSG=.*/, "CODE=404;"), reply, message);
    }
    assertEquals([...state.values], [[1, 1]]);
    assertEquals(server.wires.length, 1);
  });

  test(`table proxy has one ${dialect} request in flight, whatever its clients ask at once`, async () => {
    const state = newState();
    for (let index = 0; index < 10; index++) state.values.set(index, 100 + index);
    await using server = await start(state);
    await using proxy = await startTableProxy({
      ...HASTY,
      upstream: server.addr,
      upstreamDialect: dialect,
    });
    const wires = await Promise.all(Array.from({ length: 8 }, () => Wire.open(proxy.addr)));
    try {
      const replies = await Promise.all(
        wires.map((wire, i) => wire.ask(`OP=GET;IND=${i},${i + 1};`)),
      );
      replies.forEach((reply, i) =>
        assertEquals(reply, `OP=GET;IND=${i},${i + 1};DATA=${100 + i},${101 + i};`)
      );
    } finally {
      for (const wire of wires) wire.close();
    }
    const shape = dialect === "bare" ? /^OP=GET;IND=[0-9,]+$/ : /^GET:\d:$/;
    for (const message of state.asked) assertMatch(message, shape);
  });

  test(`table proxy copes with a ${dialect} server that closes after each reply`, async () => {
    for (const keepOnReconnect of [false, true]) {
      const state = newState();
      await using server = await start(state, { closes: true });
      await using proxy = await startTableProxy({
        ...HASTY,
        upstream: server.addr,
        upstreamDialect: dialect,
        keepOnReconnect,
      });
      using client = await Wire.open(proxy.addr);
      assertEquals(await client.ask("OP=PUT;IND=1;DATA=5;"), "OP=PUT;IND=1;DATA=5;");
      assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
      state.values.set(2, -6);
      assertEquals(await client.ask("OP=GET;IND=2,1;"), "OP=GET;IND=2,1;DATA=-6,5;");
      assertEquals(await client.ask("OP=CLR;"), "OP=CLR;");
      assertMatch(await client.ask("OP=GET;IND=1,2;"), /^OP=GET;IND=1,2;CODE=404;/);
    }
  });

  test(`table proxy survives the death of a ${dialect} server, and finds the next one`, async () => {
    const state = newState();
    const first = await start(state);
    const { port } = first.addr;
    await using proxy = await startTableProxy({
      ...HASTY,
      retryTimeMs: 100,
      upstream: first.addr,
      upstreamDialect: dialect,
    });
    using client = await Wire.open(proxy.addr);
    assertEquals(await client.ask("OP=PUT;IND=1;DATA=5;"), "OP=PUT;IND=1;DATA=5;");
    await first[Symbol.asyncDispose]();
    await until(() => !proxy.connected, "the proxy has noticed");
    assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=5;");
    assertMatch(await client.ask("OP=GET;IND=2;"), /^OP=GET;CODE=503;/);
    await using _second = await start({ values: new Map([[1, 6]]), asked: [] }, { port });
    await until(() => proxy.connected, "the proxy has come back");
    assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=6;");
  });

  test(`table proxy answers 504 for a ${dialect} server that falls silent`, async () => {
    const state = newState();
    await using server = await start(state, { instead: () => null });
    await using proxy = await startTableProxy({
      ...HASTY,
      replyTimeoutMs: 100,
      upstream: server.addr,
      upstreamDialect: dialect,
    });
    using client = await Wire.open(proxy.addr);
    assertMatch(await client.ask("OP=GET;IND=1,2;"), /^OP=GET;CODE=504;/);
    assertMatch(await client.ask("OP=PUT;IND=1,2;DATA=1,2;"), /^OP=PUT;CODE=504;.*not known/);
    assertEquals(proxy.entries, []);
  });
}

test("table proxy asks a bare server for each entry by itself to say which are empty, and no further", async () => {
  const state = newState();
  state.values.set(1, 5);
  await using server = await startBareServer(state);
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    upstreamDialect: "bare",
  });
  using client = await Wire.open(proxy.addr);
  assertEquals(
    await client.ask("OP=GET;IND=1,2,3;"),
    "OP=GET;IND=2,3;CODE=404;MSG=the server answered with code 404;",
  );
  assertEquals(state.asked, ["OP=GET;IND=1,2,3", "OP=GET;IND=1", "OP=GET;IND=2", "OP=GET;IND=3"]);
});

test("table proxy answers 502 when a bare server fails on a request for several entries", async () => {
  const state = newState();
  await using server = await startBareServer(state);
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    upstreamDialect: "bare",
  });
  using client = await Wire.open(proxy.addr);
  for (let i = 0; i < 3; i++) {
    assertEquals(
      await client.ask("OP=GET;IND=1,12;"),
      "OP=GET;CODE=502;MSG=the server answered with code 500;",
    );
  }
  assertEquals(await client.ask("OP=PUT;IND=1;DATA=5;"), "OP=PUT;IND=1;DATA=5;");
});

test("table proxy takes what a bare server ends with ; and a line break, sent by themselves", async () => {
  const state = newState();
  state.values.set(1, 5).set(2, 6);
  await using server = await startBareServer(state, {
    instead: (message) => `${message};DATA=5;CODE=200;\r\n`,
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    upstreamDialect: "bare",
  });
  using client = await Wire.open(proxy.addr);
  for (const index of [1, 2, 3]) {
    assertEquals(await client.ask(`OP=GET;IND=${index};`), `OP=GET;IND=${index};DATA=5;`);
  }
  assertEquals(server.wires.length, 1);
});

test("table proxy caches an entry again after a colon server has refused a part of a PUT", async () => {
  const state = newState();
  await using server = await startColonServer(state, {
    instead: (message) => message === "PUT:2:2:" ? "-" : undefined,
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    upstreamDialect: "colon",
  });
  using client = await Wire.open(proxy.addr);
  assertMatch(await client.ask("OP=PUT;IND=1,2;DATA=1,2;"), /^OP=PUT;IND=2;CODE=404;/);
  assertEquals(proxy.entries, []);
  for (let i = 0; i < 3; i++) {
    assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=1;");
  }
  assertEquals(state.asked, ["PUT:1:1:", "PUT:2:2:", "GET:1:"]);
  assertEquals(await client.ask("OP=INF;"), "OP=INF;IND=1;DATA=1;");
});

test("table proxy answers 502 to a colon server that says something else than an integer", async () => {
  const state = newState();
  await using server = await startColonServer(state, {
    instead: (message) => message === "GET:1:" ? "error: what?" : undefined,
  });
  await using proxy = await startTableProxy({
    ...HASTY,
    upstream: server.addr,
    upstreamDialect: "colon",
  });
  using client = await Wire.open(proxy.addr);
  assertStringIncludes(await client.ask("OP=GET;IND=1;"), "OP=GET;CODE=502;");
  assertEquals(await client.ask("OP=PUT;IND=2;DATA=5;"), "OP=PUT;IND=2;DATA=5;");
});

for (const dialect of ["bare", "colon"] as const) {
  test(`table proxy keeps no values that it has read of two ${dialect} servers one after the other`, async () => {
    const state = newState();
    state.values.set(1, 10).set(2, 20);
    let dies = true;
    const start = dialect === "bare" ? startBareServer : startColonServer;
    await using server = await start(state, {
      instead: (message) => {
        // Between the two it is started anew, with other values.
        if (dialect === "bare" && message.includes(",") && dies) return "CODE=404";
        if (!dies || !message.includes("2")) return undefined;
        dies = false;
        state.values.set(1, 11).set(2, 22);
        setTimeout(() => server.wires[0].close(), 0);
        return null;
      },
    });
    await using proxy = await startTableProxy({
      ...HASTY,
      upstream: server.addr,
      upstreamDialect: dialect,
    });
    using client = await Wire.open(proxy.addr);
    await client.ask("OP=GET;IND=1,2;");
    assertEquals(await client.ask("OP=GET;IND=1;"), "OP=GET;IND=1;DATA=11;");
    assertEquals(await client.ask("OP=GET;IND=2;"), "OP=GET;IND=2;DATA=22;");
  });
}

test("table client, proxy and server in a row speak every form that clients write", async () => {
  await using server = await startTableServer({ port: 0, fill: [10, 11, 12] });
  for (const upstreamDialect of ["standard", "bare", "colon"] as const) {
    await using proxy = await startTableProxy({ port: 0, upstream: server.addr, upstreamDialect });
    for (
      const [message, reply] of [
        ["OP=GET;IND=1,0;\n", "OP=GET;IND=1,0;DATA=11,10;\n"],
        ["OP=GET;IND=1,2;", "OP=GET;IND=1,2;DATA=11,12;"],
        ["OP=GET;IND=1\n", "OP=GET;IND=1;DATA=11\n"],
        ["OP=ADD;IND=1,2", "OP=ADD;IND=1,2;DATA=23"],
        ["GET:2:", "12"],
        ["OP=PUT;IND=5;DATA=-5", "OP=PUT;IND=5;DATA=-5"],
        ["OP=GET;IND=7", "OP=GET;IND=7;CODE=404"],
      ]
    ) {
      using client = await Wire.open(proxy.addr);
      await client.send(message);
      assertEquals(await client.take(reply.length), reply, `${message} over ${upstreamDialect}`);
    }
  }
});
