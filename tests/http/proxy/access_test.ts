import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "../../asserts.ts";
import { test } from "../../harness.ts";
import { type HttpProxyOptions, startHttpProxy } from "../../../http/proxy/proxy.ts";
import { Observer } from "../../../observe/observer.ts";
import { counting } from "../bench.ts";
import { type OriginScript, RawClient, ScriptedOrigin } from "../origin.ts";

/** A forward proxy, an origin, and what the proxy has warned of. */
async function withProxy(options: HttpProxyOptions, script: OriginScript = counting()) {
  const origin = await ScriptedOrigin.start(script);
  const warnings: string[] = [];
  const observer = new Observer();
  observer.on("node", ({ type, text }) => type === "node.warning" && warnings.push(text));
  const proxy = await startHttpProxy({ port: 0, observer, ...options });
  const at = { hostname: "127.0.0.1", port: proxy.addr.port };
  return {
    origin,
    warnings,
    /** Sends one request, and gives all that comes back. */
    async ask(target: string, method = "GET", ...fields: string[]): Promise<string> {
      using client = await RawClient.connect(at);
      const lines = [`${method} ${target} HTTP/1.1`, "Host: h", "Connection: close", ...fields];
      await client.send(`${lines.join("\r\n")}\r\n\r\n`);
      return await client.rest();
    },
    raw: () => RawClient.connect(at),
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
      await origin[Symbol.asyncDispose]();
    },
  };
}

test("startHttpProxy refuses by the name as asked, before it looks into the cache", async () => {
  const cacheable = () => counting("Cache-Control: max-age=60");
  const resolve = () => Promise.resolve(["127.0.0.1"]);
  await using open = await withProxy({ resolve }, cacheable());
  const { port } = open.origin.addr;
  assertStringIncludes(await open.ask(`http://A.example.:${port}/`), "answer 1");

  await using closed = await withProxy({ resolve, denyHosts: ["a.example"] }, cacheable());
  const target = `a.example:${closed.origin.addr.port}`;
  for (const host of ["a.example", "A.EXAMPLE", "a.example."]) {
    const text = await closed.ask(`http://${host}:${closed.origin.addr.port}/`);
    assertMatch(text, /^HTTP\/1.1 403 Forbidden\r\n/);
    assertStringIncludes(text, `${target} is refused by --deny-host a.example`);
  }
  assertStringIncludes(
    await closed.ask(`http://b.example:${closed.origin.addr.port}/`),
    "answer 1",
  );
  assertEquals(closed.origin.seen.length, 1);
  assertEquals(closed.warnings.length, 3);
  assertMatch(closed.warnings[0], /^Refused GET of 127\.0\.0\.1:\d+: a\.example:\d+ is refused/);
});

test("startHttpProxy refuses a name by its address, and tells the log alone which that is", async () => {
  for (const method of ["GET", "POST", "CONNECT", "UPGRADE"]) {
    await using bench = await withProxy({
      denyHosts: ["127.0.0.0/8"],
      connectPorts: [1],
      resolve: () => Promise.resolve(["127.0.0.1"]),
    });
    const { port } = bench.origin.addr;
    const text = method === "CONNECT"
      ? await bench.ask("inner.example:1", method)
      : method === "UPGRADE"
      ? await bench.ask(`http://inner.example:${port}/`, "GET", "Connection: upgrade", "Upgrade: x")
      : await bench.ask(`http://inner.example:${port}/`, method);
    assertMatch(text, /^HTTP\/1.1 403 Forbidden\r\n/, method);
    assertStringIncludes(text, "leads to an address that a --deny-host rule refuses");
    assert(!text.includes("127.0"), text);
    assertEquals(bench.origin.connections, 0);
    assertEquals(bench.warnings.length, 1);
    assertStringIncludes(bench.warnings[0], ", which leads to 127.0.0.1: inner.example:");
  }
});

test("startHttpProxy on this machine alone leads to this machine, but to no metadata", async () => {
  await using bench = await withProxy({ resolve: () => Promise.resolve(["169.254.169.254"]) });
  assertStringIncludes(await bench.ask(`http://127.1:${bench.origin.addr.port}/`), "answer 1");
  for (const host of ["169.254.169.254", "metadata.example", "[fd00:ec2::254]"]) {
    const text = await bench.ask(`http://${host}/`);
    assertMatch(text, /^HTTP\/1.1 403 /);
    assertStringIncludes(text, "a cloud metadata address, which is refused unless allowed");
  }
});

test("startHttpProxy connects to the address that it has judged, whatever the name becomes", async () => {
  const answers = [["127.0.0.1"], ["169.254.169.254"]];
  const asked: string[] = [];
  await using bench = await withProxy({
    resolve: (name) => {
      asked.push(name);
      return Promise.resolve(answers[asked.length - 1]);
    },
  }, counting("Connection: close", "Cache-Control: no-store"));
  const target = `http://rebind.example:${bench.origin.addr.port}/`;
  assertStringIncludes(await bench.ask(target), "answer 1");
  assertEquals(asked, ["rebind.example"]);
  assertMatch(await bench.ask(target), /^HTTP\/1.1 403 /);
  assertEquals([asked.length, bench.origin.connections], [2, 1]);
});

test("startHttpProxy tries the allowed addresses of a name in turn", async () => {
  const { port } = (await closedPort()).addr;
  await using bench = await withProxy({
    denyHosts: ["127.0.0.9"],
    resolve: () => Promise.resolve(["127.0.0.9", "::1", "nonsense", "127.0.0.1"]),
  });
  assertStringIncludes(await bench.ask(`http://a.example:${bench.origin.addr.port}/`), "answer 1");
  // None of them answers: the sentence names what was asked for.
  const text = await bench.ask(`http://a.example:${port}/`);
  assertMatch(text, /^HTTP\/1.1 502 /);
  assertStringIncludes(text, `Cannot connect to a.example:${port}: connection refused`);
});

test("startHttpProxy tries no address of a name that is refused, though others are not", async () => {
  await using bench = await withProxy({
    denyHosts: ["127.0.0.1"],
    resolve: () => Promise.resolve(["127.0.0.1", "::1"]),
  });
  const text = await bench.ask(`http://a.example:${bench.origin.addr.port}/`);
  assertMatch(text, /^HTTP\/1.1 502 /);
  assertEquals(bench.origin.connections, 0);
});

/** A port that nobody listens on. */
async function closedPort() {
  const origin = await ScriptedOrigin.start(counting());
  const { addr } = origin;
  await origin[Symbol.asyncDispose]();
  return { addr };
}

test("startHttpProxy answers 502 for a name that has no address", async () => {
  for (
    const resolve of [
      () => Promise.resolve([]),
      () => Promise.resolve(["fe80::1%eth0", "x"]),
      () => Promise.reject(Object.assign(new Error("getaddrinfo"), { code: "ENOTFOUND" })),
    ]
  ) {
    await using bench = await withProxy({ resolve });
    const text = await bench.ask("http://nowhere.example/");
    assertMatch(text, /^HTTP\/1.1 502 /);
    assertStringIncludes(text, "Cannot connect to nowhere.example:80: no such host");
  }
});

test("startHttpProxy resolves a name once for all who ask at once, and only so many names", async () => {
  const asked: string[] = [];
  let answer = (_: string[]) => {};
  const answered = new Promise<string[]>((resolve) => answer = resolve);
  await using bench = await withProxy({
    maxConnections: 400,
    resolve: (name) => {
      asked.push(name);
      return answered;
    },
  }, (_, reply) => reply("HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n"));
  const { port } = bench.origin.addr;
  const same = Array.from({ length: 10 }, () => bench.ask(`http://same.example:${port}/`, "PUT"));
  const others = Array.from({ length: 300 }, async (_, i) => {
    const text = await bench.ask(`http://${i}.example:${port}/`);
    // The first to be turned away shows that all places are taken.
    if (text.includes("too many names")) answer(["127.0.0.1"]);
    return text;
  });
  for (const text of await Promise.all(same)) assertMatch(text, /^HTTP\/1.1 204 /);
  const answers = await Promise.all(others);
  assert(answers.some((text) => text.startsWith("HTTP/1.1 502 ")));
  assertEquals(asked.filter((name) => name === "same.example").length, 1);
});

test("startHttpProxy asks the system for the addresses of names", async () => {
  await using bench = await withProxy({});
  assertStringIncludes(await bench.ask(`http://localhost:${bench.origin.addr.port}/`), "answer 1");
});

test("startHttpProxy refuses targets that look like addresses and are none", async () => {
  await using bench = await withProxy({});
  for (
    const host of [
      "1.2.3.256",
      "08.0.0.1",
      "0x.1",
      "99999999999",
      "a.1",
      "[1::2::3]",
      "[fe80::1%25eth0]",
      "a..b",
    ]
  ) {
    assertMatch(await bench.ask(`http://${host}/`), /^HTTP\/1.1 400 /, host);
  }
});

test("startHttpProxy lets a connection go on after a refusal, unless a body is left", async () => {
  await using bench = await withProxy({ denyHosts: ["a.example"] });
  using client = await bench.raw();
  await client.send("GET http://a.example/ HTTP/1.1\r\nHost: h\r\n\r\n");
  await client.until("no other option allows it\n");
  await client.send("POST http://a.example/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc");
  const rest = await client.rest();
  assertStringIncludes(rest, "HTTP/1.1 403 Forbidden");
  assertStringIncludes(rest, "Connection: close");
});

test("startHttpProxy takes no rules beside upstreams, and none that it can't read", async () => {
  const upstream = [{ hostname: "127.0.0.1", port: 1 }];
  for (
    const options of [
      { upstream, allowHosts: ["a"] },
      { upstream, denyHosts: ["a"] },
      { upstream, connectPorts: [443] },
      { allowHosts: ["a:b"] },
      { denyHosts: ["10.0.0.1/8"] },
      { connectPorts: [0] },
    ]
  ) {
    await assertRejects(() => startHttpProxy({ port: 0, ...options }), RangeError);
  }
});
