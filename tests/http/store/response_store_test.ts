import { assert, assertEquals } from "../../asserts.ts";
import { test, testWith } from "../../harness.ts";
import type { ResponseStore } from "../../../http/store/response_store.ts";
import { MemoryStore } from "../../../http/store/memory_store.ts";
import { MemoryBytes } from "../../../http/store/stored_bytes.ts";
import { Variant } from "../../../http/store/variant.ts";
import { makeFolder } from "../files.ts";
import { START, store as makeResponse } from "../policy/support.ts";
import { TestRedis } from "../../support/redis.ts";
import { bodies, openDisk, openRedis, page } from "./support.ts";

/** Limits of the stores that are tested, and the clock that they go by. */
interface Setting {
  readonly maxBytes?: number;
  readonly maxEntries?: number;
  readonly now?: () => number;
  /** Bytes for the heads of one key. */
  readonly headBytes?: number;
  /** Whether it holds for a store behind the memory, too, which has limits of its own. */
  readonly shared?: boolean;
}

/** Runs one test with each kind of store. */
function eachStore(
  what: string,
  run: (store: ResponseStore) => Promise<void>,
  setting: Setting = {},
): void {
  const { maxBytes = 1_000_000, maxEntries, now = () => START, headBytes = 5_000 } = setting;
  if (setting.shared !== false) {
    testWith(["redis-server"], `RedisStore ${what}`, async () => {
      await using redis = await TestRedis.start();
      await using shared = await openRedis(redis.url, { now });
      await run(shared.store);
    });
  }
  test(`MemoryStore ${what}`, async () => {
    await run(new MemoryStore({ maxBytes, maxEntries }, null, now));
  });
  test(`DiskStore ${what}`, async () => {
    await using folder = await makeFolder({});
    await using disk = await openDisk(folder.path, { maxBytes, maxEntries, now });
    await disk.store.scanned;
    await run(disk.store);
    assertEquals(disk.troubles, []);
  });
  test(`DiskStore with room for the heads of one key ${what}`, async () => {
    await using folder = await makeFolder({});
    const limits = { maxBytes, maxEntries, now, maxHeadBytes: headBytes };
    await using disk = await openDisk(folder.path, limits);
    await disk.store.scanned;
    await run(disk.store);
    assertEquals(disk.troubles, []);
  });
}

eachStore("gives what was put", async (store) => {
  await store.put("http://a/1", page("one"), 0);
  await store.put("http://a/2", page(""), 0);
  assertEquals(await bodies(store, "http://a/1"), ["one"]);
  assertEquals(await bodies(store, "http://a/2"), [""]);
  assertEquals(await bodies(store, "http://a/3"), []);
  assertEquals(store.size, 2);
});

eachStore("puts a response in the place of one for the same requests alone", async (store) => {
  const vary: [string, string] = ["Vary", "Accept-Language"];
  await store.put("http://a/", page("de", [vary], [["Accept-Language", "de"]]), 0);
  await store.put("http://a/", page("fr", [vary], [["Accept-Language", "fr"]]), 0);
  await store.put("http://a/", page("DE", [vary], [["Accept-Language", "de"]]), 0);
  assertEquals((await bodies(store, "http://a/")).sort(), ["DE", "fr"]);
  assertEquals(store.size, 1);
}, { headBytes: 10_000 });

eachStore("keeps 32 variants of one key", async (store) => {
  for (let i = 0; i < 40; i++) {
    await store.put("http://a/", page(`${i}`, [["Vary", "X"]], [["X", `${i}`]]), 0);
  }
  assertEquals((await bodies(store, "http://a/")).length, 32);
}, { headBytes: 200_000 });

eachStore("replaces the head of a response that is still there", async (store) => {
  await store.put("http://a/", page("body", [["ETag", '"1"']]), 0);
  await store.load("http://a/");
  const [before] = store.get("http://a/");
  const freshened = makeResponse([["Cache-Control", "max-age=600"]]);
  store.replace("http://a/", before, before.with(freshened), 0);
  await store.load("http://a/");
  const [after] = store.get("http://a/");
  assertEquals(after.stored.staleAtMs, START + 600_000);
  assertEquals(await bodies(store, "http://a/"), ["body"]);
  // What was replaced is not there to be replaced once more.
  store.replace(
    "http://a/",
    before,
    before.with(makeResponse([["Cache-Control", "max-age=1"]])),
    0,
  );
  await store.load("http://a/");
  assertEquals(store.get("http://a/")[0].stored.staleAtMs, START + 600_000);
});

eachStore("removes one response, one key, or all that begin alike", async (store) => {
  const vary: [string, string] = ["Vary", "X"];
  await store.put("http://a/x", page("1", [vary], [["X", "1"]]), 0);
  await store.put("http://a/x", page("2", [vary], [["X", "2"]]), 0);
  await store.put("http://a/y", page("y"), 0);
  await store.put("http://b/", page("b"), 0);
  await store.load("http://a/x");
  store.remove(
    "http://a/x",
    store.get("http://a/x").find(({ stored }) => /1/.test(stored.varyKey))!,
  );
  assertEquals(await bodies(store, "http://a/x"), ["2"]);
  assertEquals(await store.purge("http://a/none"), 0);
  assertEquals(await store.purgePrefix("http://a/"), 2);
  assertEquals(await bodies(store, "http://a/x"), []);
  assertEquals(await bodies(store, "http://a/y"), []);
  assertEquals(await store.purge("http://b/"), 1);
  assertEquals(await bodies(store, "http://b/"), []);
  assertEquals([store.size, store.bytes], [0, 0]);
}, { headBytes: 10_000 });

eachStore("lets the least recently used go when there are too many keys", async (store) => {
  for (const name of ["a", "b", "c"]) await store.put(`http://${name}/`, page(name), 0);
  await bodies(store, "http://a/");
  await store.put("http://d/", page("d"), 0);
  assertEquals(await bodies(store, "http://b/"), []);
  assertEquals(await bodies(store, "http://a/"), ["a"]);
  assertEquals(store.size, 3);
}, { maxEntries: 3, shared: false });

eachStore("keeps within its bytes with many distinct keys", async (store) => {
  for (let i = 0; i < 300; i++) {
    await store.put(`http://a/${i}`, page("x".repeat(3000)), 0);
    assert(store.bytes <= 200_000, `${store.bytes} bytes after ${i}`);
  }
  assertEquals(await bodies(store, "http://a/299"), ["x".repeat(3000)]);
  assertEquals(await bodies(store, "http://a/0"), []);
  assert(store.size > 10, `${store.size} keys`);
}, { maxBytes: 200_000, shared: false });

eachStore("keeps nothing in the place of what is too large", async (store) => {
  await store.put("http://a/", page("old"), 0);
  await store.put("http://a/", page("n".repeat(300_000)), 0);
  assertEquals(await bodies(store, "http://a/"), []);
}, { maxBytes: 200_000, shared: false });

let clockMs = START;
eachStore("lets go of what is of no use any more", async (store) => {
  clockMs = START;
  await store.put("http://a/", page("old"), 0);
  clockMs = Infinity;
  assertEquals(await bodies(store, "http://a/"), []);
  assertEquals(store.size, 0);
}, { now: () => clockMs });

eachStore("keeps the parts of a body", async (store) => {
  const stored = makeResponse(
    [["Cache-Control", "max-age=60"], ["ETag", '"1"'], ["Content-Range", "bytes 0-3/10"]],
    { status: 206, request: [["Range", "bytes=0-3"]] },
  );
  const parts = [
    { first: 0, bytes: new MemoryBytes(new Uint8Array([0, 1, 2, 3])) },
    { first: 6, bytes: new MemoryBytes(new Uint8Array([6, 7])) },
  ];
  await store.put("http://a/", new Variant(stored, parts, 10, true), 0);
  await store.load("http://a/");
  const [variant] = store.get("http://a/");
  const { bytes, first } = variant.find({ first: 7, last: 7 });
  const found = new Uint8Array(1);
  assert(bytes.readNow(first, found));
  assertEquals([...found], [7]);
  assertEquals(variant.held.ranges, [{ first: 0, last: 3 }, { first: 6, last: 7 }]);
});
