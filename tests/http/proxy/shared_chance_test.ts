import process from "node:process";
import { assert, assertEquals } from "../../asserts.ts";
import { testWith } from "../../harness.ts";
import { Relay } from "../../support/relay.ts";
import { ok } from "../origin.ts";
import { SharedBench } from "../shared_bench.ts";

/** Requests of each client; more by hand, `HALFWAY_TEST_ROUNDS=20000`. */
const ROUNDS = Number(process.env["HALFWAY_TEST_ROUNDS"] ?? 400);

const PATHS = ["/a", "/b", "/ab", "/c"];

testWith(
  ["redis-server"],
  "startHttpProxy with a shared store never answers with what was purged, however bad the lines are",
  async () => {
    const versions = new Map(PATHS.map((path) => [path, 0]));
    await using bench = await SharedBench.start(async ({ target }, reply) => {
      const answer = ok(`${versions.get(target)}`, "Cache-Control: max-age=2", 'ETag: "1"');
      if (Math.random() < 0.3) {
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 20));
      }
      await reply(answer);
    });
    await using bad = await Relay.start({
      target: { hostname: "127.0.0.1", port: bench.redis.port },
      random: Math.random,
      holdMs: 10,
      holdChance: 0.2,
      breakChance: 0.002,
    });
    for (let i = 0; i < 2; i++) {
      await bench.add({ sharedStore: `redis://127.0.0.1:${bad.addr.port}` });
    }
    // What is older than this was purged before an answer to PURGE came.
    const floors = new Map(PATHS.map((path) => [path, 0]));
    let [wrong, purges, hits, refused] = ["", 0, 0, 0];
    const pick = (n: number): number => Math.floor(Math.random() * n);
    const reader = async (): Promise<void> => {
      for (let i = 0; i < ROUNDS && wrong === ""; i++) {
        const proxy = pick(4);
        const path = PATHS[pick(PATHS.length)];
        const floor = floors.get(path)!;
        const { text, cache } = await bench.ask(proxy, path);
        if (cache.includes("hit")) hits++;
        if (Number(text) < floor) wrong = `${text} < ${floor} of ${path} at ${proxy}: ${cache}`;
        if (i % 10 === 0) bench.pass(1);
      }
    };
    const purger = async (done: () => boolean): Promise<void> => {
      while (!done() && wrong === "") {
        const path = PATHS[pick(PATHS.length)];
        const prefix = Math.random() < 0.3;
        const meant = PATHS.filter((each) => prefix ? each.startsWith(path) : each === path);
        for (const each of meant) versions.set(each, versions.get(each)! + 1);
        const now = meant.map((each) => [each, versions.get(each)!] as const);
        const { status } = await bench.purge(pick(4), prefix ? `${path}*` : path);
        if (status === 502) refused++;
        else for (const [each, n] of now) floors.set(each, Math.max(n, floors.get(each)!));
        purges++;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    let over = false;
    const purging = [purger(() => over), purger(() => over)];
    await Promise.all(Array.from({ length: 6 }, reader));
    over = true;
    await Promise.all(purging);
    assertEquals(wrong, "");
    assert(purges > refused, `${purges} purges, ${refused} refused`);
    assert(hits > 0);
  },
);
