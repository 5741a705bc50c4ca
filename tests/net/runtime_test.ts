import {
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../asserts.ts";
import { test } from "../harness.ts";
import { bytesOf, Wire } from "../support/wire.ts";
import { within } from "../support/within.ts";
import type { Connection } from "../../net/connection.ts";
import { BindError, ConnectError, HalfwayError } from "../../net/errors.ts";
import { asNetworkError } from "../../net/network_errors.ts";
import * as own from "../../net/runtime.ts";
import * as node from "../../net/runtime_node.ts";

/** The sockets of the runtime at hand, and those over `node:net`, which every runtime has. */
const RUNTIMES = [["own", own], ["node:net", node]] as const;

for (const [name, { connect, listen }] of RUNTIMES) {
  /** Both ends of a new connection. */
  const pair = async (): Promise<[near: Connection, far: Connection]> => {
    const listener = await listen({ port: 0 });
    const [near, far] = await Promise.all([connect(listener.addr), listener.accept()]);
    listener.close();
    return [near, far];
  };

  test(`${name} sockets carry bytes both ways, and say where they come from`, async () => {
    const [near, far] = await pair();
    using client = new Wire(near);
    using server = new Wire(far);
    await client.send("ping\n");
    assertEquals(await server.line(), "ping");
    await server.send("pong\n");
    assertEquals(await client.line(), "pong");
    assertEquals(near.localAddr.port, far.remoteAddr.port);
    assertEquals(far.remoteAddr.hostname, "127.0.0.1");
  });

  test(`${name} sockets carry 20 MB in order, through a reader that is slower`, async () => {
    const [near, far] = await pair();
    using client = new Wire(near);
    using _server = new Wire(far);
    const total = 20 * 1024 * 1024;
    const chunk = Uint8Array.from({ length: 65_536 }, (_, i) => i * 7 & 0xff);
    const sending = (async () => {
      for (let sent = 0; sent < total; sent += chunk.length) await client.send(chunk);
      await client.end();
    })();
    const sink = new Uint8Array(10_000);
    let seen = 0;
    for (let n = await far.read(sink); n !== null; n = await within(far.read(sink))) {
      for (let i = 0; i < n; i++, seen++) {
        if (sink[i] !== ((seen % 65_536) * 7 & 0xff)) throw new Error(`wrong byte at ${seen}`);
      }
    }
    await within(sending);
    assertEquals(seen, total);
  });

  test(`${name} sockets close one side and go on reading the other`, async () => {
    const [near, far] = await pair();
    using client = new Wire(near);
    using server = new Wire(far);
    await client.send("last words");
    await client.end();
    assertEquals(await server.rest(), "last words");
    await server.send("answer");
    await server.end();
    assertEquals(await client.rest(), "answer");
  });

  test(`${name} sockets fail reads and writes that are under way when they are closed`, async () => {
    const [near, far] = await pair();
    const reading = near.read(new Uint8Array(10)).then((n) => `read ${n}`, (error) => error);
    const stuffing = (async () => {
      for (;;) await near.write(new Uint8Array(100_000));
    })().catch((error: unknown) => error);
    await new Promise((resolve) => setTimeout(resolve, 20));
    near.close();
    for (const error of [await within(reading), await within(stuffing)]) {
      assertInstanceOf(error, Error);
      assertEquals(asNetworkError(error, "h:1").code, "CLOSED");
    }
    await assertRejects(() => near.read(new Uint8Array(1)));
    await assertRejects(() => near.write(new Uint8Array(1)));
    far.close();
  });

  test(`${name} sockets tell of a peer that has reset the connection as closed`, async () => {
    const [near, far] = await pair();
    await near.write(bytesOf("unread"));
    far.close();
    const error = await within(
      (async () => {
        for (;;) {
          await near.write(bytesOf("more"));
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
      })().catch((error: unknown) => error),
    );
    const known = asNetworkError(error, "h:1");
    assertEquals([known.code, known.message], [
      "CLOSED",
      "Connection to h:1 was lost: connection reset",
    ]);
    near.close();
  });

  test(`${name} listen fails with BindError where the port is in use`, async () => {
    const listener = await listen({ port: 0 });
    const { port } = listener.addr;
    const inUse = await assertRejects(() => listen({ port }), BindError);
    assertStringIncludes(inUse.message, `Cannot listen on 127.0.0.1:${port}: the port is in use`);
    assertInstanceOf(inUse.cause, Error);
    listener.close();
  });

  test(`${name} connect fails with ConnectError where nobody listens`, async () => {
    const listener = await listen({ port: 0 });
    const { addr } = listener;
    listener.close();
    const error = await assertRejects(() => connect(addr), ConnectError);
    assertEquals(error.message, `Cannot connect to 127.0.0.1:${addr.port}: connection refused`);
  });

  test(`${name} accept ends when the listener is closed`, async () => {
    const listener = await listen({ port: 0 });
    const accepting = listener.accept().then(() => "accepted", () => "ended");
    listener.close();
    assertEquals(await within(accepting), "ended");
    await assertRejects(() => listener.accept());
  });
}

test("listen fails with BindError for an address that this machine does not have", async () => {
  const away = await assertRejects(
    () => own.listen({ hostname: "192.0.2.1", port: 0 }),
    HalfwayError,
  );
  assertEquals(away.code, "BIND");
  // Where the tests may use no other address, they are not even let to try.
  assertMatch(away.message, /this machine has no such address|Requires net access/);
});
