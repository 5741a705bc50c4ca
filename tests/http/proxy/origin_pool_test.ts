import { assertEquals, assertStrictEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { OriginPool } from "../../../http/proxy/origin_pool.ts";
import { ScriptedOrigin } from "../origin.ts";

test("OriginPool.take leaves a connection that was unused for longer than is asked for", async () => {
  await using origin = await ScriptedOrigin.start(() => {});
  const pool = new OriginPool();
  const connection = await pool.open(origin.addr);
  pool.put(connection);
  assertEquals(pool.take(origin.addr, -1), null);
  assertStrictEquals(pool.take(origin.addr), connection);
  assertEquals(pool.take(origin.addr), null);
  pool.close();
});
