import { assert, assertEquals, assertMatch } from "../../asserts.ts";
import { test } from "../../harness.ts";
import type { Purge, PurgeChannel } from "../../../http/store/purges.ts";
import { RemoteError } from "../../../net/errors.ts";
import { Observer } from "../../../observe/observer.ts";
import { gate } from "../../support/gate.ts";
import { Bench } from "../bench.ts";
import { ok, type OriginScript } from "../origin.ts";

/** Other caches, as the test plays them. */
class Others implements PurgeChannel {
  onPurge: PurgeChannel["onPurge"] = () => 0;
  readonly announced: Purge[][] = [];
  answer: () => Promise<number> = () => Promise.resolve(2);

  announce(purges: readonly Purge[]): Promise<number> {
    this.announced.push([...purges]);
    return this.answer();
  }
}

function counting(): OriginScript {
  let count = 0;
  return async (request, reply) => {
    if (request.method !== "GET") await request.body();
    await reply(ok(`${++count}`, "Cache-Control: max-age=60"));
  };
}

test("Purger has the others purge before a PURGE or an unsafe request is answered, and counts them in", async () => {
  const purges = new Others();
  await using bench = await Bench.start(counting(), { purges });
  const key = `http://${bench.host}/a`;
  await bench.ask("/a");
  for (const [method, path] of [["PURGE", "/a"], ["DELETE", "/a"], ["PURGE", "/*"]] as const) {
    const go = gate<number>();
    purges.announced.length = 0;
    purges.answer = () => go.promise;
    let answered = false;
    const asked = bench.ask(path, [], method).then((answer) => {
      answered = true;
      return answer;
    });
    await bench.until("the announcement", () => purges.announced.length === 1);
    const purge = path === "/*"
      ? { kind: "prefix", text: key.slice(0, -1) }
      : { kind: "key", text: key };
    assertEquals(purges.announced, [[purge as Purge]]);
    // It is out here already, and whoever comes meanwhile gets what is new.
    await bench.ask("/a");
    assert(!answered, method);
    go.resolve(2);
    const { status, text } = await asked;
    assertEquals(status, 200);
    if (path === "/a" && method === "PURGE") assertMatch(text, /3 purged/);
  }
});

test("Purger purges here when another announces, and overtakes what is under way", async () => {
  const purges = new Others();
  const go = gate();
  let version = "old";
  await using bench = await Bench.start(async (_, reply) => {
    const answer = ok(version, "Cache-Control: max-age=60");
    if (version === "old") await go.promise;
    await reply(answer);
  }, { purges });
  const under = bench.ask("/a");
  await bench.until("an origin that is asked", () => bench.origin.seen.length === 1);
  const key = { kind: "key", text: `http://${bench.host}/a` } as const;
  assertEquals(await purges.onPurge([key]), 0);
  version = "new";
  go.resolve();
  assertEquals((await under).text, "old");
  assertEquals((await bench.ask("/a")).text, "new");
  assertEquals(await purges.onPurge([key, { kind: "prefix", text: "http://b" }]), 1);
  assertEquals(purges.announced, []);
});

test("Purger that can't reach the others says so: 502 to a PURGE, a warning beside any other answer", async () => {
  const purges = new Others();
  const warnings: string[] = [];
  const observer = new Observer();
  observer.on("node", ({ type, text }) => {
    if (type === "node.warning") warnings.push(text);
  });
  await using bench = await Bench.start(counting(), { purges, observer });
  await bench.ask("/a");
  purges.answer = () => Promise.reject(new RemoteError("worker 2 is deaf"));
  const purged = await bench.ask("/a", [], "PURGE");
  assertEquals(purged.status, 502);
  assertMatch(purged.text, /purged here, but others may not have: worker 2 is deaf/);
  assertEquals([(await bench.ask("/a")).text, warnings], ["2", []]);
  const posted = await bench.ask("/a", [], "POST", "x");
  assertEquals([posted.status, posted.text], [200, "3"]);
  assertEquals(warnings, [
    `Other caches may still hold http://${bench.host}/a: worker 2 is deaf`,
  ]);
  assertEquals((await bench.ask("/a")).text, "4");
});

test("Purger keeps out of the store an answer to POST that was under way, but for what it makes void itself", async () => {
  const go = gate();
  let held = false;
  await using bench = await Bench.start(async (request, reply) => {
    if (request.method === "GET") return await reply(ok("got", "Cache-Control: max-age=60"));
    await request.body();
    if (held) await go.promise;
    await reply(ok("posted", "Cache-Control: max-age=60", `Content-Location: ${request.target}`));
  });
  const post = async () => (await bench.ask("/a", [], "POST", "x")).text;
  assertEquals(await post(), "posted");
  assertEquals((await bench.ask("/a")).text, "posted");
  held = true;
  const posted = post();
  await bench.until("an origin that is asked", () => bench.origin.seen.length === 2);
  assertEquals((await bench.ask("/a", [], "PURGE")).status, 200);
  go.resolve();
  assertEquals(await posted, "posted");
  assertEquals((await bench.ask("/a")).text, "got");
});
