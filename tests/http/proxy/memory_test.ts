import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import type { NetAddress } from "../../../net/connection.ts";
import { runModule } from "../../programs.ts";
import { ok, type OriginScript, RawClient, ScriptedOrigin } from "../origin.ts";

/** What a proxy in a process of its own holds. */
interface Held {
  /** Bytes of the whole process, as the system counts them. */
  readonly rss: number;
  /** Bytes that the cache counts. */
  readonly bytes: number;
  /** Keys in the cache. */
  readonly entries: number;
}

/** Starts a proxy in a process of its own, and lets `use` work with it. */
async function withMeasuredProxy(
  script: OriginScript,
  cacheBytes: number,
  use: (address: NetAddress, measure: () => Promise<Held>, origin: ScriptedOrigin) => Promise<void>,
): Promise<void> {
  await using origin = await ScriptedOrigin.start(script);
  let ready: (text: string) => void = () => {};
  const started = new Promise<string>((resolve) => ready = resolve);
  let stop: () => void = () => {};
  const ended = runModule(new URL("../programs/measured_proxy", import.meta.url), {
    args: [String(origin.addr.port), String(cacheBytes)],
    onStderr(text, kill) {
      stop = () => kill("SIGTERM");
      if (text.endsWith("\n")) ready(text);
    },
  });
  const early = ended.then(({ stderr }) => {
    throw new Error(`the proxy ended: ${stderr}`);
  });
  try {
    const text = await Promise.race([started, early]);
    const [proxyPort, gaugePort] = text.split(" ").slice(1).map(Number);
    const measure = async (): Promise<Held> => {
      using gauge = await RawClient.connect({ hostname: "127.0.0.1", port: gaugePort });
      const [rss, bytes, entries] = (await gauge.rest()).split(" ").map(Number);
      return { rss, bytes, entries };
    };
    await use({ hostname: "127.0.0.1", port: proxyPort }, measure, origin);
  } finally {
    stop();
    await early.catch(() => {});
  }
}

test("startHttpProxy keeps within its bytes with 100 000 keys, in the process too", async () => {
  let asked = 0;
  const cacheBytes = 256 * 1024 * 1024;
  const script: OriginScript = (request, reply) => {
    asked++;
    return reply(ok(request.target.padEnd(2000, "x"), 'ETag: "1"', "Cache-Control: max-age=60"));
  };
  await withMeasuredProxy(script, cacheBytes, async (address, measure, origin) => {
    const clients = await Promise.all(
      Array.from({ length: 4 }, () => RawClient.connect(address)),
    );
    const batch = 250;
    for (let at = 0; at < 100_000; at += batch * clients.length) {
      await Promise.all(clients.map(async (client, c) => {
        const first = at + c * batch;
        let text = "";
        for (let i = first; i < first + batch; i++) text += `GET /${i} HTTP/1.1\r\nHost: h\r\n\r\n`;
        const sent = client.send(text);
        for (let i = first; i < first + batch; i++) await client.until(`\r\n\r\n/${i}x`);
        await sent;
      }));
      origin.seen.length = 0;
    }
    for (const client of clients) client[Symbol.dispose]();
    const { rss, bytes, entries } = await measure();
    assert(bytes <= cacheBytes && entries > 10_000, `${entries} entries, ${bytes} bytes`);
    assert(rss <= 2 * cacheBytes + 100_000_000, `${rss} bytes in all`);
    assertEquals(asked, 100_000);
  });
});

test("startHttpProxy holds a body of single bytes in no more than it takes", async () => {
  const size = 4 * 1024 * 1024;
  const chunks = "1\r\nx\r\n".repeat(size / 64);
  const script: OriginScript = async (_, reply) => {
    await reply(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nCache-Control: max-age=60\r\n\r\n",
    );
    for (let i = 0; i < 64; i++) await reply(chunks);
    await reply("0\r\n\r\n");
  };
  await withMeasuredProxy(script, 64 * 1024 * 1024, async (address, measure) => {
    const before = await measure();
    using client = await RawClient.connect(address);
    await client.send("GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    assert((await client.rest()).length >= size);
    const { rss, entries } = await measure();
    assert(rss - before.rss <= 200 * 1024 * 1024, `${rss - before.rss} bytes more`);
    assertEquals(entries, 1);
  });
});
