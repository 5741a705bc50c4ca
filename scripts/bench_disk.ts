// deno-lint-ignore-file no-console -- its figures go to stdout
/**
 * What it costs to keep responses in a folder: hits out of files that the system has in memory against hits out of the
 * proxy's own memory, and the time that a folder of 100 000 takes to be read when the proxy starts.
 *
 *     deno task bench disk [--rounds N] [--seconds S]
 *
 * The proxies run on one core, the load on the other; the origin is stopped while hits are measured.
 *
 * @module
 */

import { DiskStore } from "../http/store/disk_store.ts";
import { MemoryBytes } from "../http/store/stored_bytes.ts";
import { Variant } from "../http/store/variant.ts";
import type { StoredResponse } from "../http/policy/stored.ts";
import {
  buildLoad,
  LOAD_CORE,
  machine,
  median,
  numberOption,
  requirePrograms,
  row,
  runLoad,
  SERVER_CORE,
  start,
  stop,
  stopAll,
  thousands,
} from "./bench_support.ts";

const ROOT = new URL("..", import.meta.url).pathname;
const PORTS = { origin: 18201, disk: 18202, memory: 18203 };
const FILES = 100_000;

const rounds = numberOption("rounds", 5);
const seconds = numberOption("seconds", 2);

async function hits(folder: string): Promise<void> {
  const load = await buildLoad(folder);
  const deno = [Deno.execPath(), "run", "--allow-all"];
  const respond = [...deno, `${ROOT}scripts/respond_deno.ts`, String(PORTS.origin)];
  const origin = await start(LOAD_CORE, PORTS.origin, respond);
  const proxy = (port: number, ...args: string[]) =>
    start(SERVER_CORE, port, [
      ...deno,
      `${ROOT}proxy.ts`,
      "http",
      `--port=${port}`,
      `--upstream=127.0.0.1:${PORTS.origin}`,
      "--log-level=off",
      ...args,
    ]);
  await proxy(PORTS.disk, `--cache-dir=${folder}/cache`);
  await proxy(PORTS.memory);
  const paths = [["1 KiB", "/s"], ["100 KiB", "/l"]] as const;
  const loadOf = (port: number, path: string) => ({
    port,
    connections: 64,
    inFlight: 1,
    seconds,
    http: true,
    requests: [`GET ${path} HTTP/1.1\\r\\nHost: a.example\\r\\n\\r\\n`],
  });
  for (const [, path] of paths) {
    for (const port of [PORTS.disk, PORTS.memory]) await runLoad(load, loadOf(port, path));
  }
  await stop(origin);
  for (const [size, path] of paths) {
    const pairs = [];
    for (let round = 0; round < rounds; round++) {
      const disk = await runLoad(load, loadOf(PORTS.disk, path));
      pairs.push({ disk, memory: await runLoad(load, loadOf(PORTS.memory, path)) });
    }
    console.log(row(
      `cached ${size}, out of a file against out of memory, requests a second`,
      thousands(median(pairs.map(({ disk }) => disk.rate))),
      thousands(median(pairs.map(({ memory }) => memory.rate))),
      median(pairs.map(({ disk, memory }) => disk.rate / memory.rate)).toFixed(2),
      "0.6",
    ));
  }
  await stopAll();
}

function makeResponse(): StoredResponse {
  const now = Date.now();
  return {
    status: 200,
    head: new TextEncoder().encode("HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\n"),
    varyNames: [],
    varyKey: "",
    storedAtMs: now,
    staleAtMs: now + 600_000,
    deleteAtMs: now + 86_400_000,
    bornAtMs: now,
    freshUntilMs: now + 600_000,
    dateMs: now,
    alwaysValidate: false,
    mustRevalidate: false,
    staleWhileRevalidateSeconds: 0,
    staleIfErrorSeconds: 0,
    etag: null,
    lastModified: null,
    lastModifiedMs: null,
    contentRange: null,
    requestRange: null,
  };
}

async function openStore(folder: string): Promise<DiskStore> {
  const onTrouble = (sentence: string): void => console.error(sentence);
  const maxBytes = 100 * 1024 ** 3;
  return await DiskStore.open(folder, { maxBytes, listener: null, onTrouble, now: Date.now });
}

async function index(folder: string): Promise<void> {
  const store = await openStore(folder);
  const stored = makeResponse();
  for (let i = 0; i < FILES; i++) {
    const bytes = new MemoryBytes(new Uint8Array(1024));
    while (!store.put(`http://a.example/${i}`, Variant.whole(stored, bytes))) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve));
  }
  await store.close();
  const times: { firstMs: number; allMs: number; stallMs: number }[] = [];
  for (let round = 0; round < rounds; round++) {
    let [last, stallMs] = [performance.now(), 0];
    const watch = setInterval(() => {
      const now = performance.now();
      stallMs = Math.max(stallMs, now - last);
      last = now;
    }, 1);
    const begin = performance.now();
    const again = await openStore(folder);
    await again.load(`http://a.example/${round * 1000}`);
    const firstMs = performance.now() - begin;
    if (again.get(`http://a.example/${round * 1000}`).length !== 1) throw new Error("not found");
    await again.scanned;
    times.push({ firstMs, allMs: performance.now() - begin, stallMs });
    clearInterval(watch);
    if (again.size !== FILES) throw new Error(`${again.size} files`);
    await again.close();
  }
  const ms = (of: (time: typeof times[number]) => number) =>
    `${Math.round(median(times.map(of)))} ms`;
  const what = `a folder of ${thousands(FILES)} files: all known`;
  console.log(row(what, ms(({ allMs }) => allMs), "", "", "3 000 ms"));
  console.log(row("the first response out of it", ms(({ firstMs }) => firstMs), "", "", ""));
  console.log(
    row("the longest that others wait meanwhile", ms(({ stallMs }) => stallMs), "", "", ""),
  );
}

await requirePrograms({ cc: "a C compiler", taskset: "Debian's util-linux" });
const folder = await Deno.makeTempDir({ prefix: "halfway-bench-" });
try {
  console.log(`${await machine()}; ${rounds} rounds of ${seconds} s, medians\n`);
  console.log(row("what", "folder", "memory", "ratio", "aim"));
  console.log(row("---", "---:", "---:", "---:", "---:"));
  await hits(folder);
  await index(`${folder}/index`);
} finally {
  await stopAll();
  await Deno.remove(folder, { recursive: true });
}
