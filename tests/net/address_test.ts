import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { formatAddress, parseAddress } from "../../net/address.ts";

test("parseAddress reads names, IPv4, IPv6 in brackets, and a port alone", () => {
  const good = [
    ["127.0.0.1:6002", "127.0.0.1", 6002],
    ["origin.example:80", "origin.example", 80],
    ["[::1]:6002", "::1", 6002],
    [":6002", "127.0.0.1", 6002],
  ] as const;
  for (const [text, hostname, port] of good) {
    assertEquals(parseAddress(text), { hostname, port }, text);
    assertEquals(parseAddress(formatAddress({ hostname, port })), { hostname, port });
  }
  for (const text of ["", "host", "host:", "host:0", "host:65536", "::1:80", "[::1]", "a b:1"]) {
    assertThrows(() => parseAddress(text), RangeError, "expected an address such as", text);
  }
});
