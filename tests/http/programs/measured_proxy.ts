/**
 * A caching proxy in a process of its own, that tells how much memory it holds to whoever connects to its gauge.
 *
 *     measured_proxy ORIGIN_PORT CACHE_BYTES
 *
 * @module
 */

import process from "node:process";
import { startHttpProxy } from "../../../http/proxy/proxy.ts";
import { listen } from "../../../net/runtime.ts";

const [originPort, cacheBytes] = process.argv.slice(2).map(Number);
const proxy = await startHttpProxy({
  port: 0,
  upstream: [{ hostname: "127.0.0.1", port: originPort }],
  cacheBytes,
});
const gauge = await listen({ port: 0 });
process.stderr.write(`ready ${proxy.addr.port} ${gauge.addr.port}\n`);
for (;;) {
  const connection = await gauge.accept();
  const { bytes, entries } = proxy.cache;
  const text = `${process.memoryUsage().rss} ${bytes} ${entries}`;
  await connection.write(new TextEncoder().encode(text));
  connection.close();
}
