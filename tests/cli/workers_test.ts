import { readdirSync } from "node:fs";
import process from "node:process";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { makeFolder } from "../http/files.ts";
import { ok, type OriginScript, RawClient } from "../http/origin.ts";
import { runProgram } from "../programs.ts";
import { gate } from "../support/gate.ts";
import { until, within } from "../support/within.ts";
import { shareOf } from "../../cli/workers.ts";
import { listen } from "../../net/runtime.ts";
import { isAlive, WorkersBench } from "./workers.ts";

const MAX_AGE = "Cache-Control: max-age=600";

/** Answers each request with its number. */
function counting(): OriginScript {
  let count = 0;
  return (_, reply) => reply(ok(`answer ${++count}\n`, MAX_AGE));
}

/** Asks again and again on connections that stay open, until it is told to stop; counts whole answers. */
function load(bench: WorkersBench, clients: number) {
  const seen = { answers: 0, broken: [] as string[] };
  let stopped = false;
  const loop = async (): Promise<void> => {
    let client: RawClient | null = null;
    for (let i = 0; !stopped; i++) {
      try {
        client ??= await RawClient.connect(bench.address);
        const answer = await bench.ask(client, `/load/${i % 7}`);
        assertMatch(answer, /^HTTP\/1\.1 200 [^]*\r\n\r\nanswer \d+\n$/);
        seen.answers++;
        if (/\r\nConnection: close\r\n/.test(answer)) {
          client[Symbol.dispose]();
          client = null;
        }
      } catch (error) {
        seen.broken.push(String(error));
        client?.[Symbol.dispose]();
        client = null;
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
    client?.[Symbol.dispose]();
  };
  const loops = Array.from({ length: clients }, loop);
  return {
    seen,
    /** Waits for so many more answers. */
    async more(count: number): Promise<void> {
      const enough = seen.answers + count;
      await until(() => seen.answers >= enough, `${count} more answers`, 30_000);
    },
    async [Symbol.asyncDispose]() {
      stopped = true;
      await Promise.all(loops);
    },
  };
}

test("proxy http --workers serves with processes that each keep a cache, and all obey a PURGE or a POST to one", async () => {
  await using bench = await WorkersBench.start(counting(), "--workers=3");
  const clients = await bench.clientOfEach(3);
  const body = async (client: RawClient, path: string) =>
    (await bench.ask(client, path)).split("\r\n\r\n")[1];
  for (const [change, path] of [["PURGE", "/a"], ["POST", "/a"], ["PURGE", "/*"]] as const) {
    const before: string[] = [];
    for (const client of clients) before.push(await body(client, "/a"));
    // Each asks the origin once, and answers by itself from then on.
    assertEquals(new Set(before).size, 3);
    for (const [i, client] of clients.entries()) assertEquals(await body(client, "/a"), before[i]);
    const changed = await bench.ask(clients[1], path, change);
    if (change === "PURGE") {
      // With "/who", which each has as well, where all are meant.
      const count = path === "/a" ? 3 : 6;
      assertStringIncludes(changed, `HTTP/1.1 200 OK`);
      assertStringIncludes(changed, `${count} purged`);
    }
    for (const [i, client] of clients.entries()) {
      assert(await body(client, "/a") !== before[i], `${change} ${path}, worker ${i + 1}`);
    }
    await bench.ask(clients[0], "/a", "PURGE");
  }
  for (const client of clients) client[Symbol.dispose]();
});

test("proxy http --workers keeps out of every cache what was purged while it was fetched", async () => {
  const go = gate();
  let version = "old";
  await using bench = await WorkersBench.start(async (request, reply) => {
    const answer = ok(`${version}\n`, MAX_AGE);
    if (request.target === "/a" && version === "old") await go.promise;
    await reply(answer);
  }, "--workers=2");
  const [first, second] = await bench.clientOfEach(2);
  const under = bench.ask(first, "/a");
  await until(() => bench.origin.seen.some(({ target }) => target === "/a"), "the origin is asked");
  await bench.ask(second, "/a", "PURGE");
  version = "new";
  go.resolve();
  assertMatch(await under, /\r\n\r\nold\n$/);
  assertMatch(await bench.ask(first, "/a"), /\r\n\r\nnew\n$/);
  for (const client of [first, second]) client[Symbol.dispose]();
});

test("proxy http --workers replaces a worker that is killed, while the others answer", async () => {
  await using bench = await WorkersBench.start(counting(), "--workers=2", "--log-level=info");
  await using clients = load(bench, 4);
  await clients.more(50);
  const [killed] = bench.pids();
  process.kill(killed, "SIGKILL");
  await bench.proxy.until(new RegExp(`\\(process ${killed}\\) was ended by SIGKILL; another`));
  await until(() => bench.pids().length === 3, "another worker listens");
  await clients.more(50);
  assert(!bench.pids().slice(1).includes(killed));
  assertEquals(bench.pids().slice(1).map(isAlive), [true, true]);
});

test("proxy http --workers restarts its workers at SIGHUP, and answers every request meanwhile", async () => {
  await using bench = await WorkersBench.start(counting(), "--workers=2");
  await using clients = load(bench, 4);
  await clients.more(50);
  bench.proxy.kill("SIGHUP");
  await bench.proxy.until(/Restarting the workers/);
  bench.proxy.kill("SIGHUP");
  await bench.proxy.until(/Restarted all 2 workers.*\n[^]*Restarted all 2 workers/);
  await clients.more(50);
  assertEquals(clients.seen.broken, []);
  const pids = bench.pids();
  assertEquals(new Set(pids).size, 6);
  assertEquals(pids.map(isAlive), [false, false, false, false, true, true]);
});

test("proxy http --workers leaves no new connection without a word while it restarts", async () => {
  await using bench = await WorkersBench.start(counting(), "--workers=2", "--log-level=info");
  let stopped = false;
  let answers = 0;
  const loops = Array.from({ length: 4 }, async () => {
    while (!stopped) {
      try {
        using client = await RawClient.connect(bench.address);
        await within(bench.ask(client, "/a"), "an answer");
        answers++;
      } catch (error) {
        // Reset by the kernel, which can't be helped everywhere; but not left to wait.
        assert(!String(error).includes("in vain"), String(error));
      }
    }
  });
  for (let round = 1; round <= 3; round++) {
    const from = bench.proxy.stderr().length;
    bench.proxy.kill("SIGHUP");
    await bench.proxy.until(/Restarted all 2 workers/, from);
  }
  const enough = answers + 50;
  await until(() => answers >= enough, "50 more answers", 30_000);
  stopped = true;
  await within(Promise.all(loops), "the last answers", 30_000);
});

test("proxy http --workers serves nothing that an answered POST has made void, while workers come and go", async () => {
  let version = 0;
  await using bench = await WorkersBench.start(async (request, reply) => {
    if (request.method === "POST") version++;
    await reply(ok(`${version}\n`, MAX_AGE));
  }, "--workers=3");
  let answered = 0;
  let stopped = false;
  const stale: string[] = [];
  let hits = 0;
  /** Asks on and on, on as few connections as the proxy lets it. */
  const loop = async (method: string, onAnswer: (floor: number, answer: string) => void) => {
    let client: RawClient | null = null;
    while (!stopped) {
      client ??= await RawClient.connect(bench.address);
      const floor = answered;
      const answer = await bench.ask(client, "/a", method);
      onAnswer(floor, answer);
      if (!/\r\nConnection: close\r\n/.test(answer)) continue;
      client[Symbol.dispose]();
      client = null;
    }
    client?.[Symbol.dispose]();
  };
  const valueOf = (answer: string): number => Number(answer.split("\r\n\r\n")[1]);
  const readers = Array.from({ length: 6 }, () =>
    loop("GET", (floor, answer) => {
      if (valueOf(answer) < floor) stale.push(`${valueOf(answer)} after ${floor}`);
      if (answer.includes("halfway; hit")) hits++;
    }));
  const writer = loop("POST", (_, answer) => answered = valueOf(answer));
  bench.proxy.kill("SIGHUP");
  await bench.proxy.until(/Restarted all 3 workers/);
  const enough = answered + 50;
  await until(() => answered >= enough, "50 more changes", 30_000);
  stopped = true;
  await within(Promise.all([...readers, writer]));
  assertEquals(stale, []);
  assert(hits > 100, `${hits} hits`);
});

test("proxy http --workers serves nothing from its disk that was purged while a worker was gone", async () => {
  await using folder = await makeFolder({});
  let version = 1;
  const script: OriginScript = (_, reply) => reply(ok(`v${version}\n`, MAX_AGE));
  const args = ["--workers=2", `--cache-dir=${folder.path}`];
  const body = async (bench: WorkersBench, client: RawClient, path: string) =>
    (await bench.ask(client, path, "GET", "a.example")).split("\r\n\r\n")[1];
  {
    await using bench = await WorkersBench.start(script, ...args);
    const clients = await bench.clientOfEach(2);
    for (const client of clients) {
      for (const path of ["/a", "/b"]) assertEquals(await body(bench, client, path), "v1\n");
    }
    for (const worker of [1, 2]) {
      const names = () => readdirSync(folder.at(`worker-${worker}`));
      const written = () => names().filter((name) => !name.startsWith("tmp-")).length === 3;
      await until(written, `worker ${worker} has written all`);
    }
    version = 2;
    // The second can be killed and another one takes its place; meanwhile the first is asked to purge.
    const [, second] = bench.pids();
    process.kill(second, "SIGKILL");
    const client = clients[bench.pidOf(1) === second ? 1 : 0];
    await bench.ask(client, "/a", "PURGE", "a.example");
    await until(() => bench.pids().length === 3, "another worker listens");
    for (const each of await bench.clientOfEach(2)) {
      assertEquals(await body(bench, each, "/a"), "v2\n");
      assertEquals(await body(bench, each, "/b"), "v1\n");
      each[Symbol.dispose]();
    }
    for (const each of clients) each[Symbol.dispose]();
  }
  version = 3;
  await using bench = await WorkersBench.start(script, ...args);
  for (const client of await bench.clientOfEach(2)) {
    assertEquals(await body(bench, client, "/a"), "v2\n");
    assertEquals(await body(bench, client, "/b"), "v1\n");
    client[Symbol.dispose]();
  }
});

test("proxy http --workers drains at the first signal, whoever else gets it, and closes at the second", async () => {
  for (const finishes of [true, false]) {
    const go = gate();
    await using bench = await WorkersBench.start(async (request, reply) => {
      if (request.target === "/who") return await reply(ok("x\n"));
      await reply("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234");
      await go.promise;
      await reply("56789");
    }, "--workers=2");
    const clients = await bench.clientOfEach(2);
    for (const client of clients) {
      await client.send(bench.request("/slow"));
      await client.until("01234");
    }
    // As Ctrl-C in a terminal does, which reaches every process there.
    for (const pid of bench.pids()) process.kill(pid, "SIGINT");
    bench.proxy.kill("SIGINT");
    await bench.proxy.until(/^Draining, up to 10s/m);
    if (finishes) go.resolve();
    else bench.proxy.kill("SIGTERM");
    const rests = await within(Promise.all(clients.map((client) => client.rest())));
    for (const client of clients) client[Symbol.dispose]();
    const { code, stderr } = await within(bench.proxy.ended, "its end", 30_000);
    assertEquals([rests, code], finishes ? [["56789", "56789"], 0] : [["", ""], 143]);
    assertEquals(bench.pids().map(isAlive), [false, false], stderr);
    go.resolve();
  }
});

test("proxy http --workers leaves no worker when its parent is killed, nor a request half answered", async () => {
  const go = gate();
  await using bench = await WorkersBench.start(async (request, reply) => {
    if (request.target === "/slow") await go.promise;
    await reply(ok("whole\n"));
  }, "--workers=2");
  const [client, other] = await bench.clientOfEach(2);
  other[Symbol.dispose]();
  await client.send(bench.request("/slow"));
  await until(
    () => bench.origin.seen.some(({ target }) => target === "/slow"),
    "the origin is asked",
  );
  bench.proxy.kill("SIGKILL");
  await until(() => !isAlive(bench.pidOf(2)), "the idle one ends");
  go.resolve();
  assertMatch(await within(client.rest()), /\r\n\r\nwhole\n$/);
  client[Symbol.dispose]();
  await until(() => bench.pids().every((pid) => !isAlive(pid)), "no worker is left", 30_000);
});

test("proxy http --workers ends with what is wrong with its address", async () => {
  const listener = await listen({ port: 0 });
  const args = ["http", "--workers=2", `--port=${listener.addr.port}`];
  const taken = await runProgram("proxy", { args });
  listener.close();
  assertEquals([taken.code, taken.stdout], [6, ""]);
  assertMatch(
    taken.stderr,
    /^error: Cannot listen on 127\.0\.0\.1:\d+: the port is in use.*\nhint:/,
  );
});

test("proxy takes nobody for a worker but what its parent has started", async () => {
  for (const words of [["worker"], ["http", "worker"]]) {
    const ended = await runProgram("proxy", { args: words });
    assertEquals([ended.code, ended.stdout], [2, ""]);
  }
});

test("proxy http --workers logs whole lines, each with its worker", async () => {
  const path = `/${"x".repeat(150)}`;
  await using bench = await WorkersBench.start(counting(), "--workers=2", "--log-level=debug");
  const clients = await bench.clientOfEach(2);
  await Promise.all(clients.map(async (client) => {
    await client.send(bench.request(path).repeat(200));
    for (let i = 0; i < 200; i++) await client.until("answer ");
  }));
  for (const client of clients) client[Symbol.dispose]();
  bench.proxy.kill("SIGTERM");
  await bench.proxy.ended;
  const received = bench.lines().filter(({ event, message }) =>
    event === "message.received" && message.includes(path)
  );
  const count = (worker: number) => received.filter((line) => line.worker === worker).length;
  assert(count(1) >= 200 && count(2) >= 200, `${count(1)} and ${count(2)} lines`);
});

test("shareOf gives each worker its part of what is for all", () => {
  const share = shareOf({ cacheBytes: 100, maxConnections: 100, maxObjectBytes: 7 }, 3);
  assertEquals(share, { cacheBytes: 33, maxConnections: 34, maxObjectBytes: 7 });
});
