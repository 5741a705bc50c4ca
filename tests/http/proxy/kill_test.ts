import { readdir } from "node:fs/promises";
import process from "node:process";
import { assert } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { startProxyProcess } from "../child_proxy.ts";
import { makeFolder } from "../files.ts";
import { ok, type OriginScript, ScriptedOrigin } from "../origin.ts";
import { bytesOf } from "../store/support.ts";

/** How often the proxy is killed; more by hand, `HALFWAY_TEST_KILLS=200`. */
const KILLS = Number(process.env["HALFWAY_TEST_KILLS"] ?? 8);

const SIZES = [0, 100, 5_000, 70_000, 300_000, 2_000_000];
const BODIES = new Map(SIZES.map((size) => [size, latin1(bytesOf(size, size), 0, size)]));

/** A body that its URL tells: a number that makes it one of its own, and one of the sizes. */
function bodyOf(target: string): string {
  const [, name, size] = target.split("/");
  return `${name}:${BODIES.get(Number(size))}`;
}

const script: OriginScript = (request, reply) =>
  reply(ok(bodyOf(request.target), "Cache-Control: max-age=600", 'ETag: "1"'));

test(`startHttpProxy with a folder is right after it was killed, ${KILLS} times`, async () => {
  await using folder = await makeFolder({});
  await using origin = await ScriptedOrigin.start(script);
  let [hits, answers, wrong] = [0, 0, ""];
  for (let round = 0; round < KILLS; round++) {
    const proxy = await startProxyProcess([
      `--upstream=127.0.0.1:${origin.addr.port}`,
      `--cache-dir=${folder.path}`,
      "--cache-bytes=30MB",
    ]);
    let over = false;
    const clients = Array.from({ length: 6 }, async () => {
      using client = new HttpClient();
      while (!over) {
        const size = SIZES[Math.floor(Math.random() * SIZES.length)];
        const path = `/${Math.floor(Math.random() * 20)}/${size}`;
        try {
          // The key holds the host that is named, which stays the same.
          const response = await client.request(
            `http://127.0.0.1:${proxy.address.port}${path}`,
            { fields: [["Host", "a.example"]] },
          );
          const bytes = await response.bytes();
          answers++;
          if (response.cacheStatus?.includes("hit")) hits++;
          if (response.status !== 200 || latin1(bytes, 0, bytes.length) !== bodyOf(path)) {
            wrong ||= `${path}: ${response.status}, ${bytes.length} bytes`;
          }
        } catch {
          // It was killed in the middle of this one.
          return;
        }
      }
    });
    await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 200));
    await proxy.kill("SIGKILL");
    over = true;
    await Promise.all(clients);
    assert(wrong === "", `after ${round} times: ${wrong}`);
  }
  assert(answers > KILLS && hits > KILLS, `${answers} answers, ${hits} hits`);
  const left = (await readdir(folder.path)).filter((name) => name.startsWith("tmp-"));
  assert(left.length <= 64, `${left.length} unfinished files`);
});
