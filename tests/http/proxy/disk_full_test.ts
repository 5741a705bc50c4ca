import { readdir } from "node:fs/promises";
import process from "node:process";
import { assert, assertEquals, assertStringIncludes } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { latin1 } from "../../../http/message/bytes.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { startProxyProcess } from "../child_proxy.ts";
import { makeFolder } from "../files.ts";
import { ok, ScriptedOrigin } from "../origin.ts";
import { bytesOf } from "../store/support.ts";

// A limit on the size of files stands in for a full disk: writing to one fails in its middle as well.
const LIMIT = 'trap "" XFSZ; ulimit -f 400';

test("startHttpProxy passes on what its disk can't hold, says so once, and stores what it can", async () => {
  if (process.platform === "win32") return;
  await using folder = await makeFolder({});
  const bodies = [1_000, 390_000, 3_000_000, 30_000_000].map((length) => {
    const body = bytesOf(length);
    return latin1(body, 0, length);
  });
  await using origin = await ScriptedOrigin.start((request, reply) =>
    reply(ok(bodies[Number(request.target.slice(1))], "Cache-Control: max-age=60"))
  );
  const proxy = await startProxyProcess([
    `--upstream=127.0.0.1:${origin.addr.port}`,
    `--cache-dir=${folder.path}`,
    "--max-object-bytes=100MB",
  ], LIMIT);
  using client = new HttpClient();
  const ask = async (which: number): Promise<string> => {
    const response = await client.request(`http://127.0.0.1:${proxy.address.port}/${which}`);
    const bytes = await response.bytes();
    assert(latin1(bytes, 0, bytes.length) === bodies[which], `body ${which}`);
    return /hit|miss/.exec(response.cacheStatus ?? "")![0];
  };
  const complaints = () => proxy.log().split("Cannot write to the folder").length - 1;
  try {
    assertEquals([await ask(2), await ask(3), await ask(2), await ask(3)], Array(4).fill("miss"));
    assertEquals(complaints(), 1);
    assertStringIncludes(proxy.log(), "going on without");
    await ask(0);
    await ask(1);
    assertEquals([await ask(0), await ask(1)], ["hit", "hit"]);
    await ask(3);
    assertEquals([await ask(0), await ask(1)], ["hit", "hit"]);
    assertEquals(complaints(), 2);
    assertEquals((await readdir(folder.path)).length, 2);
  } finally {
    await proxy.kill("SIGTERM");
  }
});
