import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import { assertEquals, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import { formatAddress } from "../../../net/address.ts";
import { makeFolder, type TestFolder } from "../files.ts";
import { ok, type OriginScript, RawClient, ScriptedOrigin } from "../origin.ts";

const OLD = "Sun, 06 Nov 1994 08:49:37 GMT";
const NEW = "Mon, 07 Nov 1994 08:49:37 GMT";

/** A file server as the original's: `must-revalidate`, a date, and 304 for the date that it has. */
class Origin {
  lastModified = OLD;
  body = "one";
  cacheControl = "must-revalidate";
  /** Whether it can't read conditions, and closes. */
  hangsUp = false;
  readonly script: OriginScript = (request, reply) => {
    const since = request.get("if-modified-since");
    if (since !== null && this.hangsUp) return false;
    if (since === this.lastModified) return reply("HTTP/1.1 304 Not Modified\r\n\r\n");
    return reply(ok(
      this.body,
      `Cache-Control: ${this.cacheControl}`,
      `Last-Modified: ${this.lastModified}`,
      'ETag: "tag"',
    ));
  };
}

/** A proxy with the preset, an origin, and a client of both. */
async function start(
  run: (what: {
    origin: Origin;
    seen: ScriptedOrigin["seen"];
    folder: TestFolder;
    get(path: string): Promise<string>;
    url(path: string): string;
    pass(seconds: number): void;
    restart(): Promise<void>;
  }) => Promise<void>,
): Promise<void> {
  await using folder = await makeFolder({});
  const origin = new Origin();
  await using server = await ScriptedOrigin.start((...args) => origin.script(...args));
  const clock = { nowMs: Date.UTC(2026, 10, 20) };
  const startProxy = () =>
    startHttpProxy({ port: 0, preset: "classic", cacheDir: folder.path, now: () => clock.nowMs });
  let proxy = await startProxy();
  const url = (path: string) => `http://${formatAddress(server.addr)}${path}`;
  const get = async (path: string) => {
    using client = await RawClient.connect(proxy.addr);
    await client.send(`GET ${url(path)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
    const answer = await client.rest();
    return answer.slice(answer.indexOf("\r\n\r\n") + 4);
  };
  const restart = async () => {
    await proxy[Symbol.asyncDispose]();
    proxy = await startProxy();
  };
  const pass = (seconds: number) => void (clock.nowMs += seconds * 1000);
  try {
    await run({ origin, seen: server.seen, folder, get, url, pass, restart });
  } finally {
    await proxy[Symbol.asyncDispose]();
  }
}

/** Waits until a folder holds this many files, all of them finished. */
async function files({ path }: TestFolder, count: number): Promise<string[]> {
  for (let turn = 0; turn < 5_000; turn++) {
    const names = await readdir(path);
    if (names.length === count && names.every((name) => !name.startsWith("tmp-"))) return names;
    await new Promise((resolve) => setTimeout(resolve));
  }
  throw new Error(`Expected ${count} files`);
}

/** Which of the requests that the origin saw were conditional, and on what. */
function conditions(seen: ScriptedOrigin["seen"]): (string | null)[] {
  return seen.splice(0).map((request) => {
    assertEquals(request.get("if-none-match"), null);
    return request.get("if-modified-since");
  });
}

test("--preset classic fetches, fetches and stores, and asks by date from then on", async () => {
  await start(async ({ origin, seen, folder, get, url }) => {
    assertEquals(await get("/1.txt"), "one");
    assertEquals(await readdir(folder.path), []);
    assertEquals(await get("/1.txt"), "one");
    assertEquals(conditions(seen), [null, null]);
    assertEquals(await get("/1.txt"), "one");
    assertEquals(conditions(seen), [OLD]);
    const name = createHash("md5").update(url("/1.txt")).digest("hex");
    assertEquals(await files(folder, 1), [name]);
    // Fresh or not: it asks.
    origin.cacheControl = "must-revalidate, max-age=1000";
    origin.lastModified = NEW;
    origin.body = "two";
    assertEquals(await get("/1.txt"), "two");
    assertEquals(await get("/1.txt"), "two");
    assertEquals(conditions(seen), [OLD, NEW]);
  });
});

test("--preset classic stores nothing that was asked for twice in more than ten minutes", async () => {
  await start(async ({ folder, get, pass }) => {
    await get("/1.txt");
    pass(601);
    await get("/1.txt");
    assertEquals(await readdir(folder.path), []);
    pass(599);
    await get("/1.txt");
    await get("/1.txt");
    await files(folder, 1);
  });
});

test("--preset classic stores must-revalidate alone, and never no-cache", async () => {
  await start(async ({ origin, seen, folder, get }) => {
    for (const value of ["max-age=60", "must-revalidate, no-cache", "must-revalidate, no-store"]) {
      origin.cacheControl = value;
      for (let i = 0; i < 3; i++) await get(`/${encodeURIComponent(value)}`);
    }
    assertEquals(conditions(seen), Array(9).fill(null));
    assertEquals(await readdir(folder.path), []);
  });
});

test("--preset classic keeps three, and the least recently requested makes room", async () => {
  await start(async ({ seen, folder, get }) => {
    for (const path of ["/1", "/2", "/3"]) for (let i = 0; i < 2; i++) await get(path);
    await get("/1");
    seen.length = 0;
    for (let i = 0; i < 2; i++) await get("/4");
    await files(folder, 3);
    seen.length = 0;
    for (const path of ["/1", "/3", "/4", "/2"]) await get(path);
    assertEquals(conditions(seen), [OLD, OLD, OLD, null]);
  });
});

test("--preset classic asks once more without a date when the origin hangs up on it", async () => {
  await start(async ({ origin, seen, get }) => {
    await get("/1.txt");
    await get("/1.txt");
    seen.length = 0;
    origin.hangsUp = true;
    assertEquals(await get("/1.txt"), "one");
    const asked = conditions(seen);
    assertEquals(asked[0], OLD);
    assertEquals(asked.at(-1), null);
  });
});

test("--preset classic finds its files again when it is started anew", async () => {
  await start(async ({ seen, get, restart }) => {
    await get("/1.txt");
    await get("/1.txt");
    await restart();
    seen.length = 0;
    assertEquals(await get("/1.txt"), "one");
    assertEquals(conditions(seen), [OLD]);
  });
});

test("--preset classic cuts no path or query, loses no body, and adds no byte", async () => {
  await start(async ({ origin, seen, get, url }) => {
    origin.body = "";
    assertEquals(await get("/a/b%20c?d=e&f"), "");
    assertEquals(seen.map(({ target }) => target), ["/a/b%20c?d=e&f"]);
    assertStringIncludes(url("/"), "http://127.0.0.1:");
  });
  const bodies: string[] = [];
  await using server = await ScriptedOrigin.start(async (request, reply) => {
    bodies.push(await request.body());
    await reply(
      "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nCache-Control: must-revalidate\r\n\r\nnone",
    );
  });
  await using folder = await makeFolder({});
  const proxy = { port: 0, preset: "classic", cacheDir: folder.path } as const;
  await using started = await startHttpProxy(proxy);
  using client = await RawClient.connect(started.addr);
  // One that says nothing holds nobody up, and neither does one that leaves at once.
  using _idle = await RawClient.connect(started.addr);
  (await RawClient.connect(started.addr))[Symbol.dispose]();
  for (let i = 0; i < 3; i++) {
    const head = `POST http://${formatAddress(server.addr)}/ HTTP/1.1\r\nHost: x\r\n`;
    await client.send(`${head}Content-Length: 5\r\n\r\nhello`);
    await client.until("none");
    await client.send(`GET http://${formatAddress(server.addr)}/404 HTTP/1.1\r\nHost: x\r\n\r\n`);
    await client.until("none");
  }
  assertEquals(bodies, ["hello", "", "hello", "", "hello", ""]);
  assertEquals(await readdir(folder.path), []);
});
