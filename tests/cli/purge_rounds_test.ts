import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { until } from "../support/within.ts";
import { type PurgeMember, PurgeRounds } from "../../cli/purge_rounds.ts";
import type { ToWorker } from "../../cli/worker_messages.ts";

interface Member extends PurgeMember {
  readonly got: ToWorker[];
  killed: number;
}

function members(count: number): Member[] {
  return Array.from({ length: count }, (_, i) => {
    const got: ToWorker[] = [];
    return {
      name: `worker ${i + 1}`,
      got,
      send: (message) => got.push(message),
      killed: 0,
      kill() {
        this.killed++;
      },
    };
  });
}

const PURGES = [{ kind: "key", text: "http://a/" }] as const;

test("PurgeRounds tells who announces when all others have purged, and how many", () => {
  const rounds = new PurgeRounds();
  const [a, b, c] = members(3);
  rounds.begin(a, 7, PURGES, [b, c]);
  assertEquals(b.got, [{ type: "purge", id: 1, purges: PURGES }]);
  rounds.answered(b, 1, 2);
  rounds.answered(b, 1, 2);
  assertEquals(a.got, []);
  rounds.answered(c, 1, 1);
  assertEquals(a.got, [{ type: "announced", id: 7, count: 3 }]);
  rounds.answered(c, 1, 1);
  assertEquals(a.got.length, 1);
});

test("PurgeRounds asks nobody where there is nobody else", () => {
  const [a] = members(1);
  new PurgeRounds().begin(a, 1, PURGES, []);
  assertEquals(a.got, [{ type: "announced", id: 1, count: 0 }]);
});

test("PurgeRounds takes a worker that dies for one that has purged, and forgets what it announced", () => {
  const rounds = new PurgeRounds();
  const [a, b, c] = members(3);
  rounds.begin(a, 1, PURGES, [b, c]);
  rounds.begin(b, 1, PURGES, [a, c]);
  rounds.answered(c, 1, 1);
  rounds.gone(b);
  assertEquals(a.got.at(-1), { type: "announced", id: 1, count: 1 });
  rounds.answered(a, 2, 1);
  rounds.answered(c, 2, 1);
});

test("PurgeRounds says who has failed, or has not answered in time", async () => {
  const rounds = new PurgeRounds(1);
  const [a, b, c] = members(3);
  rounds.begin(a, 1, PURGES, [b, c]);
  rounds.answered(b, 1, 0, "disk full");
  assertEquals(a.got, [{ type: "announced", id: 1, count: 0, error: "worker 2: disk full" }]);
  rounds.begin(a, 2, PURGES, [b, c]);
  rounds.answered(c, 2, 4);
  await until(() => a.got.length === 2, "it gives up");
  const error = "no word from worker 2 within 1 ms";
  assertEquals(a.got[1], { type: "announced", id: 2, count: 4, error });
});

test("PurgeRounds has a worker killed that leaves very many purges unanswered for too long", async () => {
  const rounds = new PurgeRounds(20);
  const [a, b, c] = members(3);
  for (let id = 1; id <= 1_001; id++) rounds.begin(a, id, PURGES, [b, c]);
  for (let round = 1; round <= 1_001; round++) rounds.answered(c, round, 1);
  assertEquals(b.killed, 0);
  await until(() => a.got.length === 1_001, "it gives up");
  assertEquals([b.killed > 0, c.killed], [true, 0]);
});
