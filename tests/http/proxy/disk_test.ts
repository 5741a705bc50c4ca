import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { assert, assertEquals, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { type HttpProxy, startHttpProxy } from "../../../http/proxy/proxy.ts";
import { Observer } from "../../../observe/observer.ts";
import { Bench } from "../bench.ts";
import { makeFolder } from "../files.ts";
import { ok, type OriginScript, ScriptedOrigin } from "../origin.ts";
import { bytesOf } from "../store/support.ts";

/** An origin of bodies of the length that their path says, `/1000`, fresh for a minute. */
const bySize: OriginScript = (request, reply) =>
  reply(ok(bodyOf(request.target), "Cache-Control: max-age=60", `ETag: "${request.target}"`));

function bodyOf(target: string): string {
  const length = Number(target.slice(1));
  const bytes = bytesOf(length, length);
  return latin1(bytes, 0, length);
}

async function get(
  proxy: HttpProxy,
  origin: ScriptedOrigin,
  path: string,
): Promise<{ text: string; cache: string }> {
  using client = new HttpClient({ proxy: proxy.addr });
  const { hostname, port } = origin.addr;
  const response = await client.request(`http://${hostname}:${port}${path}`);
  const bytes = await response.bytes();
  return { text: latin1(bytes, 0, bytes.length), cache: response.cacheStatus ?? "" };
}

/** Waits until a folder holds this many finished files. */
async function files(path: string, count: number): Promise<string[]> {
  for (let turn = 0; turn < 5_000; turn++) {
    const names = (await readdir(path)).filter((name) => !name.startsWith("tmp-"));
    if (names.length === count) return names.map((name) => `${path}/${name}`);
    await new Promise((resolve) => setTimeout(resolve));
  }
  throw new Error(`Expected ${count} files`);
}

test("startHttpProxy finds what it has stored in a folder when it is started anew", async () => {
  await using folder = await makeFolder({});
  await using origin = await ScriptedOrigin.start(bySize);
  for (const expected of ["fwd=uri-miss; stored", "hit; ttl="]) {
    await using proxy = await startHttpProxy({ port: 0, cacheDir: folder.path });
    for (const path of ["/0", "/1", "/1000", "/100000", "/1000000"]) {
      const { text, cache } = await get(proxy, origin, path);
      assert(text === bodyOf(path), path);
      assertStringIncludes(cache, expected);
    }
    // What a client has whole may still be on its way to the disk.
    await proxy.drain();
  }
  assertEquals(origin.seen.length, 5);
  assertEquals((await files(folder.path, 5)).length, 5);
});

test("startHttpProxy answers ranges of a body in a file", async () => {
  await using folder = await makeFolder({});
  await using bench = await Bench.start(bySize, { cacheDir: folder.path });
  const body = bodyOf("/500000");
  await bench.ask("/500000");
  await files(folder.path, 1);
  for (const [first, last] of [[0, 0], [65_535, 65_536], [100_000, 399_999], [499_999, 499_999]]) {
    const { status, text, cache } = await bench.ask("/500000", [[
      "Range",
      `bytes=${first}-${last}`,
    ]]);
    assertEquals([status, cache.slice(0, 12)], [206, "halfway; hit"]);
    assert(text === new TextDecoder().decode(Uint8Array.from(body.slice(first, last + 1), code)));
  }
  const several = await bench.ask("/500000", [["Range", "bytes=0-9,200000-400000,-5"]]);
  assertEquals(several.status, 206);
  assertEquals(bench.origin.seen.length, 1);
});

function code(c: string): number {
  return c.charCodeAt(0);
}

test("startHttpProxy fetches anew what was lost, small or large, and says so once", async () => {
  await using folder = await makeFolder({});
  await using origin = await ScriptedOrigin.start(bySize);
  const observer = new Observer();
  const told: string[] = [];
  observer.on("node", ({ type, text }) => type === "node.warning" && told.push(text));
  const upstream = [origin.addr];
  await using proxy = await startHttpProxy({ port: 0, upstream, cacheDir: folder.path, observer });
  using client = new HttpClient();
  for (const path of ["/10", "/50000", "/90000", "/900000"]) {
    const ask = async () => {
      const response = await client.request(
        `http://${proxy.addr.hostname}:${proxy.addr.port}${path}`,
      );
      const bytes = await response.bytes();
      assert(latin1(bytes, 0, bytes.length) === bodyOf(path), path);
      return response.cacheStatus ?? "";
    };
    assertStringIncludes(await ask(), "stored");
    const [file] = await files(folder.path, 1);
    assertStringIncludes(await ask(), "hit");
    await rm(file);
    // A file that was just read stays open for a moment, and what was removed can still be read, as it was.
    let cache = await ask();
    for (let turn = 0; cache.includes("hit") && turn < 500; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      cache = await ask();
    }
    assertStringIncludes(cache, "stored");
    const [again] = await files(folder.path, 1);
    assertEquals(again, file);
    const bytes = await readFile(file);
    bytes[5] ^= 1;
    await writeFile(file, bytes);
    assertStringIncludes(await ask(), "stored");
    await files(folder.path, 1);
    assertStringIncludes(await ask(), "hit");
    assertEquals(told.splice(0).map((text) => /is gone|was changed/.exec(text)?.[0]), [
      "is gone",
      "was changed",
    ]);
    await client.request(`http://${proxy.addr.hostname}:${proxy.addr.port}${path}`, {
      method: "PURGE",
    }).then((response) => response.text());
    await files(folder.path, 0);
  }
});

test("startHttpProxy breaks off a body that turns out to be changed in its middle", async () => {
  await using folder = await makeFolder({});
  await using bench = await Bench.start(bySize, { cacheDir: folder.path });
  await bench.ask("/900000");
  const [file] = await files(folder.path, 1);
  const bytes = await readFile(file);
  bytes[500_000] ^= 1;
  await writeFile(file, bytes);
  using raw = await bench.raw();
  await raw.send(`GET /900000 HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  const answer = await raw.rest();
  const body = answer.slice(answer.indexOf("\r\n\r\n") + 4);
  assert(body.length < 900_000 && body === bodyOf("/900000").slice(0, body.length));
  assertStringIncludes((await bench.ask("/900000")).cache, "stored");
});

test("startHttpProxy gives a long body whole to all who come while it is fetched", async () => {
  await using folder = await makeFolder({});
  const length = 4_000_000;
  const body = latin1(bytesOf(length), 0, length);
  let proceed: () => void = () => {};
  const gate = new Promise<void>((resolve) => proceed = resolve);
  await using bench = await Bench.start(async (_, reply) => {
    await reply(
      `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: ${length}\r\n\r\n`,
    );
    await reply(body.slice(0, 3_000_000));
    await gate;
    await reply(body.slice(3_000_000));
  }, { cacheDir: folder.path });
  const ask = `GET /x HTTP/1.1\r\nHost: ${bench.host}\r\nConnection: close\r\n\r\n`;
  using first = await bench.raw();
  await first.send(ask);
  const begin = await first.until(body.slice(2_900_000, 2_900_100));
  // Far more has come by now than is held in memory, and this one wants it from the beginning.
  using late = await bench.raw();
  await late.send(ask);
  const lateBegin = await late.until(body.slice(2_900_000, 2_900_100));
  proceed();
  for (const [text, client] of [[begin, first], [lateBegin, late]] as const) {
    const answer = text + await client.rest();
    assert(answer.endsWith(body) && answer.length < length + 1000);
  }
  assertEquals(bench.origin.seen.length, 1);
  assertStringIncludes((await bench.ask("/x")).cache, "hit");
});

test("startHttpProxy leaves no file of a body that broke off, but the part that it is", async () => {
  await using folder = await makeFolder({});
  await using bench = await Bench.start(async (_, reply) => {
    await reply('HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: "1"\r\n');
    await reply(`Content-Length: 2000000\r\n\r\n${"x".repeat(1_000_000)}`);
    return false;
  }, { cacheDir: folder.path });
  using raw = await bench.raw();
  await raw.send(`GET /x HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
  await raw.rest();
  await files(folder.path, 1);
  const { status, text } = await bench.ask("/x", [["Range", "bytes=999990-999999"]]);
  assertEquals([status, text, bench.origin.seen.length], [206, "xxxxxxxxxx", 1]);
  assertEquals((await readdir(folder.path)).length, 1);
});

test("startHttpProxy can't be started with a folder that can't be had", async () => {
  await using folder = await makeFolder({ file: "" });
  let failure: unknown;
  try {
    await startHttpProxy({ port: 0, cacheDir: folder.at("file") });
  } catch (error) {
    failure = error;
  }
  assertStringIncludes(String(failure), "Cannot use the folder");
});
