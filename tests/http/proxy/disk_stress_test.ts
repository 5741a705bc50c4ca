import { readdir } from "node:fs/promises";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { Bench } from "../bench.ts";
import { makeFolder } from "../files.ts";
import { bytesOf } from "../store/support.ts";

const SIZES = [100, 70_000, 300_000, 700_000, 1_500_000];
const PATHS = SIZES.flatMap((size) => [`/a/${size}`, `/b/${size}`]);
const FILLINGS = new Map(SIZES.map((size) => [size, latin1(bytesOf(size, size), 0, size)]));

/** The body of a version of a path, which tells them. */
function bodyOf(path: string, version: number): string {
  return `${path}:${version}:${FILLINGS.get(Number(path.split("/")[2]))}`;
}

function random(below: number): number {
  return Math.floor(Math.random() * below);
}

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

test("startHttpProxy with a folder gives nothing wrong, whatever clients, origins and purges do at once", async () => {
  await using folder = await makeFolder({});
  const versions = new Map(PATHS.map((path) => [path, 0]));
  /** Versions that were there when a purge was answered: no older one may be given from then on. */
  const purged = new Map(PATHS.map((path) => [path, 0]));
  await using bench = await Bench.start(async (request, reply) => {
    const path = request.target;
    const version = versions.get(path)!;
    const tag = `"${version}"`;
    if (request.get("if-none-match") === tag) {
      await reply(`HTTP/1.1 304 Not Modified\r\nETag: ${tag}\r\n\r\n`);
      return;
    }
    const body = bodyOf(path, version);
    const chunked = random(2) === 0;
    const length = chunked ? "Transfer-Encoding: chunked" : `Content-Length: ${body.length}`;
    await reply(
      `HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nETag: ${tag}\r\n${length}\r\n\r\n`,
    );
    const breaksAt = random(8) === 0 ? random(body.length) : Infinity;
    const step = 20_000 + random(100_000);
    for (let at = 0; at < body.length; at += step) {
      if (at > breaksAt) return false;
      const piece = body.slice(at, at + step);
      await reply(chunked ? `${piece.length.toString(16)}\r\n${piece}\r\n` : piece);
      if (random(4) === 0) await turn();
    }
    if (chunked) await reply("0\r\n\r\n");
  }, { cacheDir: folder.path, cacheBytes: 4_000_000, maxObjectBytes: 1_000_000 });
  let [whole, hits] = [0, 0];

  async function ask(client: HttpClient, path: string): Promise<void> {
    const oldest = purged.get(path)!;
    const fields: [string, string][] = [];
    if (random(8) === 0) fields.push(["Cache-Control", "no-cache"]);
    if (random(8) === 0) fields.push(["Range", "bytes=50-99"]);
    const response = await client.request(`http://${bench.host}${path}`, { fields });
    const version = Number(response.fields.get("etag")!.replaceAll('"', ""));
    const bytes = await response.bytes();
    const text = latin1(bytes, 0, bytes.length);
    const body = bodyOf(path, version);
    assert(version >= oldest, `version ${version} of ${path}, purged at ${oldest}`);
    assert(text === (response.status === 206 ? body.slice(50, 100) : body), `${path}: other bytes`);
    whole++;
    if (response.cacheStatus!.includes("hit")) hits++;
  }

  async function leave(path: string): Promise<void> {
    using raw = await bench.raw();
    await raw.send(`GET ${path} HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`);
    await raw.connection.read(new Uint8Array(1 + random(60_000)));
    for (let i = random(4); i > 0; i--) await turn();
  }

  async function purge(client: HttpClient, path: string): Promise<void> {
    const version = versions.get(path)! + 1;
    versions.set(path, version);
    const all = random(2) === 0;
    const target = all ? `${path.slice(0, 3)}*` : path;
    await (await client.request(`http://${bench.host}${target}`, { method: "PURGE" })).text();
    purged.set(path, Math.max(version, purged.get(path)!));
  }

  await Promise.all(Array.from({ length: 8 }, async () => {
    using client = new HttpClient();
    for (let i = 0; i < 40; i++) {
      const path = PATHS[random(PATHS.length)];
      const what = random(10);
      if (what === 0) await leave(path);
      else if (what === 1) await purge(client, path);
      else {
        await ask(client, path).catch((error) => {
          // The origin broke off.
          if ((error as Error).name === "AssertionError") throw error;
        });
      }
    }
  }));
  assert(whole > 100 && hits > 20, `${whole} answers, ${hits} hits`);
  // What nobody waits for any more comes to its end.
  bench.proxy.close();
  await bench.proxy.finished;
  assertEquals((await readdir(folder.path)).filter((name) => name.startsWith("tmp-")), []);
});
