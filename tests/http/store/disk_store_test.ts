import { mkdir, readdir, readFile, rename, rm, truncate, writeFile } from "node:fs/promises";
import fc from "fast-check";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { makeFolder, type TestFolder } from "../files.ts";
import { START, store as makeResponse } from "../policy/support.ts";
import { bodies, bodyBytes, bytesOf, openDisk, page, type TestDisk } from "./support.ts";

const KEY = "http://127.0.0.1:19999/1.txt";
const NAME = "ac8771d3d5b724cde28fe931fef205ae";

/** Stores this body under {@linkcode KEY}, and waits until it is on the disk. */
async function stored(folder: TestFolder, body: Uint8Array | string): Promise<void> {
  await using disk = await openDisk(folder.path);
  await disk.store.put(KEY, page(body));
}

/** Waits for what is written in the background. */
async function written(folder: TestFolder, name: string): Promise<void> {
  for (let turn = 0; turn < 5_000; turn++) {
    if ((await readdir(folder.path)).includes(name)) return;
    await new Promise((resolve) => setTimeout(resolve));
  }
  throw new Error(`Expected a file ${name}`);
}

test("DiskStore names files by the MD5 of their key", async () => {
  await using folder = await makeFolder({});
  await stored(folder, "one");
  assertEquals(await readdir(folder.path), [NAME]);
});

test("DiskStore begins a file with the body", async () => {
  await using folder = await makeFolder({});
  await stored(folder, "this is it");
  assertEquals((await readFile(folder.at(NAME), "latin1")).slice(0, 10), "this is it");
});

test("DiskStore finds everything again when it is opened anew", async () => {
  await using folder = await makeFolder({});
  const long = bytesOf(300_000);
  {
    await using disk = await openDisk(folder.path);
    const { store } = disk;
    const vary: [string, string] = ["Vary", "X"];
    await store.put(KEY, page("1", [vary], [["X", "1"]]));
    await store.put(KEY, page("2", [vary], [["X", "2"]]));
    await store.put("http://a/", page("plain"));
    await store.put("http://b/", page(long));
    await store.put("http://c/", page("freshened", [["ETag", '"1"']]));
    const [before] = store.get("http://c/");
    const freshened = makeResponse([["Cache-Control", "max-age=6000000"], ["ETag", '"1"']]);
    store.replace("http://c/", before, before.with(freshened));
  }
  await using disk = await openDisk(folder.path);
  const { store } = disk;
  assertEquals((await bodies(store, KEY)).sort(), ["1", "2"]);
  assertEquals(await bodies(store, "http://a/"), ["plain"]);
  assertEquals(await bodyBytes(store, "http://b/"), [long]);
  assertEquals(await bodies(store, "http://c/"), ["freshened"]);
  assertEquals(store.get("http://c/")[0].stored.staleAtMs, START + 6_000_000_000);
  assertEquals(disk.troubles, []);
  assertEquals((await readdir(folder.path)).length, 5);
});

test("DiskStore keeps the order of use when it is opened anew", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path, { maxEntries: 3 });
    for (const name of ["a", "b", "c"]) await disk.store.put(`http://${name}/`, page(name));
    // Times on a disk have their grain.
    await new Promise((resolve) => setTimeout(resolve, 20));
    await bodies(disk.store, "http://a/");
  }
  await using disk = await openDisk(folder.path, { maxEntries: 3 });
  await disk.store.scanned;
  await disk.store.put("http://d/", page("d"));
  await disk.store.put("http://e/", page("e"));
  assertEquals(await bodies(disk.store, "http://a/"), ["a"]);
  assertEquals(await bodies(disk.store, "http://b/"), []);
  assertEquals(await bodies(disk.store, "http://c/"), []);
});

test("DiskStore makes room when the folder holds more than it may", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    for (let i = 0; i < 50; i++) await disk.store.put(`http://a/${i}`, page("x".repeat(5000)));
  }
  await using disk = await openDisk(folder.path, { maxBytes: 100_000 });
  await disk.store.scanned;
  assert(disk.store.bytes <= 100_000 && disk.store.size > 5, `${disk.store.bytes} bytes`);
  assertEquals((await readdir(folder.path)).length, disk.store.size);
});

test("DiskStore answers while it reads its folder", async () => {
  await using folder = await makeFolder({});
  const count = 2_000;
  {
    await using disk = await openDisk(folder.path);
    for (let i = 0; i < count; i++) await disk.store.put(`http://a/${i}`, page(`${i}`));
  }
  await using disk = await openDisk(folder.path);
  let scanned = false;
  disk.store.scanned.then(() => scanned = true);
  assertEquals(await bodies(disk.store, "http://a/77"), ["77"]);
  assertEquals(await disk.store.purge("http://a/78"), 1);
  assertEquals(scanned, false);
  await disk.store.scanned;
  assertEquals(disk.store.size, count - 1);
  assertEquals(await bodies(disk.store, "http://a/78"), []);
});

test("DiskStore.purge before its folder was read finds what is there", async () => {
  await using folder = await makeFolder({});
  await stored(folder, "one");
  await using disk = await openDisk(folder.path);
  assertEquals(await disk.store.purge(KEY), 1);
  assertEquals(await readdir(folder.path), []);
});

test("DiskStore.purgePrefix finds what nobody has asked for since it was opened", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    for (let i = 0; i < 100; i++) await disk.store.put(`http://a/${i}`, page(`${i}`));
    await disk.store.put(KEY, page("other"));
  }
  await using disk = await openDisk(folder.path);
  assertEquals(await disk.store.purgePrefix("http://a/"), 100);
  assertEquals(await readdir(folder.path), [NAME]);
});

test("DiskStore removes what was begun and not finished, and nothing else", async () => {
  await using folder = await makeFolder({
    "tmp-99999999-5": "half",
    "notes.txt": "mine",
    "sub/x": "",
  });
  await stored(folder, "one");
  assertEquals((await readdir(folder.path)).sort(), [NAME, "notes.txt", "sub"]);
});

function isEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** What someone may do to a file by hand. */
const HANDS: Readonly<Record<string, (path: string, bytes: Uint8Array) => Promise<void>>> = {
  "is removed": (path) => rm(path),
  "is cut": (path, bytes) => truncate(path, bytes.length - 1000),
  "is cut to nothing": (path) => truncate(path, 0),
  "has another byte in its body": (path, bytes) => {
    bytes[70_000] ^= 1;
    return writeFile(path, bytes);
  },
  "has another byte in its description": (path, bytes) => {
    bytes[bytes.length - 40] ^= 1;
    return writeFile(path, bytes);
  },
  "is replaced by another": (path) => writeFile(path, "something else altogether"),
  "is replaced by a folder": async (path) => {
    await rm(path);
    await mkdir(path);
  },
};

for (const [what, change] of Object.entries(HANDS)) {
  test(`DiskStore goes on without a file that ${what} between two runs`, async () => {
    await using folder = await makeFolder({});
    await stored(folder, bytesOf(100_000));
    await change(folder.at(NAME), await readFile(folder.at(NAME)));
    await using disk = await openDisk(folder.path);
    const [body] = await bodyBytes(disk.store, KEY);
    // A body whose end was read and is right may turn out to be wrong when it is wanted.
    assert(body === undefined || body === null, "a body");
    assertEquals(await bodies(disk.store, KEY), []);
    const gone = what === "is removed";
    assertEquals(disk.troubles.length, gone ? 0 : 1, disk.troubles.join());
    assert(gone || disk.troubles[0].includes(NAME), disk.troubles[0]);
  });
}

for (const what of ["is removed", "is cut to nothing", "has another byte in its body"]) {
  for (const length of [100_000, 1_000_000]) {
    test(`DiskStore goes on without a file of ${length} that ${what} while it is used`, async () => {
      await using folder = await makeFolder({});
      await stored(folder, bytesOf(length));
      await using disk = await openDisk(folder.path);
      assertEquals(await bodyBytes(disk.store, KEY), [bytesOf(length)]);
      await HANDS[what](folder.at(NAME), await readFile(folder.at(NAME)));
      // A file that was just read stays open for a moment, and what was removed can still be read, as it was.
      let found = await bodyBytes(disk.store, KEY);
      for (let turn = 0; what === "is removed" && found[0] !== null && turn < 500; turn++) {
        assert(isEqual(found[0], bytesOf(length)), "another body");
        await new Promise((resolve) => setTimeout(resolve, 10));
        found = await bodyBytes(disk.store, KEY);
      }
      assert(found.length === 1 && found[0] === null, "a body");
      assertEquals(await bodies(disk.store, KEY), []);
      assertEquals(disk.troubles.length, 1);
      await disk.store.put(KEY, page("new"));
      await written(folder, NAME);
      assertEquals(await bodies(disk.store, KEY), ["new"]);
    });
  }
}

test("DiskStore says once that it can't write, and once more when it could in between", async () => {
  await using folder = await makeFolder({});
  const path = folder.at("cache");
  await using disk: TestDisk = await openDisk(path);
  const putAndFail = async () => {
    for (const name of ["a", "b", "c"]) {
      await disk.store.put(`http://${name}/`, page(name));
      for (let turn = 0; disk.store.size > 0; turn++) {
        assert(turn < 5_000, "still there");
        await new Promise((resolve) => setTimeout(resolve));
      }
      assertEquals(await bodies(disk.store, `http://${name}/`), []);
    }
  };
  await rename(path, folder.at("elsewhere"));
  await putAndFail();
  assertEquals(disk.troubles.length, 1);
  await rename(folder.at("elsewhere"), path);
  await disk.store.put(KEY, page("one"));
  await written({ ...folder, path }, NAME);
  await disk.store.purge(KEY);
  await rename(path, folder.at("elsewhere"));
  await putAndFail();
  assertEquals(disk.troubles.length, 2);
});

test("DiskStore keeps the last of many that are put at once", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    for (let i = 0; i < 50; i++) disk.store.put(KEY, page(`${i}`));
    assertEquals(await bodies(disk.store, KEY), ["49"]);
  }
  assertEquals(await readdir(folder.path), [NAME]);
  await using disk = await openDisk(folder.path);
  assertEquals(await bodies(disk.store, KEY), ["49"]);
});

test("DiskStore writes nothing of what was purged before it was written", async () => {
  await using folder = await makeFolder({});
  {
    await using disk = await openDisk(folder.path);
    disk.store.put(KEY, page("one"));
    await disk.store.purge(KEY);
    assertEquals(await bodies(disk.store, KEY), []);
  }
  assertEquals(await readdir(folder.path), []);
});

test("DiskStore reads a body to its end though another takes its place meanwhile", async () => {
  await using folder = await makeFolder({});
  const [old, young] = [bytesOf(1_000_000, 1), bytesOf(1_000_000, 2)];
  await stored(folder, old);
  await using disk = await openDisk(folder.path);
  await disk.store.load(KEY);
  const [variant] = disk.store.get(KEY);
  const reader = (await variant.body.open(0, old.length))!;
  const pieces: Uint8Array[] = [(await reader.next())!.slice()];
  disk.store.put(KEY, page(young));
  assertEquals(await bodyBytes(disk.store, KEY), [young]);
  for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
    pieces.push(piece.slice());
  }
  reader.close();
  assertEquals(new Uint8Array(pieces.flatMap((piece) => [...piece])), old);
  // What was found before it was replaced is lost, and the new one is not lost with it.
  assertEquals(await variant.body.open(0, old.length), null);
  assertEquals(await bodyBytes(disk.store, KEY), [young]);
  assertEquals(disk.troubles, []);
});

test("DiskBytes gives any range, checked", async () => {
  await using folder = await makeFolder({});
  const length = 400_000;
  const body = bytesOf(length);
  await stored(folder, body);
  await using disk = await openDisk(folder.path);
  await disk.store.load(KEY);
  const [{ body: whole }] = disk.store.get(KEY);
  const ranges = fc.tuple(fc.nat(length - 1), fc.nat(length - 1));
  await fc.assert(
    fc.asyncProperty(ranges, async ([a, b]) => {
      const [first, end] = [Math.min(a, b), Math.max(a, b) + 1];
      const reader = (await whole.open(first, end - first))!;
      let at = first;
      for (let piece = await reader.next(); piece !== null; piece = await reader.next()) {
        assertEquals(piece, body.subarray(at, at + piece.length));
        at += piece.length;
      }
      reader.close();
      assertEquals(at, end);
      const target = new Uint8Array(Math.min(end - first, 60_000));
      assert(whole.readNow(first, target));
      assertEquals(target, body.subarray(first, first + target.length));
    }),
    { numRuns: 40 },
  );
  assertEquals(disk.troubles, []);
});
