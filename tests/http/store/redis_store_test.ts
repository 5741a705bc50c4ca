import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../../asserts.ts";
import { test, testWith } from "../../harness.ts";
import { packBody, packRecord, unpackRecord } from "../../../http/store/packed.ts";
import { checkRedisUrl } from "../../../http/store/redis_url.ts";
import { UsageError } from "../../../net/errors.ts";
import { TestRedis } from "../../support/redis.ts";
import { until } from "../../support/within.ts";
import { START } from "../policy/support.ts";
import { variantName } from "../../../http/store/names.ts";
import type { Variant } from "../../../http/store/variant.ts";
import { bodies, bodyBytes, bytesOf, openRedis, page } from "./support.ts";

const KEY = "http://a/";
const NAME = `halfway:responses:${KEY}`;

function redis(what: string, run: (redis: TestRedis) => Promise<void>): void {
  testWith(["redis-server"], `RedisStore ${what}`, async () => {
    await using redis = await TestRedis.start();
    await run(redis);
  });
}

function nameOf({ stored }: Variant): string {
  return variantName(stored);
}

/** Waits until so many are stored under the key. */
async function stored(redis: TestRedis, count: number): Promise<void> {
  await redis.until((n) => n === count, "HLEN", NAME);
}

redis("gives another one what was put, byte by byte, with a time to live", async (redis) => {
  await using a = await openRedis(redis.url);
  await using b = await openRedis(redis.url);
  const body = bytesOf(100_000);
  a.store.put(KEY, page(body), a.store.mark());
  await stored(redis, 1);
  assertEquals(await bodyBytes(b.store, KEY), [body]);
  assertEquals(b.store.load(KEY), null);
  assert(Number(await redis.do("PTTL", NAME)) > 0);
});

redis(
  "stores nothing that was asked for before a purge, or is of no use any more",
  async (redis) => {
    let nowMs = START;
    await using a = await openRedis(redis.url, { now: () => nowMs });
    await using b = await openRedis(redis.url);
    const before = a.store.mark();
    // Nobody announces these: Redis alone knows of them.
    await b.store.purge(KEY);
    await b.store.purgePrefix("http://a/b");
    for (const name of ["", "b", "bc"]) a.store.put(KEY + name, page("old"), before);
    a.store.put(`${KEY}c`, page("not meant"), before);
    await redis.until((n) => n === 1, "HLEN", `${NAME}c`);
    assertEquals(await redis.do("EXISTS", NAME, `${NAME}b`, `${NAME}bc`), 0);
    assert(a.store.mark() > before);
    // It is not remembered for ever what was purged: what is older than that does not come in.
    for (let i = 0; i < 1_100; i++) await b.store.purge(`http://other/${i}`);
    assertEquals(await redis.do("ZCARD", "halfway:purged"), 1_001);
    a.store.put(`${KEY}d`, page("too old"), before);
    a.store.put(`${KEY}e`, page("new"), b.store.mark());
    await redis.until((n) => n === 1, "HLEN", `${NAME}e`);
    // Where it is lost what was purged, nothing of an earlier epoch comes in.
    const mark = b.store.mark();
    await redis.do("DEL", "halfway:purged");
    await b.store.purge("http://other/");
    await b.store.purge("http://other/2");
    a.store.put(`${KEY}d`, page("before it"), mark - 1);
    a.store.put(`${KEY}f`, page("after it"), b.store.mark() - 1);
    await redis.until((n) => n === 1, "HLEN", `${NAME}f`);
    assertEquals(await redis.do("EXISTS", `${NAME}d`), 0);
    nowMs = Infinity;
    a.store.put(KEY, page("late"), a.store.mark());
    await redis.do("PING");
    nowMs = START;
    a.store.put("http://a/2", page("new"), a.store.mark());
    await redis.until((n) => n === 1, "HLEN", `${NAME}2`);
    assertEquals(await redis.do("EXISTS", NAME), 0);
  },
);

redis(
  "keeps 32 responses and 16 MiB under a key, and no body of more than 8 MiB",
  async (redis) => {
    await using a = await openRedis(redis.url);
    const put = (i: number, body: string | Uint8Array) =>
      a.store.put(KEY, page(body, [["Vary", "X"]], [["X", `${i}`]]), a.store.mark());
    for (let i = 0; i < 40; i++) put(i, `${i}`);
    a.store.put("http://a/2", page(""), a.store.mark());
    await redis.until((n) => n === 1, "HLEN", `${NAME}2`);
    await stored(redis, 32);
    for (let i = 0; i < 3; i++) {
      put(i, new Uint8Array(7 * 1024 * 1024));
      await redis.until(
        (length) => Number(length) > 1_000_000,
        "HSTRLEN",
        NAME,
        nameOf(a.memory.get(KEY).at(-1)!),
      );
    }
    const lengths = await redis.do(
      "EVAL",
      "local n = 0 for _, v in ipairs(redis.call('HVALS', KEYS[1])) do n = n + #v end return n",
      "1",
      NAME,
    );
    assert(Number(lengths) > 14 * 1024 * 1024 && Number(lengths) <= 16 * 1024 * 1024, `${lengths}`);
    a.store.put("http://a/3", page(new Uint8Array(9 * 1024 * 1024)), a.store.mark());
    a.store.put("http://a/4", page(""), a.store.mark());
    await redis.until((n) => n === 1, "HLEN", `${NAME}4`);
    assertEquals(await redis.do("EXISTS", `${NAME}3`), 0);
    assertEquals((await bodies(a.store, "http://a/3")).length, 1);
    assertEquals(a.said, [`Sharing ${redis.url}`]);
  },
);

redis("has what is removed out of Redis, at once or when it is back", async (redis) => {
  await using a = await openRedis(redis.url);
  a.store.put(KEY, page("1"), a.store.mark());
  await stored(redis, 1);
  a.store.remove(KEY, a.store.get(KEY)[0]);
  await stored(redis, 0);
  assertEquals(await bodies(a.store, KEY), []);
});

redis(
  "purges all when it is back, if more was purged meanwhile than it remembers",
  async (redis) => {
    await using a = await openRedis(redis.url);
    const put = async (): Promise<void> => {
      a.store.put(KEY, page("1"), a.store.mark());
      await stored(redis, 1);
    };
    for (const [purges, left] of [[1_000, 1], [1_001, 0]]) {
      await put();
      await redis.do("CLIENT", "KILL", "TYPE", "pubsub");
      await until(() => !a.store.sharing, "the loss");
      const names = Array.from({ length: purges }, (_, i) => `http://other/${i}`);
      await Promise.all(names.map((name) => a.store.purge(name)));
      await until(() => a.store.sharing, "the return");
      await stored(redis, left);
    }
    assertEquals(a.said.length, 5);
  },
);

redis("shares nothing with another database, and no epoch", async (redis) => {
  await using a = await openRedis(redis.url);
  await using b = await openRedis(`${redis.url}/1`);
  await using c = await openRedis(`${redis.url}/1`);
  a.store.put(KEY, page("1"), a.store.mark());
  await stored(redis, 1);
  for (let i = 0; i < 3; i++) {
    await b.store.purge(KEY);
    assertEquals(await b.store.announce([{ kind: "key", text: KEY }]), 0);
  }
  assertEquals([c.store.mark(), a.store.get(KEY).length], [b.store.mark(), 1]);
  a.store.put(`${KEY}2`, page("2"), a.store.mark());
  await redis.until((n) => n === 1, "HLEN", `${NAME}2`);
});

redis("passes over words on its channels that make no sense", async (redis) => {
  await using a = await openRedis(redis.url);
  await using b = await openRedis(redis.url);
  a.store.put(KEY, page("1"), a.store.mark());
  const words = [
    "",
    "{",
    "null",
    "[]",
    "1",
    '{"from":1}',
    '{"from":"x"}',
    '{"from":"x","kind":"purge"}',
    '{"from":"x","kind":"purge","id":1,"epoch":1,"purges":[null]}',
    '{"from":"x","kind":"purge","id":1,"epoch":1,"purges":[{"kind":"all","text":""}]}',
    '{"from":"x","kind":"purge","id":1,"epoch":"1","purges":[{"kind":"prefix","text":""}]}',
  ];
  for (const word of words) await redis.do("PUBLISH", "halfway:purges:0", word);
  assertEquals(await b.store.announce([{ kind: "key", text: "http://other/" }]), 0);
  assertEquals((await bodies(a.store, KEY)).length, 1);
  assertEquals([a.said.length, b.said.length], [1, 1]);
});

test("unpackRecord gives nothing for a record with any byte changed, or of another length or key", async () => {
  const variant = page(bytesOf(3_000), [["ETag", '"1"']]);
  const packed = packRecord(KEY, variant, (await packBody(variant))!);
  const whole = unpackRecord(KEY, packed)!;
  assertEquals(whole.stored, variant.stored);
  assertEquals(whole.body.inMemory, variant.body.inMemory);
  assertEquals(unpackRecord("http://b/", packed), null);
  fc.assert(fc.property(
    fc.nat(packed.length - 1),
    fc.integer({ min: 1, max: 255 }),
    (at, change) => {
      const damaged = packed.slice();
      damaged[at] ^= change;
      assertEquals(unpackRecord(KEY, damaged), null);
    },
  ));
  fc.assert(fc.property(fc.nat(packed.length - 1), (length) => {
    assertEquals(unpackRecord(KEY, packed.subarray(0, length)), null);
    assertEquals(unpackRecord(KEY, packed.subarray(packed.length - length)), null);
  }));
});

test("unpackRecord makes nothing of other bytes, whatever they are", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
    assertEquals(unpackRecord(KEY, bytes), null);
  }));
});

test("checkRedisUrl takes what leads to a Redis, and shows no password", () => {
  const url = "rediss://user:p%40ss@cache.example:6380/1";
  assertEquals(checkRedisUrl(url), "rediss://cache.example:6380/1");
  assertEquals(checkRedisUrl("redis://[::1]"), "redis://[::1]");
  for (
    const wrong of [
      "",
      "secret",
      "http://secret@host",
      "redis://",
      "redis:secret",
      "redis://:secret@host/x",
      "redis://:%zzsecret@host",
      "redis://secret@host/1/2",
      "redis://host?password=secret",
      "redis://host/1#secret",
    ]
  ) {
    const error = assertThrows(() => checkRedisUrl(wrong), UsageError);
    assert(!error.message.includes("secret"), error.message);
  }
});
