import process from "node:process";
import { readdir } from "node:fs/promises";
import { assert, assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { HttpClient } from "../../../http/client/client.ts";
import { connect } from "../../../net/runtime.ts";
import type { Connection } from "../../../net/connection.ts";
import { startProxyProcess } from "../child_proxy.ts";
import { makeFolder } from "../files.ts";
import { ok, ScriptedOrigin } from "../origin.ts";

test("startHttpProxy loses nothing of its folder while it has too many files open", async () => {
  if (process.platform === "win32") return;
  await using folder = await makeFolder({});
  const bodies = ["x".repeat(1_000), "y".repeat(900_000)];
  const origin = await ScriptedOrigin.start((request, reply) =>
    reply(ok(bodies[Number(request.target.slice(1))], "Cache-Control: max-age=60"))
  );
  const proxy = await startProxyProcess([
    `--upstream=127.0.0.1:${origin.addr.port}`,
    `--cache-dir=${folder.path}`,
  ], "ulimit -n 256");
  using client = new HttpClient();
  const ask = async (which: number): Promise<string> => {
    const response = await client.request(`http://127.0.0.1:${proxy.address.port}/${which}`);
    const bytes = await response.bytes();
    if (response.status !== 200) return String(response.status);
    assertEquals(bytes.length, bodies[which].length);
    return /hit|miss/.exec(response.cacheStatus ?? "")![0];
  };
  const idle: Connection[] = [];
  try {
    assertEquals([await ask(0), await ask(1)], ["miss", "miss"]);
    assertEquals([await ask(0), await ask(1)], ["hit", "hit"]);
    await origin[Symbol.asyncDispose]();
    for (let i = 0; i < 300; i++) idle.push(await connect(proxy.address));
    // The small one may be open still, as files are for a moment that were just read.
    let large = await ask(1);
    for (let turn = 0; turn < 500 && large === "hit"; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      large = await ask(1);
    }
    assertEquals(large, "502");
    await ask(0);
    for (const connection of idle.splice(0)) connection.close();
    for (let turn = 0; turn < 500 && await ask(1) !== "hit"; turn++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assertEquals([await ask(0), await ask(1)], ["hit", "hit"]);
    assertEquals((await readdir(folder.path)).length, 2);
    assert(!proxy.log().includes("going on without it"), proxy.log());
  } finally {
    for (const connection of idle) connection.close();
    await origin[Symbol.asyncDispose]();
    await proxy.kill("SIGTERM");
  }
});
