import process from "node:process";
import { assert, assertEquals, assertMatch } from "../../asserts.ts";
import { testWith } from "../../harness.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { formatAddress } from "../../../net/address.ts";
import { type Running, startProgram } from "../../programs.ts";
import { counting } from "../bench.ts";
import { HOST, keyOf, SharedBench, versions } from "../shared_bench.ts";

const FRESH = "Cache-Control: max-age=60";

function shared(name: string, fn: () => Promise<void>): void {
  testWith(["redis-server"], `startHttpProxy with a shared store ${name}`, fn);
}

shared(
  "goes on alone when Redis is killed under load, and is back when it is",
  async () => {
    const origin = versions("1");
    await using bench = await SharedBench.start(origin.script);
    const { redis } = bench;
    await bench.ask(0, "/");
    await bench.stored("/");
    await bench.ask(1, "/");
    for (let round = 1; round <= 2; round++) {
      let over = false;
      const load = [0, 1].map(async (proxy) => {
        for (let i = 0; !over; i++) {
          assertEquals((await bench.ask(proxy, `/${i % 50}`)).status, 200);
        }
      });
      await redis.signal("SIGKILL");
      await bench.says(0, /^Cannot reach redis:.*; going on alone$/, round);
      await bench.says(1, /^Cannot reach/, round);
      over = true;
      await Promise.all(load);
      const purged = await bench.purge(0, "/");
      assertEquals(purged.status, 502);
      assertMatch(purged.text, /the shared store can't be reached; it will be told later/);
      await redis.run();
      await bench.says(0, / is back$/, round);
      // The other one may not be back yet; it is waited for.
      origin.text = `after ${round}`;
      assertMatch((await bench.purge(0, "/*")).text, /^(200 OK|404 Not Found): \d+ purged/);
      assertEquals(await bench.texts("/"), [origin.text, origin.text]);
      await bench.says(1, / is back$/, round);
    }
    assertEquals(bench.proxies.map(({ said }) => said.length), [5, 5]);
  },
);

shared("makes good what was purged while Redis was away, before it reads from it", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(
    origin.script,
    "--save",
    "3600 1",
    "--dbfilename",
    `halfway-${crypto.randomUUID()}.rdb`,
    "--dir",
    "/tmp",
  );
  for (const path of ["/a", "/b", "/c"]) {
    await bench.ask(0, path);
    await bench.stored(path);
    await bench.ask(1, path);
  }
  await bench.redis.do("SAVE");
  // What is lost with Redis is a purge as well: the data of before it come back.
  origin.text = "new";
  assertEquals((await bench.purge(0, "/c")).status, 200);
  await bench.redis.signal("SIGKILL");
  await bench.says(0, /^Cannot reach/);
  assertEquals((await bench.purge(0, "/a")).status, 502);
  assertEquals((await bench.ask(0, "/b", { method: "POST", body: "x" })).status, 200);
  assertMatch(bench.proxies[0].said.at(-1)!, /^Other caches may still hold http:\/\/a\.test\/b: /);
  await bench.redis.run();
  await bench.says(0, / is back$/);
  await bench.says(1, / is back$/);
  for (const path of ["/a", "/b", "/c"]) assertEquals(await bench.texts(path), ["new", "new"]);
  await bench.redis.do("CONFIG", "SET", "save", "");
});

shared("begins without Redis, and shares when it comes", async () => {
  const origin = versions("1");
  await using bench = await SharedBench.start(origin.script);
  await bench.redis.signal("SIGKILL");
  await bench.add();
  const { said } = bench.proxies[2];
  assertEquals(said.length, 1);
  assertMatch(said[0], /^Cannot reach redis:.*; going on alone$/);
  assertEquals((await bench.ask(2, "/")).text, "1");
  await bench.redis.run();
  await bench.says(2, /^Sharing /);
  await bench.ask(2, "/x");
  await bench.stored("/x");
  assertEquals(said.length, 2);
});

shared("goes on alone while Redis hangs", async () => {
  const origin = versions("1");
  await using bench = await SharedBench.start(origin.script);
  await bench.ask(0, "/");
  await bench.stored("/");
  await bench.redis.signal("SIGSTOP");
  assertEquals(await bench.texts("/"), ["1", "1"]);
  await bench.says(0, /^Cannot reach .*: no answer within/);
  await bench.says(1, /^Cannot reach/);
  origin.text = "2";
  assertEquals((await bench.purge(1, "/")).status, 502);
  assertEquals((await bench.ask(1, "/")).text, "2");
  await bench.redis.signal("SIGCONT");
  await bench.says(0, / is back$/);
  await bench.says(1, / is back$/);
  assertEquals(await bench.texts("/"), ["2", "2"]);
  assertEquals((await bench.purge(1, "/")).status, 200);
});

shared("says once that Redis lets it not in, and never the password", async () => {
  const origin = versions("1");
  await using bench = await SharedBench.start(origin.script, "--requirepass", "right");
  await bench.says(0, /^Cannot reach/);
  await bench.add({ sharedStore: `redis://:wrong-secret@127.0.0.1:${bench.redis.port}/1` });
  await bench.add({ sharedStore: `redis://default:right@127.0.0.1:${bench.redis.port}/1` });
  assertEquals(await bench.texts("/"), ["1", "1", "1", "1"]);
  const said = bench.proxies.map(({ said }) => said);
  assertEquals(said.map(({ length }) => length), [1, 1, 1, 1]);
  assertMatch(said[2][0], /^Cannot reach redis:\/\/127.*WRONGPASS/);
  assertEquals(said[3], [`Sharing ${bench.redis.url}/1`]);
  assert(!/wrong-secret|right@/.test(JSON.stringify(said)));
});

shared("does with the rights that the documentation names", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(origin.script);
  const rights = "~halfway:* &halfway:* +@read +@write +@pubsub +@scripting +@connection +time";
  await bench.redis.do("ACL", "SETUSER", "one", "on", ">p@ss/", ...rights.split(" "));
  await bench.add({ sharedStore: `redis://one:p%40ss%2F@127.0.0.1:${bench.redis.port}` });
  await bench.ask(2, "/");
  await bench.stored("/");
  await bench.ask(0, "/");
  origin.text = "new";
  assertMatch((await bench.purge(2, "/*")).text, /2 purged/);
  assertEquals(await bench.texts("/"), ["new", "new", "new"]);
  assertEquals(bench.proxies[2].said, [`Sharing ${bench.redis.url}`]);
});

shared("goes on sharing with a Redis that has no memory left, and purges there", async () => {
  const origin = versions("old");
  await using bench = await SharedBench.start(origin.script, "--maxmemory-policy", "noeviction");
  await bench.ask(0, "/");
  await bench.stored("/");
  await bench.redis.do("CONFIG", "SET", "maxmemory", "1");
  for (let i = 0; i < 20; i++) assertEquals((await bench.ask(0, `/${i}`)).status, 200);
  await bench.says(0, /refuses to store: OOM/);
  assertMatch((await bench.ask(1, "/")).cache, /hit/);
  origin.text = "new";
  assertEquals((await bench.purge(1, "/")).status, 200);
  assertEquals(await bench.texts("/"), ["new", "new"]);
  assertEquals((await bench.purge(1, "/*")).status, 200);
  await bench.redis.do("CONFIG", "SET", "maxmemory", "0");
  await bench.ask(0, "/later");
  await bench.stored("/later");
  assertEquals(bench.proxies.map(({ said }) => said.length <= 2), [true, true]);
});

shared("goes on when everything in Redis is flushed", async () => {
  await using bench = await SharedBench.start(counting(FRESH));
  await bench.ask(0, "/");
  await bench.stored("/");
  const epoch = BigInt(String(await bench.redis.do("GET", "halfway:epoch")));
  await bench.redis.do("FLUSHALL");
  assertMatch((await bench.ask(0, "/")).cache, /hit/);
  // It is learnt with the first response that is refused that the epoch is another one.
  let path = "";
  for (let i = 0; i < 100 && path === ""; i++) {
    await bench.ask(0, `/${i}`);
    if (await bench.redis.do("HLEN", keyOf(`/${i}`)) === 1) path = `/${i}`;
  }
  assertMatch((await bench.ask(1, path)).cache, /hit/);
  assertEquals((await bench.purge(1, "/*")).status, 200);
  assert(BigInt(String(await bench.redis.do("GET", "halfway:epoch"))) > epoch);
});

/** Starts a proxy in a process of its own. */
async function startProcess(bench: SharedBench): Promise<{ running: Running; port: number }> {
  const running = startProgram("proxy", [
    "http",
    "--port=0",
    `--upstream=${formatAddress(bench.origin.addr)}`,
    `--store=${bench.redis.url}`,
  ]);
  const [, port] = await running.until(/Listening on 127\.0\.0\.1:(\d+), /);
  return { running, port: Number(port) };
}

shared(
  "is not held up for good by a proxy that was killed, and waits for one that hangs",
  async () => {
    const origin = versions("old");
    await using bench = await SharedBench.start(origin.script);
    await bench.ask(0, "/");
    const hung = await startProcess(bench);
    await using _hung = hung.running;
    const killed = await startProcess(bench);
    await using _killed = killed.running;
    using client = new HttpClient();
    const there = async () => {
      const response = await client.request(`http://127.0.0.1:${hung.port}/`, {
        fields: [["Host", HOST]],
      });
      return await response.text();
    };
    assertEquals(await there(), "old");
    process.kill(hung.running.pid, "SIGSTOP");
    const purged = bench.purge(0, "/");
    killed.running.kill("SIGKILL");
    const { status, text } = await purged;
    assertEquals(status, 502);
    assertMatch(text, /no word within 2000 ms from [12] of those who share the store/);
    origin.text = "new";
    process.kill(hung.running.pid, "SIGCONT");
    let answer = await bench.purge(0, "/");
    for (let tries = 0; answer.status === 502 && tries < 10; tries++) {
      answer = await bench.purge(
        0,
        "/",
      );
    }
    assertMatch(answer.text, /purged$/m);
    assert(answer.status !== 502);
    assertEquals(await there(), "new");
    assertEquals(await bench.texts("/"), ["new", "new"]);
    assertEquals(await bench.redis.do("SCARD", "halfway:proxies"), 3);
  },
);
