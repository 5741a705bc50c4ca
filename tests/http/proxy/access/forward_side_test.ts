import { assert, assertEquals, assertRejects, assertStringIncludes } from "../../../asserts.ts";
import { test } from "../../../harness.ts";
import { checkedConnect } from "../../../../http/proxy/access/checked_connect.ts";
import { ForwardSide } from "../../../../http/proxy/access/forward_side.ts";
import { AccessDeniedError } from "../../../../http/proxy/access/refusal.ts";
import { listen } from "../../../../net/runtime.ts";

test("ForwardSide of a proxy that others can reach leads nobody to this machine unless allowed", () => {
  const spellings = ["127.0.0.1", "127.1", "2130706433", "0x7f.1", "0177.0.0.1", "0", "::1", "::"];
  const carriers = ["::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"];
  for (const hostname of ["0.0.0.0", "::", "192.0.2.1", "proxy.example", "localhost.example"]) {
    const { rules } = new ForwardSide({ allowHosts: ["*"] }, hostname);
    for (const host of [...spellings, ...carriers]) {
      assertStringIncludes(`${rules.judgeTarget(host, 80)}`, "a loopback address", host);
    }
    assertEquals(rules.judgeTarget("8.8.8.8", 80), null);
  }
  for (const hostname of ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "localhost"]) {
    const { rules } = new ForwardSide({}, hostname);
    for (const host of [...spellings, ...carriers]) {
      assertEquals(rules.judgeTarget(host, 80), null, host);
    }
  }
});

test("checkedConnect connects to the allowed addresses alone, and to the very name that is allowed", async () => {
  using listener = disposable(await listen({ port: 0 }));
  const { port } = listener.addr;
  const resolve = () => Promise.resolve(["10.1.1.1", "127.0.0.1"]);
  const connectWith = (...allowHosts: string[]) =>
    checkedConnect(new ForwardSide({ allowHosts }, "0.0.0.0").rules, resolve);
  for (const hostname of ["localhost", "inner.example"]) {
    const error = await assertRejects(
      () => connectWith("*")({ hostname, port }),
      AccessDeniedError,
      `${hostname}:${port} leads to a private address`,
    );
    assertEquals(error.addresses, ["10.1.1.1", "127.0.0.1"]);
    assert(!error.message.includes("10.1"), error.message);
  }
  const connection = await connectWith("127.0.0.0/8")({ hostname: "inner.example", port });
  assertEquals(connection.remoteAddr, { ...connection.remoteAddr, hostname: "127.0.0.1", port });
  connection.close();
  const literal = await connectWith("127.0.0.1")({ hostname: "127.1", port });
  literal.close();
});

function disposable<T extends { close(): void }>(thing: T): T & Disposable {
  return Object.assign(thing, { [Symbol.dispose]: () => thing.close() });
}
