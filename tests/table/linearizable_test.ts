import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { Relay } from "../support/relay.ts";
import { within } from "../support/within.ts";
import { Wire } from "../support/wire.ts";
import type { NetAddress } from "../../net/connection.ts";
import { Observer } from "../../observe/observer.ts";
import { startTableProxy } from "../../table/proxy.ts";
import { startTableServer } from "../../table/server.ts";

const SIZE = 6;

/** What a table held, from one moment to the next. */
interface State {
  readonly from: number;
  readonly values: readonly (number | null)[];
}

/** The history of a server, told by the messages that it has received, in moments that are counted. */
class History {
  moment = 0;
  readonly states: State[] = [{ from: 0, values: new Array(SIZE).fill(null) }];
  readonly observer = new Observer();

  constructor() {
    this.observer.on("message", ({ type, text }) => {
      if (type !== "message.received") return;
      const values = [...this.states[this.states.length - 1].values];
      if (text.startsWith("OP=CLR")) values.fill(null);
      else if (text.startsWith("OP=PUT")) {
        const { indices, data } = parse(text);
        indices.forEach((index, i) => values[index] = data[i]);
      } else return;
      this.states.push({ from: ++this.moment, values });
    });
  }

  /** Whether a reply fits what was held at some moment of these. */
  explains(message: string, reply: string, from: number, to: number): boolean {
    const { indices } = parse(message);
    const got = parse(reply);
    for (let at = this.states.length - 1; at >= 0; at--) {
      const state = this.states[at];
      if (state.from <= to) {
        const held = indices.map((index) => state.values[index]);
        if (reply.includes("CODE=404")) {
          if (got.indices.every((index) => state.values[index] === null)) return true;
        } else if (!held.includes(null)) {
          const sum = held.reduce<number>((sum, value) => sum + value!, 0);
          const expected = message.startsWith("OP=ADD") ? [sum] : held;
          if (String(expected) === String(got.data)) return true;
        }
      }
      // Those before it had ended when the message was sent.
      if (state.from <= from) return false;
    }
    return false;
  }
}

function parse(text: string): { indices: number[]; data: number[] } {
  const list = (key: string) =>
    new RegExp(`${key}=([0-9,-]+)`).exec(text)?.[1].split(",").map(Number) ?? [];
  return { indices: list("IND"), data: list("DATA") };
}

/** Random numbers that are the same in every run; what the scheduler makes of them is not. */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Counts {
  reads: number;
  hits: number;
  empty: number;
  writes: number;
  failed: number;
}

/** Clients that read and write at random; each reply has to fit the history. */
async function play(
  history: History,
  address: NetAddress,
  seed: number,
  steps: number,
  clients: number,
): Promise<Counts> {
  const counts: Counts = { reads: 0, hits: 0, empty: 0, writes: 0, failed: 0 };
  let unique = 0;
  const one = async (nth: number) => {
    const random = randomFrom(seed * 1000 + nth);
    const pick = () => {
      const count = 1 + Math.floor(random() * 3);
      return Array.from({ length: count }, () => Math.floor(random() * SIZE));
    };
    using wire = await Wire.open(address);
    for (let step = 0; step < steps; step++) {
      const batch: { message: string; from: number }[] = [];
      // Some are pipelined; a reply is late then, which only widens what may explain it.
      const length = random() < 0.8 ? 1 : 3;
      for (let i = 0; i < length; i++) {
        const dice = random();
        const indices = pick();
        let message = `OP=GET;IND=${indices};`;
        if (dice < 0.3) message = `OP=PUT;IND=${indices};DATA=${indices.map(() => ++unique)};`;
        else if (dice < 0.33) message = "OP=CLR;";
        else if (dice < 0.45) message = `OP=ADD;IND=${indices};`;
        batch.push({ message, from: history.moment });
      }
      await wire.send(batch.map(({ message }) => `${message}\n`).join(""));
      for (const { message, from } of batch) {
        const reply = await wire.line();
        if (/CODE=50[234]/.test(reply)) {
          counts.failed++;
        } else if (message.startsWith("OP=PUT") || message === "OP=CLR;") {
          assertEquals(reply, message);
          counts.writes++;
        } else {
          counts.reads++;
          if (reply.includes("CODE=404")) counts.empty++;
          if (!history.explains(message, reply, from, history.moment)) {
            const lately = history.states.slice(-8).map(({ from, values }) => `${from}: ${values}`);
            throw new Error(
              `${message} got ${reply}, which the server did not hold from ${from} to ` +
                `${history.moment}:\n${lately.join("\n")}`,
            );
          }
        }
      }
    }
  };
  await within(
    Promise.all(Array.from({ length: clients }, (_, nth) => one(nth))),
    "the clients",
    40_000,
  );
  return counts;
}

for (const capacity of [1, 3, SIZE]) {
  test(`table proxy with ${capacity} of ${SIZE} entries gives only what the server held meanwhile, and all of one moment`, async () => {
    const history = new History();
    await using server = await startTableServer({
      port: 0,
      size: SIZE,
      observer: history.observer,
    });
    await using proxy = await startTableProxy({ port: 0, upstream: server.addr, capacity });
    const counts = await play(history, proxy.addr, capacity, 150, 12);
    assertEquals(counts.failed, 0);
    assertEquals(counts.reads > counts.empty && counts.writes > 300, true, JSON.stringify(counts));
    assertEquals(proxy.stats.hits > 0, true);
  });
}

test("table proxy gives only what the server held meanwhile, over a line that stalls and breaks", async () => {
  let held = 0;
  let broken = 0;
  for (const seed of [1, 2, 3]) {
    const history = new History();
    await using server = await startTableServer({
      port: 0,
      size: SIZE,
      // The line stalls in the middle of messages.
      quietMs: 60_000,
      observer: history.observer,
    });
    await using relay = await Relay.start({
      target: server.addr,
      random: randomFrom(seed),
      // Longer than the proxy waits: what it has given up is done all the same, later.
      holdMs: 60,
      holdChance: 0.04,
      breakChance: 0.004,
    });
    await using proxy = await startTableProxy({
      port: 0,
      upstream: relay.addr,
      keepOnReconnect: true,
      capacity: 4,
      replyTimeoutMs: 25,
      retryTimeMs: 1_000,
      backoff: { firstMs: 1, maxMs: 5 },
    });
    const counts = await play(history, proxy.addr, seed, 120, 10);
    assertEquals(counts.reads > counts.empty, true, JSON.stringify(counts));
    held += relay.held;
    broken += relay.broken;
  }
  assertEquals(held > 0 && broken > 0, true, `held ${held}, broken ${broken}`);
});
