import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { latin1Bytes } from "../../../http/message/bytes.ts";
import type { HttpProxy } from "../../../http/proxy/proxy.ts";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import type { Connection } from "../../../net/connection.ts";
import { Observer } from "../../../observe/observer.ts";
import { Bench, counting } from "../bench.ts";
import { RawClient, writeAll } from "../origin.ts";
import {
  closeQuietly,
  openTunnel,
  readText,
  readToEnd,
  startTunnelProxy,
  TcpOrigin,
} from "../tunnels.ts";

/** Lets all that is ready go on until `holds`. */
async function until(what: string, holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if (holds()) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  throw new Error(`Expected ${what}`);
}

function noClient(proxy: HttpProxy): Promise<void> {
  return until("no client", () => proxy.connections === 0);
}

test("CONNECT is answered by a bare 200, and bytes go both ways", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const { client, far, head } = await openTunnel(proxy, origin);
  assertEquals(head, "HTTP/1.1 200 OK\r\n\r\n");
  assertEquals(proxy.connections, 1);
  for (const word of ["ping", "GET / HTTP/1.1\r\n\r\n", "\0\xff"]) {
    await client.send(word);
    assertEquals(await readText(far, word.length), word);
    await writeAll(far, latin1Bytes(word));
    assertEquals(await client.until(word), word);
  }
  client[Symbol.dispose]();
});

test("CONNECT passes on first what the client sent behind its head", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const early = "x".repeat(20_000) + "end";
  const { client, far, head } = await openTunnel(proxy, origin, early);
  assertMatch(head, /^HTTP\/1.1 200 /);
  await client.send("more");
  assertEquals(await readText(far, early.length + 4), `${early}more`);
  client[Symbol.dispose]();
});

test("CONNECT lets the origin speak first", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  using client = await RawClient.connect(proxy.addr);
  await client.send(`CONNECT ${origin.target} HTTP/1.0\r\n\r\n`);
  const far = await origin.accept();
  await writeAll(far, latin1Bytes("220 hello\r\n"));
  assertEquals(await client.until("hello\r\n"), "HTTP/1.1 200 OK\r\n\r\n220 hello\r\n");
});

test("CONNECT closes each half by itself", async () => {
  for (const first of ["client", "origin"]) {
    using origin = await TcpOrigin.start();
    await using proxy = await startTunnelProxy(origin);
    const { client, far } = await openTunnel(proxy, origin);
    const [one, other] = first === "client" ? [client.connection, far] : [far, client.connection];
    await writeAll(one, latin1Bytes("last words"));
    await one.closeWrite();
    assertEquals(await readToEnd(other), 10);
    // The other half is open still.
    await writeAll(other, latin1Bytes("answer"));
    assertEquals(await readText(one, 6), "answer");
    assertEquals(proxy.connections, 1);
    await other.closeWrite();
    assertEquals(await readToEnd(one), 0);
    await noClient(proxy);
    client[Symbol.dispose]();
  }
});

test("CONNECT ends with a client that is gone without a word", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const client = connect(proxy.addr.port, "127.0.0.1");
  client.write(`CONNECT ${origin.target} HTTP/1.1\r\nHost: h\r\n\r\n`);
  const far = await origin.accept();
  await once(client, "data");
  client.resetAndDestroy();
  // Without a word of the other side, which is open and silent.
  await noClient(proxy);
  assertEquals(await readToEnd(far), 0);
});

test("CONNECT ends with an origin that is gone without a word", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await using proxy = await startHttpProxy({ port: 0, connectPorts: [port] });
  using client = await RawClient.connect(proxy.addr);
  const accepted = once(server, "connection");
  await client.send(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nHost: h\r\n\r\n`);
  const [far] = await accepted as [Socket];
  await client.until("\r\n\r\n");
  far.resetAndDestroy();
  await noClient(proxy);
  assertEquals(await client.rest(), "");
  await new Promise((resolve) => server.close(resolve));
});

test("CONNECT ends with a side that closes in the middle of what is sent to it", async () => {
  for (const gone of ["client", "origin"]) {
    using origin = await TcpOrigin.start();
    await using proxy = await startTunnelProxy(origin);
    const { client, far } = await openTunnel(proxy, origin);
    const [one, other] = gone === "client" ? [client.connection, far] : [far, client.connection];
    const flood = (async () => {
      for (;;) await other.write(new Uint8Array(1 << 16));
    })().catch(() => {});
    await readText(one, 1);
    closeQuietly(one);
    await noClient(proxy);
    await flood;
    closeQuietly(other);
    client[Symbol.dispose]();
  }
});

test("CONNECT ends after a silence of tunnelTimeoutMs, and not before", async () => {
  using origin = await TcpOrigin.start();
  const told: string[] = [];
  const observer = new Observer();
  observer.on("message", ({ text }) => told.push(text));
  await using proxy = await startTunnelProxy(origin, {
    tunnelTimeoutMs: 300,
    idleTimeoutMs: 50,
    frameTimeoutMs: 50,
    writeTimeoutMs: 50,
    observer,
  });
  const { client, far } = await openTunnel(proxy, origin);
  // Each way for longer than the limit, and than those of a connection without a tunnel.
  for (const [from, to] of [[client.connection, far], [far, client.connection]]) {
    const beganMs = performance.now();
    while (performance.now() - beganMs < 600) {
      await writeAll(from, latin1Bytes("."));
      await readText(to, 1);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  assertEquals(proxy.connections, 1);
  assertEquals(await client.rest(), "");
  assertEquals(await readToEnd(far), 0);
  await noClient(proxy);
  assertStringIncludes(told[told.length - 1], "ended by 300 ms of silence");
  client[Symbol.dispose]();
});

test("CONNECT tells how much went through, each way", async () => {
  using origin = await TcpOrigin.start();
  const told: string[] = [];
  const observer = new Observer();
  observer.on("message", ({ type, text, bytes }) => told.push(`${type} ${bytes} ${text}`));
  await using proxy = await startTunnelProxy(origin, { observer });
  const { client, far } = await openTunnel(proxy, origin, "12345");
  await writeAll(far, latin1Bytes("123"));
  await far.closeWrite();
  assertEquals(await client.rest(), "123");
  await client.connection.closeWrite();
  await readToEnd(far);
  await noClient(proxy);
  client[Symbol.dispose]();
  assertMatch(told[0], new RegExp(`^message.received \\d+ CONNECT ${origin.target} HTTP/1.1$`));
  assertMatch(
    told[1],
    new RegExp(
      `^message.sent 3 CONNECT ${origin.target} · 5 bytes up · 3 bytes down · \\d+\\.\\d s$`,
    ),
  );
  assertEquals(told.length, 2);
});

test("CONNECT goes at the pace of the slower side, and holds little in between", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const { client, far } = await openTunnel(proxy, origin);
  const piece = new Uint8Array(1 << 20);
  for (const [from, to] of [[client.connection, far], [far, client.connection]]) {
    let sent = 0;
    let stopped = false;
    // Nobody reads at the other end: the sender has to come to a stop, at what the kernel's buffers hold.
    const sending = (async () => {
      while (!stopped) sent += await from.write(piece);
    })();
    let last = -1;
    for (let same = 0; same < 20; same = sent === last ? same + 1 : 0) {
      last = sent;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert(sent < 64 * piece.length, `${sent} bytes are on their way`);
    stopped = true;
    // What was under way arrives whole once it is read.
    let count = 0;
    const buffer = new Uint8Array(1 << 16);
    let done = false;
    const finished = sending.then(() => done = true);
    while (!done || count < sent) count += await to.read(buffer) ?? 0;
    await finished;
    assertEquals(count, sent);
  }
  client[Symbol.dispose]();
});

test("CONNECT makes a hundred tunnels at once, and leaves none behind", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const serving = (async () => {
    const all: Promise<void>[] = [];
    for (let i = 0; i < 100; i++) all.push(echo(await origin.accept()));
    await Promise.all(all);
  })();
  await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    using client = await RawClient.connect(proxy.addr);
    await client.send(`CONNECT ${origin.target} HTTP/1.1\r\nHost: h\r\n\r\n`);
    await client.until("\r\n\r\n");
    const word = `<${i}>`.repeat(5_000);
    const sending = client.send(word).then(() => client.connection.closeWrite());
    assertEquals(await client.rest(), word);
    await sending;
  }));
  await serving;
  await noClient(proxy);
});

async function echo(connection: Connection): Promise<void> {
  const buffer = new Uint8Array(16_384);
  for (let n = await connection.read(buffer); n !== null; n = await connection.read(buffer)) {
    await writeAll(connection, buffer.subarray(0, n));
  }
  await connection.closeWrite();
}

test("CONNECT to an origin that is down is a 502, and nothing behind it is a request", async () => {
  const origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin);
  const { target } = origin;
  origin[Symbol.dispose]();
  // What stands behind it was for the tunnel, whether it came before or after the connection could not be made.
  for (const behind of ["", `GET http://${target}/ HTTP/1.1\r\nHost: h\r\n\r\n`]) {
    using client = await RawClient.connect(proxy.addr);
    await client.send(`CONNECT ${target} HTTP/1.1\r\nHost: h\r\n\r\n${behind}`);
    const answer = await client.rest();
    assertMatch(answer, /^HTTP\/1.1 502 Bad Gateway\r\n/);
    assertStringIncludes(answer, "Connection: close\r\n");
    assertStringIncludes(answer, `Cannot connect to ${target}`);
    assertEquals(answer.split("HTTP/1.1 ").length, 2);
  }
});

test("CONNECT to a name that nobody resolves in time is a 504", async () => {
  await using proxy = await startHttpProxy({
    port: 0,
    connectTimeoutMs: 50,
    resolve: () => new Promise(() => {}),
  });
  using client = await RawClient.connect(proxy.addr);
  await client.send("CONNECT slow.example:443 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  const text = await client.rest();
  assertMatch(text, /^HTTP\/1.1 504 /);
  assertStringIncludes(text, "slow.example:443");
});

test("CONNECT goes to port 443 alone unless ports are named", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startHttpProxy({ port: 0 });
  using client = await RawClient.connect(proxy.addr);
  await client.send(`CONNECT ${origin.target} HTTP/1.1\r\nHost: h\r\n\r\n`);
  assertMatch(await client.until("\r\n\r\n"), /^HTTP\/1.1 403 /);
  assertStringIncludes(await client.until("\n"), `--connect-port ${origin.addr.port} would allow`);
});

test("CONNECT is read strictly", async () => {
  await using proxy = await startHttpProxy({ port: 0 });
  const bad = [
    "CONNECT 127.0.0.1 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT :443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT 127.0.0.1:0 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT 127.0.0.1:65536 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT http://127.0.0.1:443/ HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT user@127.0.0.1:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT /x HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT 300.0.0.1:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT [:::]:443 HTTP/1.1\r\nHost: h\r\n\r\n",
    "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody",
    "CONNECT 127.0.0.1:443 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
  ];
  for (const text of bad) {
    using client = await RawClient.connect(proxy.addr);
    await client.send(text);
    assertMatch(await client.rest(), /^HTTP\/1.1 400 /, text);
  }
});

test("HttpProxy.drain gives tunnels its time, and then cuts them", async () => {
  for (const finishes of [true, false]) {
    using origin = await TcpOrigin.start();
    await using proxy = await startTunnelProxy(origin);
    const { client, far } = await openTunnel(proxy, origin);
    const drained = proxy.drain(finishes ? 10_000 : 100);
    await client.send("still there");
    assertEquals(await readText(far, 11), "still there");
    if (finishes) {
      await client.connection.closeWrite();
      assertEquals(await readToEnd(far), 0);
      await far.closeWrite();
    }
    await client.rest();
    await readToEnd(far);
    await drained;
    assertEquals(proxy.connections, 0);
    client[Symbol.dispose]();
  }
});

test("startHttpProxy offers no origin a protocol that carries HTTP past it", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"));
  for (const [i, protocols] of ["h2c", "H2C, HTTP/2.0", "TLS/1.2, h2c-14"].entries()) {
    const fields = [
      ["Connection", "Upgrade, HTTP2-Settings"],
      ["Upgrade", protocols],
      ["HTTP2-Settings", "AAMAAABkAAQAAP__"],
    ] as const;
    const answer = await bench.ask(`/${i}`, fields);
    assertEquals([answer.status, answer.text], [200, `answer ${i + 1}`]);
    const seen = bench.origin.seen[i];
    for (const name of ["upgrade", "connection", "http2-settings"]) {
      assertEquals(seen.get(name), null);
    }
    // Without it the request is one like any other: the next answer comes out of the cache.
    assertEquals((await bench.ask(`/${i}`, fields)).text, `answer ${i + 1}`);
  }
  await bench.ask("/ws", [["Connection", "Upgrade"], ["Upgrade", "h2c, websocket"]]);
  assertEquals(bench.origin.seen[3].get("upgrade"), "websocket");
});

test("startHttpProxy takes a change to h2c for one that nobody asked for", async () => {
  await using bench = await Bench.start((_, reply) =>
    reply("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n")
  );
  for (const method of ["GET", "OPTIONS"]) {
    using client = await bench.raw();
    await client.send(
      `${method} / HTTP/1.1\r\nHost: h\r\nConnection: close, Upgrade\r\nUpgrade: h2c\r\n\r\n`,
    );
    assertMatch(await client.rest(), /^HTTP\/1.1 502 /);
  }
});
