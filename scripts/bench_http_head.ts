/**
 * How many request heads a second are read on one core: ours, against splitting the decoded text, which is the
 * yardstick.
 *
 * Run with `deno run --allow-hrtime scripts/bench_http_head.ts`.
 *
 * @module
 */

import { RequestHead } from "../http/message/request_head.ts";
import { isFreshHit } from "../http/policy/reuse.ts";
import { ageSecondsAt } from "../http/policy/age.ts";
import { DEFAULT_POLICY } from "../http/policy/options.ts";
import { makeStored } from "../http/policy/storable.ts";
import { FieldList } from "../http/message/field_reader.ts";
import { ByteWriter } from "../http/message/writer.ts";
import { latin1Bytes } from "../http/message/bytes.ts";
import { cacheKey, readTarget } from "../http/message/target.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

const SAMPLES: Record<string, string> = {
  "wrk, 3 fields": "GET /1.txt HTTP/1.1\r\nHost: 127.0.0.1:20000\r\nUser-Agent: wrk/4\r\n" +
    "Accept: */*\r\n\r\n",
  "browser, 12 fields":
    "GET /assets/app.3f2a.js?lang=de HTTP/1.1\r\nHost: www.example.org\r\nConnection: keep-alive\r\n" +
    'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"\r\nsec-ch-ua-mobile: ?0\r\n' +
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 " +
    'Safari/537.36\r\nsec-ch-ua-platform: "Linux"\r\nAccept: */*\r\nSec-Fetch-Site: same-origin\r\n' +
    "Sec-Fetch-Mode: no-cors\r\nReferer: https://www.example.org/start/index.html\r\n" +
    "Accept-Encoding: gzip, deflate, br, zstd\r\nAccept-Language: de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7\r\n\r\n",
};

function bySplitting(bytes: Uint8Array): number {
  const lines = decoder.decode(bytes).split("\r\n");
  const [method, target, version] = lines[0].split(" ");
  const fields = new Map<string, string>();
  for (let i = 1; i < lines.length - 2; i++) {
    const colon = lines[i].indexOf(":");
    fields.set(lines[i].slice(0, colon).toLowerCase(), lines[i].slice(colon + 1).trim());
  }
  return method.length + target.length + version.length + fields.size;
}

function measure(run: () => void): number {
  const rounds = 50_000;
  for (let i = 0; i < rounds; i++) run();
  let best = 0;
  for (let repeat = 0; repeat < 5; repeat++) {
    const began = performance.now();
    for (let i = 0; i < rounds; i++) run();
    best = Math.max(best, rounds / (performance.now() - began) * 1000);
  }
  return best;
}

const AGE = latin1Bytes("Age: ");

function main(): void {
  const head = new RequestHead();
  const writer = new ByteWriter();
  const now = Date.now();
  const stored = makeStored(
    { method: "GET", uri: "http://a/", fields: new FieldList() },
    {
      status: 200,
      fields: new FieldList([
        ["Cache-Control", "max-age=3600"],
        ["Content-Type", "text/plain"],
        ["ETag", '"abcdef"'],
        ["Last-Modified", "Sun, 06 Nov 1994 08:49:37 GMT"],
      ]),
    },
    { requestTimeMs: now, responseTimeMs: now },
    now,
    DEFAULT_POLICY,
  );
  let sink = 0;
  for (const [name, text] of Object.entries(SAMPLES)) {
    const bytes = encoder.encode(text);
    const split = measure(() => {
      sink += bySplitting(bytes);
    });
    const parse = measure(() => {
      sink += head.parse(bytes, 0, bytes.length);
    });
    const key = measure(() => {
      sink += head.parse(bytes, 0, bytes.length) + (head.plain ? 1 : 0);
      sink += cacheKey(readTarget(head)).length;
    });
    const hit = measure(() => {
      sink += head.parse(bytes, 0, bytes.length);
      sink += cacheKey(readTarget(head)).length;
      if (!head.plain || !isFreshHit(stored, now + 5000)) throw new Error("Expected a hit");
      writer.clear();
      writer.write(stored.head);
      writer.write(AGE);
      writer.number(ageSecondsAt(stored, now + 5000));
      writer.endLine();
      writer.endLine();
      sink += writer.length;
    });
    const show = (label: string, rate: number) =>
      `  ${label.padEnd(24)} ${Math.round(rate).toLocaleString("en").padStart(12)}/s  ${
        (1e6 / rate).toFixed(2).padStart(6)
      } µs  ${(rate / split).toFixed(1).padStart(5)} x\n`;
    const lines = `${name}, ${bytes.length} bytes\n` + show("split the text", split) +
      show("parse", parse) + show("parse and cache key", key) +
      show("whole hit, head written", hit);
    Deno.stdout.writeSync(encoder.encode(lines));
  }
  if (sink === 0) throw new Error("Nothing was read");
}

if (import.meta.main) main();
