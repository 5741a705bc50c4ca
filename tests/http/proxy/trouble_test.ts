import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { connect } from "../../../net/runtime.ts";
import { Bench, counting } from "../bench.ts";
import { ok, type SeenRequest } from "../origin.ts";

/** A promise and what settles it. */
function gate(): { readonly opened: Promise<void>; open(): void } {
  let open: () => void = () => {};
  const opened = new Promise<void>((resolve) => open = resolve);
  return { opened, open };
}

const CACHEABLE = "Cache-Control: max-age=60\r\n";

test("startHttpProxy passes each part of an answer on when it comes", async () => {
  for (const field of ["Cache-Control: no-store\r\n", CACHEABLE]) {
    const steps = [gate(), gate()];
    await using bench = await Bench.start(async (_, reply) => {
      await reply(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${field}\r\n`);
      await steps[0].opened;
      await reply("7\r\nfirst, \r\n");
      await steps[1].opened;
      await reply("6\r\nsecond\r\n0\r\n\r\n");
    });
    using client = await bench.raw();
    await client.send("GET /events HTTP/1.1\r\nHost: h\r\n\r\n");
    await client.until("\r\n\r\n");
    steps[0].open();
    assertEquals(await client.until("first, \r\n"), "7\r\nfirst, \r\n");
    steps[1].open();
    assertEquals(await client.until("0\r\n\r\n"), "6\r\nsecond\r\n0\r\n\r\n");
  }
});

test("startHttpProxy shows those who read along that a body breaks off, and adds nothing to it", async () => {
  const broken: [name: string, rest: string | null, head: string][] = [
    ["stalls", "", "Content-Length: 400\r\n"],
    ["closes", null, "Content-Length: 400\r\n"],
    ["bad size", "\r\nno size\r\n", "Transfer-Encoding: chunked\r\n"],
  ];
  for (const [name, rest, head] of broken) {
    const go = [gate(), gate()];
    await using bench = await Bench.start(async (_, reply) => {
      await go[0].opened;
      const begin = head.startsWith("Transfer") ? "5\r\n01234" : "01234";
      await reply(`HTTP/1.1 200 OK\r\n${head}${CACHEABLE}\r\n${begin}`);
      await go[1].opened;
      if (rest === null) return false;
      await reply(rest);
    }, { firstByteTimeoutMs: 300 });
    const clients = await Promise.all([bench.raw(), bench.raw(), bench.raw()]);
    for (const client of clients) {
      await client.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
    }
    await bench.until("an origin that is asked", () => bench.origin.seen.length === 1);
    go[0].open();
    const heads = await Promise.all(clients.map((client) => client.until("\r\n\r\n")));
    assertEquals(heads.filter((text) => text.includes("collapsed")).length, 2, name);
    go[1].open();
    for (const client of clients) {
      const body = await client.rest();
      assert(body === "01234" || body === "5\r\n01234\r\n", `${name}: ${JSON.stringify(body)}`);
      client[Symbol.dispose]();
    }
    // What is left of it is a part at most, and no one is given it for the whole.
    bench.origin.script = (_, reply) => reply(ok("whole", "Cache-Control: max-age=60"));
    assertEquals((await bench.ask("/a")).text, "whole", name);
    await bench.until("one connection to the origin", () => bench.origin.open <= 1);
  }
});

test("startHttpProxy never serves the beginning of a body as the whole when the origin fails", async () => {
  let mode: "cut" | "500" | "close" = "cut";
  await using bench = await Bench.start(async (_, reply) => {
    if (mode === "500") await reply("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops");
    if (mode === "cut") {
      await reply(
        'HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: "v1"\r\n' +
          "Cache-Control: max-age=1, stale-if-error=1000\r\n\r\n01234",
      );
    }
    return mode === "500";
  });
  using client = await bench.raw();
  await client.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  await client.rest();
  assertEquals(bench.proxy.cache.entries, 1);
  bench.pass(10);
  mode = "500";
  assertEquals((await bench.ask("/a")).status, 500);
  mode = "close";
  assertEquals((await bench.ask("/a")).status, 502);
  const part = await bench.ask("/a", [["Range", "bytes=1-2"]]);
  assertEquals([part.status, part.text], [206, "12"]);
});

test("startHttpProxy lets go of an origin whose body can't be read", async () => {
  for (const field of ["Cache-Control: no-store\r\n", CACHEABLE]) {
    await using bench = await Bench.start((_, reply) =>
      reply(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${field}\r\n3\r\nabc\r\noops\r\n`)
    );
    using client = await bench.raw();
    await client.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
    assert(!(await client.rest()).includes("502"));
    await bench.until("no connection to the origin", () => bench.origin.open === 0);
  }
});

test("startHttpProxy lets an upload take its time, and its origin no longer than it may", async () => {
  await using bench = await Bench.start(async (request, reply) => {
    const body = await request.body();
    if (request.target === "/answered") await reply(ok(body, "Cache-Control: no-store"));
  }, { firstByteTimeoutMs: 150 });
  using client = await bench.raw();
  await client.send("POST /answered HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n");
  // Another answer that is too late says that the limit has gone by.
  for (const byte of ["a", "b", "c", "d"]) {
    assertEquals((await bench.ask("/silent")).status, 504);
    await client.send(byte);
  }
  await client.until("abcd");
});

test("startHttpProxy ends an upload that the client does not finish, at both ends", async () => {
  const ways: [name: string, rest: string, leaves: boolean, answer: RegExp][] = [
    ["stalls", "", false, /^HTTP\/1.1 408 /],
    ["leaves", "", true, /^$/],
    ["bad size", "\r\noops\r\n", false, /^HTTP\/1.1 400 /],
  ];
  for (const interim of [false, true]) {
    for (const [name, rest, leaves, answer] of ways) {
      await using bench = await Bench.start(async (request, reply) => {
        if (interim) await reply("HTTP/1.1 100 Continue\r\n\r\n");
        await request.body();
      }, { idleTimeoutMs: 200 });
      const client = await bench.raw();
      await client.send("POST /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
      if (interim) await client.until("\r\n\r\n");
      await client.send("3\r\nabc");
      await bench.until("an origin that is asked", () => bench.origin.open === 1);
      if (leaves) client[Symbol.dispose]();
      else {
        await client.send(rest);
        assertMatch(await client.rest(), answer, name);
        client[Symbol.dispose]();
      }
      await bench.until("no connection to the origin", () => bench.origin.open === 0);
      bench.client.close();
      await bench.until("no client", () => bench.proxy.connections === 0);
    }
  }
});

test("startHttpProxy closes in time after an answer that came before the body was read", async () => {
  await using bench = await Bench.start(async (_, reply) => {
    await reply("HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n");
  }, { idleTimeoutMs: 200 });
  using client = await bench.raw();
  await client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
  assertMatch(await client.until("\r\n\r\n"), /^HTTP\/1.1 413 [^]*Connection: close/);
  // It keeps its side open, and sends a little more: neither keeps the connection.
  await client.send("d");
  assertEquals(await client.rest(), "");
  bench.client.close();
  await bench.until("no client", () => bench.proxy.connections === 0);
});

test("startHttpProxy puts no error into an answer that has begun", async () => {
  await using bench = await Bench.start(async (_, reply) => {
    await reply("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin");
  }, { idleTimeoutMs: 150 });
  using client = await bench.raw();
  await client.send("POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc");
  await client.until("begin");
  // The client is waited for anew.
  await client.send("d");
  assertEquals(await client.rest(), "");
});

test("startHttpProxy cuts a client off that takes nothing, while others read on", async () => {
  const size = 12 * 1024 * 1024;
  const go = gate();
  await using bench = await Bench.start(async (_, reply) => {
    await go.opened;
    await reply(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n${CACHEABLE}\r\n`);
    for (let sent = 0; sent < size; sent += 65_536) await reply("x".repeat(65_536));
  }, { writeTimeoutMs: 300 });
  using stuck = await bench.raw();
  await stuck.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  await bench.until("an origin that is asked", () => bench.origin.seen.length === 1);
  const others = await Promise.all([bench.raw(), bench.raw()]);
  for (const other of others) {
    await other.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\nConnection: close\r\n\r\n`);
  }
  await bench.until("all of them", () => bench.proxy.connections >= 3);
  go.open();
  for (const other of others) {
    assertEquals((await other.rest()).split("\r\n\r\n")[1].length, size);
    other[Symbol.dispose]();
  }
  await bench.until("no client", () => bench.proxy.connections === 0);
  assertMatch((await bench.ask("/a")).cache, /hit/);
  assert((await stuck.rest()).length < size);
});

test("startHttpProxy gives an origin up that sends interim answers, or a head, without end", async () => {
  await using bench = await Bench.start(async (request, reply) => {
    if (request.target === "/head") await reply("HTTP/1.1 200 OK\r\n");
    for (;;) {
      await reply(request.target === "/head" ? "X: y\r\n" : "HTTP/1.1 102 Processing\r\n\r\n");
    }
  });
  for (const path of ["/head", "/interim"]) {
    using client = await bench.raw();
    await client.send(`GET ${path} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    assertStringIncludes(await client.rest(), "HTTP/1.1 502 Bad Gateway");
  }
  await bench.until("no connection to the origin", () => bench.origin.open === 0);
});

test("startHttpProxy takes no change of protocol that nobody asked for", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
  );
  for (const method of ["GET", "DELETE"]) {
    using client = await bench.raw();
    await client.send(`${method} /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n`);
    assertStringIncludes(await client.rest(), "HTTP/1.1 502 Bad Gateway");
  }
  await bench.until("no connection to the origin", () => bench.origin.open === 0);
});

test("startHttpProxy passes on that an origin refuses to change the protocol", async () => {
  await using bench = await Bench.start(counting("Cache-Control: no-store"));
  using client = await bench.raw();
  for (const answer of ["answer 1", "answer 2"]) {
    await client.send(
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    await client.until(answer);
  }
});

test("startHttpProxy ends a tunnel that is silent, with one half closed too, and adds no words", async () => {
  for (const half of [false, true]) {
    await using bench = await Bench.start(async (_, reply, connection) => {
      await reply("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
      const buffer = new Uint8Array(16);
      while (await connection.read(buffer) !== null);
      // It keeps its half open for as long as it may.
      await connection.write(new Uint8Array([46]));
      await held.opened;
    }, { tunnelTimeoutMs: 200 });
    const held = gate();
    using client = await bench.raw();
    await client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    await client.until("\r\n\r\n");
    if (half) await client.connection.closeWrite();
    assertEquals(await client.rest(), half ? "." : "");
    bench.client.close();
    await bench.until("no client", () => bench.proxy.connections === 0);
    held.open();
  }
});

test("startHttpProxy outlives connections that are made and dropped", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"), {
    maxConnections: 100,
  });
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 50 }, async (_, i) => {
        const connection = await connect(bench.proxy.addr);
        if (i % 2 === 0) await connection.write(new Uint8Array([71, 69]));
        connection.close();
      }),
    );
    assertEquals((await bench.ask("/a")).text, "answer 1");
  }
  await bench.until("no client but one", () => bench.proxy.connections <= 1);
});

test("startHttpProxy turns away with 503 whom it has no room for", async () => {
  await using bench = await Bench.start(counting(), { maxConnections: 1 });
  using first = await bench.raw();
  await first.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  await first.until("answer 1");
  using second = await bench.raw();
  assertMatch(await second.rest(), /^HTTP\/1.1 503 /);
});

test("HttpProxy.drain finishes the answer under way, and cuts off what takes too long", async () => {
  for (const finishes of [true, false]) {
    const go = gate();
    await using bench = await Bench.start(async (_, reply) => {
      await reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
      await go.opened;
      if (finishes) await reply("56789");
    });
    using client = await bench.raw();
    await client.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
    await client.until("01234");
    const drained = bench.proxy.drain(finishes ? 10_000 : 50);
    go.open();
    assertEquals(await client.rest(), finishes ? "56789" : "");
    client[Symbol.dispose]();
    await drained;
    assertEquals(bench.proxy.connections, 0);
  }
});

test("HttpProxy.drain does not wait for an origin that says nothing", async () => {
  const asked: SeenRequest[] = [];
  await using bench = await Bench.start((request) => {
    asked.push(request);
  });
  using client = await bench.raw();
  await client.send(`GET /a HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  await bench.until("an origin that is asked", () => asked.length === 1);
  await bench.proxy.drain(50);
  assertEquals(bench.proxy.connections, 0);
});

test("HttpProxy.close ends fetches, uploads, tunnels and those who wait", async () => {
  const bench = await Bench.start(async (request, reply) => {
    if (request.target === "/tunnel") {
      await reply("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n");
    }
    if (request.target === "/body") {
      await reply(`HTTP/1.1 200 OK\r\nContent-Length: 9\r\n${CACHEABLE}\r\n`);
    }
  });
  const clients = [];
  for (
    const text of [
      "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET /body HTTP/1.1\r\nHost: h\r\n\r\n",
      "POST /upload HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\n",
      "GET /tunnel HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
      "GET /half",
    ]
  ) {
    const client = await bench.raw();
    await client.send(text);
    clients.push(client);
  }
  await bench.until("an origin that is asked", () => bench.origin.seen.length === 4);
  bench.proxy.close();
  for (const client of clients) await client.rest();
  await bench.proxy.finished;
  for (const client of clients) client[Symbol.dispose]();
  await bench[Symbol.asyncDispose]();
});
