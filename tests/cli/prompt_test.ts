import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import fc from "fast-check";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { History, HISTORY_LINES, historyPath } from "../../cli/history.ts";
import { completeLastWord, pipedLines } from "../../cli/prompt.ts";

async function inFolder(use: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "halfway-"));
  try {
    await use(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function* pieces(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    if (cut < start || cut > bytes.length) continue;
    yield bytes.subarray(start, cut);
    start = cut;
  }
  yield await Promise.resolve(bytes.subarray(start));
}

test("pipedLines gives the same lines for any split of the bytes", async () => {
  const bytes = new TextEncoder().encode("ä\r\n\nlong 日本 line\nlast");
  await fc.assert(fc.asyncProperty(fc.array(fc.nat(bytes.length)), async (cuts) => {
    const lines: string[] = [];
    for await (const line of pipedLines(pieces(bytes, cuts))) lines.push(line);
    assertEquals(lines, ["ä", "", "long 日本 line", "last"]);
  }));
});

test("pipedLines gives no line after the last break", async () => {
  const lines: string[] = [];
  for await (const line of pipedLines(pieces(new TextEncoder().encode("a\n"), []))) {
    lines.push(line);
  }
  assertEquals(lines, ["a"]);
});

test("completeLastWord offers what the last word may become", () => {
  const complete = (line: string): string[] => line.includes(" ") ? ["1=", "12="] : ["get", "put"];
  assertEquals(completeLastWord("", complete), [["get", "put"], ""]);
  assertEquals(completeLastWord("g", complete), [["get"], "g"]);
  assertEquals(completeLastWord("put 12", complete), [["12="], "12"]);
});

test("historyPath follows the XDG rules", () => {
  assertEquals(historyPath({ XDG_STATE_HOME: "/s", HOME: "/h" }), join("/s", "halfway", "history"));
  assertEquals(historyPath({ HOME: "/h" }), join("/h", ".local", "state", "halfway", "history"));
  assertEquals(historyPath({}), null);
});

test("History keeps lines from one start to the next, without repeats and empty ones", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "deep", "er", "history");
    const first = new History(path);
    assertEquals(await first.load(), []);
    for (const line of ["a", "a", " ", "b", "a"]) first.add(line);
    await first.flush();
    const second = new History(path);
    assertEquals(await second.load(), ["a", "b", "a"]);
    second.add("a");
    await second.flush();
    assertEquals(await readFile(path, "utf8"), "a\nb\na\n");
  });
});

test("History is bounded, in memory and on the disk", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "history");
    const all = Array.from({ length: 2 * HISTORY_LINES + 1 }, (_, i) => `line ${i}`);
    await writeFile(path, all.join("\n") + "\n");
    assertEquals(await new History(path).load(), all.slice(-HISTORY_LINES));
    assertEquals((await readFile(path, "utf8")).split("\n").length, HISTORY_LINES + 1);
  });
});

test("History passes over a file that can't be written", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "history");
    await mkdir(path);
    const history = new History(path);
    assertEquals(await history.load(), []);
    history.add("a");
    await history.flush();
    if (process.platform !== "linux") return;
    // Where a folder refuses new ones with ENOENT, a recursive mkdir of Node's never came back.
    const nowhere = new History(join("/proc", "nowhere", "history"));
    nowhere.add("a");
    await nowhere.flush();
  });
});
