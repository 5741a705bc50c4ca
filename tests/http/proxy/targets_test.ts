import { assertEquals, assertMatch } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { formatAddress } from "../../../net/address.ts";
import { Bench, counting } from "../bench.ts";

test("startHttpProxy takes targets as browsers send them, passes URIs on, and stores both spellings as one", async () => {
  const targets: [sent: string, passedOn: string][] = [
    ["/[a]?q=|{}^`[]\\%zz%", "/%5Ba%5D?q=%7C%7B%7D%5E%60%5B%5D%5C%25zz%25"],
    ["/100%", "/100%25"],
    ["/plain?a=b%7C", "/plain?a=b%7C"],
  ];
  for (const forward of [false, true]) {
    const script = counting("Cache-Control: max-age=60");
    await using bench = await Bench.start(script, { forward });
    const host = forward ? formatAddress(bench.origin.addr) : "h";
    using client = await bench.raw();
    const prefix = forward ? `http://${host}` : "";
    for (const [i, [sent, passedOn]] of targets.entries()) {
      for (const target of [sent, passedOn, sent]) {
        await client.send(`GET ${prefix}${target} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
        await client.until(`answer ${i + 1}`);
      }
    }
    assertEquals(bench.origin.seen.map(({ target }) => target), targets.map(([, to]) => to));
    await client.send(`GET ${prefix}/a\\b HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
    assertMatch(await client.rest(), /^HTTP\/1\.1 400 [^]*no backslash in the path/);
  }
});
