import process from "node:process";
import { assert, assertEquals, assertMatch } from "../asserts.ts";
import { test } from "../harness.ts";
import { Bench } from "./bench.ts";
import { ok } from "./origin.ts";

/** Bytes that the process holds, as the system counts them. */
function residentBytes(): number {
  return process.memoryUsage().rss;
}

test("startHttpProxy keeps within its bytes with 100 000 keys", async () => {
  let asked = 0;
  const cacheBytes = 16 * 1024 * 1024;
  await using bench = await Bench.start(
    (request, reply) => {
      // What the origin has seen is held in the same process.
      bench.origin.seen.length = 0;
      asked++;
      return reply(ok(request.target.padEnd(500, "x"), 'ETag: "1"', "Cache-Control: max-age=60"));
    },
    { cacheBytes },
  );
  const clients = await Promise.all(Array.from({ length: 4 }, () => bench.raw()));
  const batch = 250;
  for (let at = 0; at < 100_000; at += batch * clients.length) {
    await Promise.all(clients.map(async (client, c) => {
      const first = at + c * batch;
      let text = "";
      for (let i = first; i < first + batch; i++) {
        text += `GET /${i} HTTP/1.1\r\nHost: ${bench.host}\r\n\r\n`;
      }
      const sent = client.send(text);
      for (let i = first; i < first + batch; i++) await client.until(`\r\n\r\n/${i}x`);
      await sent;
    }));
  }
  for (const client of clients) client[Symbol.dispose]();
  const { bytes, entries } = bench.proxy.cache;
  assert(bytes <= cacheBytes && entries > 1000, `${entries} entries, ${bytes} bytes`);
  assertMatch((await bench.ask("/99999")).cache, /hit/);
  assertEquals(asked, 100_000);
});

test("startHttpProxy holds a body of single bytes in no more than it takes", async () => {
  const size = 4 * 1024 * 1024;
  const chunks = "1\r\nx\r\n".repeat(size / 64);
  await using bench = await Bench.start(async (_, reply) => {
    await reply(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n",
    );
    for (let i = 0; i < 64; i++) await reply(chunks);
    await reply("0\r\n\r\n");
  });
  const before = residentBytes();
  assertEquals((await bench.ask("/a")).text.length, size);
  const grown = residentBytes() - before;
  assert(grown <= 200 * 1024 * 1024, `${grown} bytes more`);
  assertEquals(bench.proxy.cache.entries, 1);
});
