import { assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { gate } from "../support/gate.ts";
import { bytesOf, Wire } from "../support/wire.ts";
import { until, within } from "../support/within.ts";
import { Phase } from "../../net/activity.ts";
import type { Connection, Listener } from "../../net/connection.ts";
import type { HalfwayError } from "../../net/errors.ts";
import type { Peer } from "../../net/peer.ts";
import { connect, listen } from "../../net/runtime.ts";
import { serve, type ServeOptions, type Service } from "../../net/serve.ts";

/** Sends back what comes, and fails or hangs when it is told to. */
async function echo(peer: Peer): Promise<void> {
  const buffer = new Uint8Array(4096);
  for (;;) {
    const n = await peer.connection.read(buffer);
    if (n === null) return;
    const text = new TextDecoder().decode(buffer.subarray(0, n));
    if (text.startsWith("throw")) throw new TypeError("a fault of the handler's own");
    if (text.startsWith("hang")) await new Promise(() => {});
    peer.out.putBytes(buffer.subarray(0, n));
    await peer.flush();
  }
}

async function startEcho(options: ServeOptions = {}): Promise<Service> {
  return serve(await listen({ port: 0 }), echo, options);
}

test("serve keeps an error of one connection from the others, and tells of it", async () => {
  const told: string[] = [];
  await using service = await startEcho({
    onOpen: (_, open) => told.push(`open ${open}`),
    onClose: (_, open, error) => told.push(`close ${open} ${error?.code}`),
    lastWords: (error) => bytesOf(`sorry: ${error.code}`),
  });
  using good = await Wire.open(service.addr);
  await good.send("one\n");
  assertEquals(await good.line(), "one");
  using bad = await Wire.open(service.addr);
  await bad.send("throw\n");
  assertEquals(await bad.rest(true), "");
  await until(() => told.length === 3, "the end is told");
  await good.send("two\n");
  assertEquals(await good.line(), "two");
  good.close();
  await until(() => told.length === 4, "the other end is told");
  assertEquals(told, ["open 1", "open 2", "close 1 CLOSED", "close 0 undefined"]);
});

test("serve goes on accepting after the system could not give a connection", async () => {
  const real = await listen({ port: 0 });
  let failures = 0;
  const listener: Listener = {
    addr: real.addr,
    accept(): Promise<Connection> {
      if (failures < 3) {
        failures++;
        return Promise.reject(new Error("Too many open files (os error 24)"));
      }
      return real.accept();
    },
    close: () => real.close(),
  };
  const delays: number[] = [];
  await using service = serve(listener, echo, {
    onAcceptError: (_, delayMs) => delays.push(delayMs),
  });
  using wire = await Wire.open(service.addr);
  await wire.send("hello\n");
  assertEquals(await wire.line(), "hello");
  assertEquals(delays, [10, 20, 40]);
});

test("serve stops while it waits to accept again", async () => {
  const broken: Listener = {
    addr: { hostname: "127.0.0.1", port: 1 },
    accept: () => Promise.reject(new Error("Too many open files")),
    close: () => {},
  };
  const failed = gate();
  const service = serve(broken, echo, { onAcceptError: (_, ms) => ms >= 320 && failed.resolve() });
  await within(failed.promise);
  service.close();
  await within(service.finished, "the service to stop", 250);
});

test("serve cuts off what is not done when the time for a drain is over", async () => {
  const ends: (HalfwayError | null)[] = [];
  const service = serve(await listen({ port: 0 }), async (peer) => {
    // A message has begun and never becomes whole.
    peer.activity.enter(Phase.FRAME);
    await peer.connection.read(new Uint8Array(10));
    await peer.connection.read(new Uint8Array(10));
  }, { frameTimeoutMs: 0, onClose: (_, __, error) => ends.push(error) });
  using wire = await Wire.open(service.addr);
  await wire.send("x");
  await until(() => service.connections === 1, "it is served");
  await within(service.drain(50), "the drain");
  assertEquals(await wire.rest(true), "");
  assertEquals(ends, [null]);
});

test("serve turns away many at once, and stops while they linger", async () => {
  let refused = 0;
  const service = await startEcho({
    maxConnections: 1,
    lastWords: () => bytesOf("full\n"),
    onRefuse: () => refused++,
  });
  using first = await Wire.open(service.addr);
  await first.send("hello\n");
  await first.line();
  const wires = await Promise.all(Array.from({ length: 100 }, () => Wire.open(service.addr)));
  await until(() => refused === 100, "all are refused");
  const words = await Promise.all(wires.map((wire) => wire.rest(true)));
  // The first of them are told why; beyond that there is no patience.
  assertEquals(words.filter((text) => text === "full\n").length >= 60, true);
  // Those are waited for until they close too, which they have not done.
  service.close();
  await within(service.finished, "the service to stop");
  for (const wire of wires) wire.close();
});

test("serve lets those go who were turned away and neither read nor leave", async () => {
  await using service = await startEcho({
    maxConnections: 1,
    idleTimeoutMs: 100,
    lastWords: () => bytesOf("full\n"),
  });
  using first = await Wire.open(service.addr);
  await until(() => service.connections === 1, "the first is served");
  using second = await Wire.open(service.addr);
  assertStringIncludes(await second.rest(true), "full");
  // Our side stays open; the other closes all the same, so that writing fails in the end.
  await within(
    (async () => {
      for (;;) {
        await second.send("x");
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })().catch(() => {}),
  );
  first.close();
});

test("Service.drain with patience takes one more message of each connection, and those that wait to be accepted", async () => {
  const listener = await listen({ port: 0 });
  const service = serve(listener, async (peer) => {
    const buffer = new Uint8Array(10);
    for (;;) {
      peer.activity.enter(Phase.IDLE);
      if (await peer.connection.read(buffer) === null) return;
      peer.activity.enter(Phase.WORK);
      await peer.write(new TextEncoder().encode(peer.draining ? "last" : "more"));
      if (peer.draining) return;
    }
  });
  const ask = async (connection: Connection): Promise<string> => {
    const buffer = new Uint8Array(10);
    await connection.write(new Uint8Array(1));
    const n = await connection.read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, n ?? 0));
  };
  const known = await connect(service.addr);
  assertEquals(await ask(known), "more");
  const late = await Promise.all(Array.from({ length: 5 }, () => connect(service.addr)));
  const drained = service.drain(10_000, { patienceMs: 60_000 });
  await within(
    (async () => {
      // Until the listener is closed they are like all others.
      for (const connection of [known, ...late]) {
        let answer = "more";
        while (answer === "more") answer = await ask(connection);
        assertEquals(answer, "last");
        connection.close();
      }
    })(),
    "the last answers",
  );
  await within(drained, "the drain");
});

test("Service.drain loses patience with who says nothing", async () => {
  const service = serve(await listen({ port: 0 }), async (peer) => {
    peer.activity.enter(Phase.IDLE);
    await peer.connection.read(new Uint8Array(1));
  });
  const silent = await connect(service.addr);
  await until(() => service.connections === 1, "it is accepted");
  await within(service.drain(60_000, { patienceMs: 1 }), "the drain");
  silent.close();
});
