import { assertEquals, assertInstanceOf, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { ScriptedServer } from "../support/scripted_server.ts";
import { within } from "../support/within.ts";
import { ClosedError, ConnectError, FrameSyntaxError, HalfwayError } from "../../net/errors.ts";
import { TableClient, TableError } from "../../table/client.ts";
import { startTableServer } from "../../table/server.ts";
import { Stage, STAGES } from "./stages.ts";

/** The error that `promise` fails with. */
async function failure(promise: Promise<unknown>): Promise<unknown> {
  return await within(
    promise.then((value) => new Error(`no failure, but ${value}`), (error) => error),
  );
}

for (const kind of STAGES) {
  test(`TableClient gives typed results of a ${kind}`, async () => {
    await using stage = await Stage.start(kind);
    using client = new TableClient({ address: stage.addr });
    assertEquals(await client.get([2, 0, 2]), [12, 10, 12]);
    await client.put([[3, -7], [4, 9007199254740991]]);
    assertEquals(await client.get([4, 3]), [9007199254740991, -7]);
    assertEquals(await client.add([0, 0, 3]), 13);
    await client.put(new Map([[5, 1]]));
    const held = await client.inf();
    assertEquals(held.find(([index]) => index === 5), [5, 1]);
    await client.clear();
    assertEquals(await client.inf(), []);
  });

  test(`TableClient gives the error of a ${kind} with its status and indices`, async () => {
    await using stage = await Stage.start(kind);
    using client = new TableClient({ address: stage.addr });
    const errors = [
      [client.get([0, 5, 7]), 404, [5, 7], "entries 5, 7 are empty"],
      [client.get([12]), 416, [12], "index 12 is out of range 0 to 9"],
      [client.put([[0, 1], [-1, 2]]), 416, [-1], "index -1 is out of range 0 to 9"],
      [client.add([5]), 404, [5], "entry 5 is empty"],
    ] as const;
    for (const [promise, status, indices, message] of errors) {
      const error = await failure(promise);
      assertInstanceOf(error, TableError);
      assertEquals(
        [error.status, error.indices, error.message, error.code, error.name],
        [status, indices, message, "REMOTE", "TableError"],
      );
    }
    await client.put([[0, 9007199254740991], [1, 1]]);
    assertEquals((await failure(client.add([0, 1])) as TableError).status, 400);
    assertEquals(await client.get([1]), [1]);
  });

  test(`TableClient keeps the order of 5 000 requests to a ${kind} that it does not wait for`, async () => {
    await using stage = await Stage.start(kind);
    using client = new TableClient({ address: stage.addr });
    const all: Promise<unknown>[] = [];
    for (let i = 0; i < 2500; i++) {
      all.push(client.put([[i % 10, i]]), client.get([i % 10]));
    }
    const results = await within(Promise.all(all));
    for (let i = 0; i < 2500; i++) assertEquals(results[2 * i + 1], [i]);
  });

  test(`TableClient sends raw messages to a ${kind}, many at once and beside others`, async () => {
    await using stage = await Stage.start(kind);
    using client = new TableClient({ address: stage.addr });
    const [one] = await client.raw("OP=GET;IND=1;");
    assertEquals(one, {
      text: "OP=GET;IND=1;DATA=11;",
      status: 0,
      pieces: { op: "GET", indices: [1], values: [11], message: "" },
    });
    const [bare, bad, unknown] = await client.raw("OP=GET;IND=1OP=PUT;IND=1;\nOP=MUL;\n\n");
    assertEquals(bare.text, "OP=GET;IND=1;DATA=11");
    assertEquals([bad.status, bad.text], [400, "OP=PUT;CODE=400;MSG=PUT needs DATA;"]);
    assertEquals([unknown.status, unknown.pieces.op], [405, "MUL"]);
    assertEquals((await client.raw("what"))[0].pieces, {
      op: "ERR",
      indices: [],
      values: [],
      message: 'expected pieces KEY VALUE joined by an equals sign, found "what"',
    });
    const many = client.raw("OP=ADD;IND=0;".repeat(3000));
    const others = Promise.all(Array.from({ length: 200 }, () => client.get([2])));
    assertEquals((await within(many)).length, 3000);
    for (const { text } of await many) assertEquals(text, "OP=ADD;IND=0;DATA=10;");
    assertEquals((await within(others)).flat().every((value) => value === 12), true);
  });
}

test("TableClient refuses what no entry can hold, before anything is sent", async () => {
  await using server = await ScriptedServer.start();
  using client = new TableClient({ address: server.addr });
  for (const bad of [1.5, NaN, Infinity, 2 ** 53, -(2 ** 53)]) {
    await assertRejects(() => client.get([bad]), RangeError, `found ${bad}`);
    await assertRejects(() => client.put([[0, bad]]), RangeError, `found ${bad}`);
    await assertRejects(() => client.put([[bad, 0]]), RangeError);
    await assertRejects(() => client.add([0, bad]), RangeError);
  }
  await assertRejects(() => client.get([]), RangeError, "at least one index to GET");
  await assertRejects(() => client.put([]), RangeError, "at least one index to PUT");
  await assertRejects(() => client.raw(" \n "), FrameSyntaxError, "found none");
  await assertRejects(() => client.raw("GET:1:"), FrameSyntaxError, "colon dialect");
  assertEquals(server.wires.length, 0);
});

test("TableClient fails with ConnectError where nobody listens, and works when somebody does", async () => {
  const probe = await ScriptedServer.start();
  const { addr } = probe;
  await probe[Symbol.asyncDispose]();
  using client = new TableClient({ address: addr });
  const error = await failure(client.get([0]));
  assertInstanceOf(error, ConnectError);
  assertEquals(error.message, `Cannot connect to 127.0.0.1:${addr.port}: connection refused`);
  await using _server = await startTableServer({ port: addr.port, fill: [5] });
  assertEquals(await within(client.get([0])), [5]);
});

test("TableClient goes on trying for as long as it is told to", async () => {
  const probe = await ScriptedServer.start();
  const { addr } = probe;
  await probe[Symbol.asyncDispose]();
  using client = new TableClient({ address: addr, retryTimeMs: 5_000 });
  const waiting = client.get([0]);
  await using _server = await startTableServer({ port: addr.port, fill: [5] });
  assertEquals(await within(waiting), [5]);
});

test("TableClient connects again after the other side was away", async () => {
  const first = await startTableServer({ port: 0, fill: [5] });
  const { port } = first.addr;
  using client = new TableClient({ address: first.addr });
  assertEquals(await client.get([0]), [5]);
  await first[Symbol.asyncDispose]();
  assertInstanceOf(await failure(client.put([[0, 1]])), HalfwayError);
  await using second = await startTableServer({ port, fill: [6] });
  assertEquals(await within(client.get([0])), [6]);
  assertEquals(second.table.at(0), 6);
});

test("TableClient fails in time when there is no reply, and with what the reply says when it is refused", async () => {
  await using silent = await ScriptedServer.start();
  using client = new TableClient({ address: silent.addr, timeoutMs: 60 });
  const error = await failure(client.get([0])) as HalfwayError;
  assertEquals([error.code, error.message], [
    "TIMEOUT",
    `127.0.0.1:${silent.addr.port} did not answer within 60 ms`,
  ]);

  await using full = await ScriptedServer.start(async (wire) => {
    await wire.line();
    await wire.send("OP=ERR;CODE=503;MSG=All 3 connections are in use;\n");
  });
  using other = new TableClient({ address: full.addr });
  const refused = await failure(other.get([0])) as TableError;
  assertEquals([refused.name, refused.status, refused.message], [
    "TableError",
    503,
    "All 3 connections are in use",
  ]);
});

test("TableClient tells nonsense from an error", async () => {
  const replies = ["OP=GET;IND=0;DATA=1,2;\n", "OP=GET;IND=0;DATA=x;\n", "hello\n"];
  let turn = 0;
  await using server = await ScriptedServer.start(async (wire) => {
    for (;;) {
      await wire.line();
      await wire.send(replies[turn++]);
    }
  });
  using client = new TableClient({ address: server.addr });
  for (const reply of replies) {
    assertInstanceOf(await failure(client.get([0])), FrameSyntaxError, reply);
  }
});

test("TableClient reads a reply without an end, as some programs send it", async () => {
  await using server = await ScriptedServer.start(async (wire) => {
    for (;;) {
      const message = await wire.line();
      await wire.send(message === "OP=CLR;" ? "OP=CLR" : "OP=GET;IND=1;DATA=55");
    }
  });
  using client = new TableClient({ address: server.addr });
  assertEquals(await within(client.get([1])), [55]);
  await within(client.clear());
  assertEquals(await within(client.get([1])), [55]);
});

test("TableClient fails what has no reply when it is closed, and all after that", async () => {
  await using server = await ScriptedServer.start();
  const client = new TableClient({ address: server.addr });
  const waiting = [client.get([0]), client.put([[0, 1]]), client.raw("OP=INF;")];
  const wire = await server.next();
  await wire.line();
  client.close();
  for (const one of [...waiting, client.get([0])]) {
    assertInstanceOf(await failure(one), ClosedError);
  }
  assertEquals(await wire.rest(true).then((rest) => rest.includes("OP=INF;")), true);
});
