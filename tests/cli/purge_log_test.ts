import { appendFile, readFile, writeFile } from "node:fs/promises";
import { assert, assertEquals, assertRejects } from "../asserts.ts";
import { test } from "../harness.ts";
import { PurgeLog } from "../../cli/purge_log.ts";
import { UsageError } from "../../net/errors.ts";
import { makeFolder } from "../http/files.ts";

function texts(log: PurgeLog): string[] {
  return log.past.map(({ kind, text }) => `${kind} ${text}`);
}

test("PurgeLog remembers what was purged when it is opened anew", async () => {
  await using folder = await makeFolder({});
  const file = folder.at("sub/purges");
  const before = Date.now();
  const log = await PurgeLog.open(file);
  await Promise.all([
    log.add([{ kind: "key", text: "http://a/\n" }, { kind: "prefix", text: "http://b/" }]),
    log.add([{ kind: "key", text: "http://c/" }]),
  ]);
  const again = await PurgeLog.open(file);
  assertEquals(texts(again), ["key http://a/\n", "prefix http://b/", "key http://c/"]);
  assert(again.past.every(({ atMs }) => atMs >= before && atMs <= Date.now()));
});

test("PurgeLog takes the older half of many for a purge of everything", async () => {
  await using folder = await makeFolder({});
  const file = folder.at("purges");
  const log = await PurgeLog.open(file, 4);
  for (let i = 0; i < 5; i++) await log.add([{ kind: "key", text: `${i}` }]);
  assertEquals(texts(log), ["prefix ", "key 3", "key 4"]);
  assertEquals(texts(await PurgeLog.open(file)), ["prefix ", "key 3", "key 4"]);
  for (let i = 5; i < 100; i++) await log.add([{ kind: "key", text: `${i}` }]);
  assert(log.past.length <= 4 && texts(log).at(-1) === "key 99");
  assertEquals(texts(await PurgeLog.open(file)), texts(log));
});

test("PurgeLog takes what it can't read for a purge of everything", async () => {
  await using folder = await makeFolder({});
  const file = folder.at("purges");
  const log = await PurgeLog.open(file);
  await log.add([{ kind: "key", text: "a" }]);
  for (const line of ['{"kind":"key","te', '{"kind":"all","text":"","atMs":1}\n', "null\n"]) {
    const text = await readFile(file, "utf8");
    await appendFile(file, line);
    assertEquals(texts(await PurgeLog.open(file)), ["prefix "], line);
    await writeFile(file, text);
  }
});

test("PurgeLog says when it can't remember", async () => {
  await using folder = await makeFolder({ file: "" });
  await assertRejects(() => PurgeLog.open(folder.at("file/purges")), UsageError, "folder");
  const log = await PurgeLog.open(folder.at("purges"));
  await using gone = await makeFolder({});
  const lost = await PurgeLog.open(gone.at("sub/purges"));
  const { rm } = await import("node:fs/promises");
  await rm(gone.at("sub"), { recursive: true });
  await assertRejects(() => lost.add([{ kind: "key", text: "a" }]), Error, "ENOENT");
  await log.add([{ kind: "key", text: "a" }]);
});
