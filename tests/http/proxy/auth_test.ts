import { assert, assertEquals, assertMatch, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { formatBasic } from "../../../http/fields/basic.ts";
import { formatPasswordHash, hashPassword } from "../../../http/proxy/access/password_hash.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import { formatAddress } from "../../../net/address.ts";
import { Observer } from "../../../observe/observer.ts";
import { Bench, counting } from "../bench.ts";
import { ok, RawClient } from "../origin.ts";
import { readText, startTunnelProxy, TcpOrigin } from "../tunnels.ts";

const CHEAP = { cost: 2, blockSize: 8, parallelization: 1 };
const credentials = [`alice:${formatPasswordHash(await hashPassword("open sesame", CHEAP))}`];
const right = `Proxy-Authorization: ${formatBasic("alice:open sesame")}`;
const wrong = `Proxy-Authorization: ${formatBasic("alice:sesame")}`;

test("startHttpProxy with users answers 407 to strangers, whatever they ask", async () => {
  await using bench = await Bench.start(counting("Cache-Control: max-age=60"), {
    forward: true,
    credentials,
  });
  const origin = formatAddress(bench.origin.addr);
  using client = await bench.raw();
  // It is in the cache, and no stranger gets it from there.
  await client.send(`GET http://${origin}/ HTTP/1.1\r\nHost: h\r\n${right}\r\n\r\n`);
  await client.until("answer 1");
  const requests = [
    `GET http://${origin}/`,
    `HEAD http://${origin}/`,
    `POST http://${origin}/`,
    `PURGE http://${origin}/`,
    `OPTIONS http://${origin}/`,
    `TRACE http://${origin}/`,
    `CONNECT ${origin}`,
    `GET http://no.example./`,
    "GET /",
  ];
  for (const request of requests) {
    for (const field of ["X: y", wrong, "Proxy-Authorization: Bearer x", `${right}\r\n${right}`]) {
      await client.send(`${request} HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n${field}\r\n\r\n`);
      const head = await client.until("\r\n\r\n");
      assertMatch(head, /^HTTP\/1.1 407 Proxy Authentication Required\r\n/, request);
      assertStringIncludes(
        head,
        '\r\nProxy-Authenticate: Basic realm="halfway", charset="UTF-8"\r\n',
      );
      // The connection goes on.
      assert(!head.includes("Connection: close"), head);
      if (!request.startsWith("HEAD")) await client.until("a password\n");
    }
  }
  await client.send(`GET http://${origin}/ HTTP/1.1\r\nHost: h\r\n${right}\r\n\r\n`);
  await client.until("answer 1");
  assertEquals(bench.origin.seen.length, 1);
});

test("startHttpProxy closes after a 407 whose request has a body or tunnel bytes behind it", async () => {
  await using bench = await Bench.start(counting(), { forward: true, credentials });
  for (
    const text of [
      "POST http://a.example/ HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
      "CONNECT a.example:443 HTTP/1.1\r\nHost: h\r\n\r\nGET http://b.example/ HTTP/1.1\r\n\r\n",
    ]
  ) {
    using client = await bench.raw();
    await client.send(text);
    const rest = await client.rest();
    assertStringIncludes(rest, "Connection: close");
    assertEquals(rest.split("HTTP/1.1 ").length, 2);
  }
});

test("startHttpProxy passes Proxy-Authorization on to nobody, and stores none of it", async () => {
  await using bench = await Bench.start(
    (_, reply) => reply(ok("x", "Cache-Control: max-age=60", "Vary: Proxy-Authorization")),
    { forward: true, credentials },
  );
  const origin = formatAddress(bench.origin.addr);
  using client = await bench.raw();
  const other = right.replace("Basic ", "basic  ");
  for (const field of [right, other]) {
    await client.send(`GET http://${origin}/a HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`);
    await client.until("\r\n\r\nx");
  }
  await client.send(`POST http://${origin}/ HTTP/1.1\r\nHost: h\r\n${right}\r\n\r\n`);
  await client.until("\r\n\r\nx");
  await client.send(
    `TRACE http://${origin}/ HTTP/1.1\r\nHost: h\r\nMax-Forwards: 0\r\n${right}\r\n\r\n`,
  );
  assert(!/proxy-auth/i.test(await client.until("Max-Forwards: 0\r\n\r\n")));
  // One variant for both: what never left the proxy makes no difference.
  assertEquals(bench.origin.seen.map(({ target }) => target), ["/a", "/"]);
  for (const seen of bench.origin.seen) {
    assertEquals(seen.lines.filter(([name]) => /^proxy-/i.test(name)), []);
  }
});

test("startHttpProxy makes tunnels for its users", async () => {
  using origin = await TcpOrigin.start();
  await using proxy = await startTunnelProxy(origin, { credentials });
  using client = await RawClient.connect(proxy.addr);
  const head = `CONNECT ${origin.target} HTTP/1.1\r\nHost: h\r\n`;
  await client.send(`${head}\r\n`);
  assertStringIncludes(await client.until("a password\n"), "407");
  await client.send(`${head}${right}\r\n\r\nearly`);
  const far = await origin.accept();
  assertEquals(await client.until("\r\n\r\n"), "HTTP/1.1 200 OK\r\n\r\n");
  assertEquals(await readText(far, 5), "early");
});

test("startHttpProxy answers 503 when too many passwords are to be checked", async () => {
  const cost = { cost: 4096, blockSize: 8, parallelization: 1 };
  const slow = [`alice:${formatPasswordHash(await hashPassword("x", cost))}`];
  await using proxy = await startHttpProxy({ port: 0, credentials: slow });
  const heads = await Promise.all(Array.from({ length: 100 }, async (_, i) => {
    using client = await RawClient.connect(proxy.addr);
    const field = `Proxy-Authorization: ${formatBasic(`alice:${i}`)}`;
    await client.send(`GET http://a.example/ HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`);
    return await client.until("\r\n\r\n");
  }));
  const busy = heads.filter((head) => /^HTTP\/1.1 503 [^]*\r\nRetry-After: /.test(head)).length;
  const refused = heads.filter((head) => head.startsWith("HTTP/1.1 407 ")).length;
  assert(busy > 0 && refused >= 66, `${busy} ${refused}`);
  assertEquals(busy + refused, 100);
});

test("HttpClient says who it is to its proxy, and to nobody else", async () => {
  await using bench = await Bench.start(counting(), { forward: true, credentials });
  const url = `http://${formatAddress(bench.origin.addr)}/`;
  const proxyUser = "alice:open sesame";
  using through = disposable(new HttpClient({ proxy: bench.proxy.addr, proxyUser }));
  assertEquals((await through.request(url)).status, 200);
  using stranger = disposable(new HttpClient({ proxy: bench.proxy.addr }));
  assertEquals((await stranger.request(url)).status, 407);
  using direct = disposable(new HttpClient({ proxyUser }));
  assertEquals((await direct.request(url)).status, 200);
  for (const seen of bench.origin.seen) assertEquals(seen.get("proxy-authorization"), null);
});

function disposable(client: HttpClient): HttpClient & Disposable {
  return Object.assign(client, { [Symbol.dispose]: () => client.close() });
}

test("startHttpProxy tells no observer a password", async () => {
  const told: string[] = [];
  const observer = new Observer();
  for (const topic of ["connection", "message", "node", "cache"] as const) {
    observer.on(topic, (event) => told.push(JSON.stringify(event)));
  }
  await using bench = await Bench.start(counting(), {
    forward: true,
    credentials,
    denyHosts: ["a.example"],
    observer,
  });
  const origin = formatAddress(bench.origin.addr);
  using client = await bench.raw();
  for (const target of [`http://${origin}/`, "http://a.example/"]) {
    for (const field of [right, wrong]) {
      await client.send(`GET ${target} HTTP/1.1\r\nHost: h\r\n${field}\r\n\r\n`);
      await client.until("\r\n\r\n");
    }
  }
  assert(told.length > 8);
  const secrets = [right, wrong].map((field) => field.split(" ")[2]);
  assertEquals(told.filter((text) => /sesame/.test(text)), []);
  for (const secret of secrets) assertEquals(told.filter((text) => text.includes(secret)), []);
});
