import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { copyFile, readdir } from "node:fs/promises";
import process from "node:process";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import type { DiskSpill } from "../../../http/store/disk_folder.ts";
import { SpilledBytes } from "../../../http/store/spill.ts";
import { keyName } from "../../../http/store/names.ts";
import { readAll } from "../../../http/store/stored_bytes.ts";
import { Variant } from "../../../http/store/variant.ts";
import { makeFolder } from "../files.ts";
import { bodies, bytesOf, openDisk, page } from "./support.ts";

const KEY = "http://a.example/1";
const OTHER = "http://a.example/2";
/** Room for the heads of one key. */
const ONE_HEAD = 5_000;

/** The same response, fresh for another second. */
function fresher(variant: Variant): Variant {
  const { stored } = variant;
  return variant.with({ ...stored, freshUntilMs: stored.freshUntilMs + 1000 });
}

/** A body that was spilled, for `store.put`. */
async function spilled(spill: DiskSpill, bytes: Uint8Array): Promise<Variant> {
  await spill.write(bytes);
  return Variant.whole(page("").stored, new SpilledBytes(spill, bytes.length));
}

for (const meanwhile of ["purged", "stored anew"]) {
  test(`DiskStore does not bring back what was ${meanwhile} when its file had just got its name`, async () => {
    await using folder = await makeFolder({});
    await using disk = await openDisk(folder.path);
    const { store } = disk;
    const spill = store.spill() as DiskSpill;
    const variant = await spilled(spill, bytesOf(300_000));
    const taken = spill.taken.bind(spill);
    spill.taken = () => {
      taken();
      if (meanwhile === "purged") store.purge(KEY);
      else store.put(KEY, page("new"));
    };
    await store.scanned;
    assertEquals(await store.put(KEY, variant), false);
    spill.close();
    assertEquals(await bodies(store, KEY), meanwhile === "purged" ? [] : ["new"]);
    await store.close();
    assertEquals((await readdir(folder.path)).length, meanwhile === "purged" ? 0 : 1);
  });
}

test("DiskStore has the old file gone when it takes a new response, for whom it is killed", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    await disk.store.put(KEY, page("old"));
  }
  for (const listed of [false, true]) {
    await using disk = await openDisk(folder.path);
    if (listed) await disk.store.scanned;
    assert(existsSync(folder.at(keyName(KEY))));
    disk.store.put(KEY, page("new"));
    assertEquals(existsSync(folder.at(keyName(KEY))), false);
  }
});

test("DiskStore put to before its folder was read finds the other variants", async () => {
  await using folder = await makeFolder({});
  const vary: [string, string] = ["Vary", "X"];
  {
    await using disk = await openDisk(folder.path);
    await disk.store.put(KEY, page("1", [vary], [["X", "1"]]));
  }
  await using disk = await openDisk(folder.path);
  disk.store.put(KEY, page("2", [vary], [["X", "2"]]));
  assertEquals((await bodies(disk.store, KEY)).sort(), ["1", "2"]);
});

test("DiskStore.remove takes out what has its head in memory no more, or anew", async () => {
  await using folder = await makeFolder({});
  for (const again of [false, true]) {
    await using disk = await openDisk(folder.path, { maxHeadBytes: ONE_HEAD });
    const { store } = disk;
    await store.put(KEY, page("one"));
    const [variant] = store.get(KEY);
    await store.put(OTHER, page("two"));
    assertEquals(store.get(KEY), []);
    if (again) await store.load(KEY);
    store.remove(KEY, variant);
    assertEquals(await bodies(store, KEY), []);
  }
});

test("DiskStore.replace of what has its head in memory anew puts the new one there", async () => {
  await using folder = await makeFolder({});
  await using disk = await openDisk(folder.path, { maxHeadBytes: ONE_HEAD });
  const { store } = disk;
  await store.put(KEY, page("one"));
  const [variant] = store.get(KEY);
  await store.put(OTHER, page("two"));
  await store.load(KEY);
  const after = fresher(variant);
  store.replace(KEY, variant, after);
  assertEquals(store.get(KEY).map(({ stored }) => stored.freshUntilMs), [
    after.stored.freshUntilMs,
  ]);
  // The one before it is not there any more.
  store.replace(KEY, variant, variant);
  assertEquals(store.get(KEY)[0].stored.freshUntilMs, after.stored.freshUntilMs);
});

test("DiskStore.replace of what has its head in memory no more leaves nothing of the old head", async () => {
  await using folder = await makeFolder({});
  await using disk = await openDisk(folder.path, { maxHeadBytes: ONE_HEAD });
  const { store } = disk;
  await store.put(KEY, page("one"));
  const [variant] = store.get(KEY);
  await store.put(OTHER, page("two"));
  store.replace(KEY, variant, fresher(variant));
  assertEquals(await bodies(store, KEY), []);
});

test("DiskStore.replace writes the last of many heads, and not each of them", async () => {
  await using folder = await makeFolder({});
  let last: number;
  {
    await using disk = await openDisk(folder.path);
    const { store } = disk;
    await store.put(KEY, page("one"));
    let written = 0;
    const rewrite = store.folder.rewrite.bind(store.folder);
    store.folder.rewrite = (...args) => {
      written++;
      return rewrite(...args);
    };
    for (let i = 0; i < 1000; i++) {
      const [before] = store.get(KEY);
      store.replace(KEY, before, fresher(before));
    }
    last = store.get(KEY)[0].stored.freshUntilMs;
    await store.close();
    assertEquals(written, 1);
  }
  await using disk = await openDisk(folder.path);
  assertEquals(await bodies(disk.store, KEY), ["one"]);
  assertEquals(disk.store.get(KEY)[0].stored.freshUntilMs, last);
});

test("DiskStore takes a response for that of the requests which a 304 said it is for", async () => {
  await using folder = await makeFolder({});
  const vary: [string, string] = ["Vary", "X"];
  const second = page("2", [vary], [["X", "2"]]);
  {
    await using disk = await openDisk(folder.path);
    const { store } = disk;
    await store.put(KEY, page("1", [vary], [["X", "1"]]));
    const [before] = store.get(KEY);
    const { varyNames, varyKey } = second.stored;
    store.replace(KEY, before, before.with({ ...before.stored, varyNames, varyKey }));
    await store.put(KEY, second);
    assertEquals(await bodies(store, KEY), ["2"]);
  }
  await using disk = await openDisk(folder.path);
  assertEquals(await bodies(disk.store, KEY), ["2"]);
});

test("DiskStore.purgePrefix lets go of what it can't read: it may be what is to go", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    await disk.store.put(KEY, page("one"));
  }
  await using disk = await openDisk(folder.path);
  const { store } = disk;
  const open = store.folder.open.bind(store.folder);
  store.folder.open = () => Promise.resolve(null);
  await store.purgePrefix("http://a");
  store.folder.open = open;
  assertEquals(await bodies(store, KEY), []);
});

test("DiskStore keeps within its bytes when files turn out larger than their bodies", async () => {
  await using folder = await makeFolder({});
  const maxBytes = 10 * 4096;
  await using disk = await openDisk(folder.path, { maxBytes });
  const { store } = disk;
  await store.scanned;
  for (let i = 0; i < 10; i++) store.put(`http://a/${i}`, page("x".repeat(4090)));
  await store.close();
  assert(store.bytes <= maxBytes && store.size > 0, `${store.bytes} bytes`);
  assertEquals(readdirSync(folder.path).length, store.size);
});

test("DiskStore does not give a key what another one has put, whatever the file's name", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    await disk.store.put(KEY, page("one"));
  }
  await copyFile(folder.at(keyName(KEY)), folder.at(keyName(OTHER)));
  await using disk = await openDisk(folder.path);
  const { store } = disk;
  assertEquals(await bodies(store, OTHER), []);
  assertEquals(await bodies(store, KEY), ["one"]);
  assertEquals(await store.purge(OTHER), 1);
  assertEquals(await bodies(store, KEY), ["one"]);
});

test("DiskStore closes every file that it has opened", async () => {
  if (process.platform !== "linux") return;
  await using folder = await makeFolder({});
  // By a program: Deno lets nobody look there who may not look everywhere.
  const openFiles = () =>
    execFileSync("ls", ["-l", `/proc/${process.pid}/fd`]).toString().split("\n")
      .filter((line) => line.includes(folder.path)).length;
  {
    await using disk = await openDisk(folder.path);
    await disk.store.put(KEY, page(bytesOf(1_000_000)));
  }
  {
    await using disk = await openDisk(folder.path);
    const { store } = disk;
    await store.load(KEY);
    const [{ body }] = store.get(KEY);
    const readers = await Promise.all(
      Array.from({ length: 20 }, () => body.open(0, body.length)),
    );
    assertEquals(openFiles(), 20);
    for (const reader of readers.slice(0, 10)) reader!.close();
    assert(body.readNow(0, new Uint8Array(10)));
    for (const [i, reader] of readers.slice(10).entries()) {
      if (i === 5) await store.purge(KEY);
      await reader!.next();
      reader!.close();
    }
    for (const kept of [false, true]) {
      const spill = store.spill() as DiskSpill;
      const variant = await spilled(spill, bytesOf(300_000));
      if (kept) await store.put(OTHER, variant);
      spill.close();
    }
  }
  assertEquals(openFiles(), 0);
  assertEquals(await readdir(folder.path), [keyName(OTHER)]);
});

test("DiskStore gives no mixture where another works in the same folder for a while", async () => {
  await using folder = await makeFolder({});
  await using first = await openDisk(folder.path, { maxHeadBytes: 2 * ONE_HEAD });
  await using second = await openDisk(folder.path, { maxHeadBytes: 2 * ONE_HEAD });
  const stores = [first.store, second.store];
  // A body says its key and its number, and its tag says the number too.
  const text = (key: number, number: number) => `${key}:${number}:`.padEnd(70_000 + number, "x");
  for (let number = 0; number < 400; number++) {
    const store = stores[number % 2];
    const key = number % 3;
    const url = `http://${key}/`;
    const doing = store.put(url, page(text(key, number), [["ETag", `"${number}"`]]));
    if (number % 5 === 0) await doing;
    if (number % 7 === 0) await new Promise((resolve) => setTimeout(resolve));
    if (number % 11 === 0) await stores[(number + 1) % 2].purge(url);
    for (const each of stores) {
      const [before] = each.get(url);
      if (before !== undefined && number % 4 === 0) each.replace(url, before, fresher(before));
      await each.load(url);
      for (const { stored, body } of each.get(url)) {
        const bytes = await readAll(body);
        if (bytes === null) continue;
        const found = Number(stored.etag!.replaceAll('"', ""));
        assertEquals(latin1(bytes, 0, bytes.length), text(key, found));
      }
    }
  }
});
