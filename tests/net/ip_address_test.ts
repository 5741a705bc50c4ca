import fc from "fast-check";
import { isIP } from "node:net";
import { assert, assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { carriedIpv4, formatIp, isInRange, parseIp, parseIpRange } from "../../net/ip_address.ts";

const v4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n });
const v6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
// Runs of zeros are what the short form of IPv6 is about.
const sparse = fc.array(fc.constantFrom(0n, 0n, 0n, 1n, 0xffffn, 0xabcn), {
  minLength: 8,
  maxLength: 8,
}).map((groups) => groups.reduce<bigint>((value, group) => (value << 16n) | group, 0n));

test("formatIp and parseIp are each other's inverse", () => {
  fc.assert(fc.property(v4, (value) => {
    const text = formatIp({ family: 4, value });
    assertEquals([isIP(text), parseIp(text)], [4, { family: 4, value }]);
  }));
  fc.assert(fc.property(fc.oneof(v6, sparse), (value) => {
    const text = formatIp({ family: 6, value });
    assertEquals([isIP(text), parseIp(text)], [6, { family: 6, value }], text);
    // What URLs make of it is the canonical form too, but for an IPv4 part.
    if (!text.includes(".")) assertEquals(new URL(`http://[${text}]/`).hostname, `[${text}]`);
  }));
});

test("parseIp takes what node:net takes for an address, but for zones", () => {
  const piece = fc.constantFrom("0", "1", "01", "255", "256", "ffff", "1.2.3.4", "", "g", "10000");
  const text = fc.oneof(
    fc.array(piece, { minLength: 1, maxLength: 10 }).map((parts) => parts.join(":")),
    fc.array(piece, { minLength: 3, maxLength: 5 }).map((parts) => parts.join(".")),
    fc.tuple(fc.array(piece, { maxLength: 7 }), fc.array(piece, { maxLength: 7 }))
      .map(([a, b]) => `${a.join(":")}::${b.join(":")}`),
  );
  fc.assert(
    fc.property(text, (text) => {
      assertEquals(parseIp(text)?.family ?? 0, isIP(text), text);
    }),
    { numRuns: 2_000 },
  );
  assertEquals(parseIp("fe80::1%eth0"), null);
});

test("isInRange holds from the first to the last address of a range, and not one beyond", () => {
  const ranges = [
    ["10.0.0.0/8", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
    ["192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.6", "192.0.2.8"],
    ["172.16.0.0/12", "172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"],
    ["fd00::/8", "fd00::", "fdff:ffff::1", "fcff::1", "fe00::"],
    ["::1/128", "::1", "::1", "::", "::2"],
    ["::ffff:10.0.0.0/104", "10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"],
  ];
  for (const [text, first, last, before, after] of ranges) {
    const range = parseIpRange(text);
    const holds = [first, last, before, after].map((ip) => isInRange(parseIp(ip)!, range));
    assertEquals(holds, [true, true, false, false], text);
  }
  for (const all of ["0.0.0.0/0", "::/0"]) {
    const range = parseIpRange(all);
    assertEquals(isInRange(parseIp("1.2.3.4")!, range), all === "0.0.0.0/0");
    assertEquals(isInRange(parseIp("ffff::")!, range), all === "::/0");
  }
});

test("parseIpRange refuses what is no range, and says what was meant where bits are left over", () => {
  for (const text of ["", "10.0.0.0/33", "::/129", "10.0.0.0/", "10/8", "10.0.0.0/8/8", "a/8"]) {
    assertThrows(() => parseIpRange(text), RangeError, "expected an address or a range", text);
  }
  assertThrows(() => parseIpRange("10.0.0.1/8"), RangeError, "expected 10.0.0.0/8");
});

test("carriedIpv4 finds the IPv4 address in an IPv6 address", () => {
  const carriers = [
    "::ffff:1.2.3.4",
    "::1.2.3.4",
    "::ffff:0:1.2.3.4",
    "64:ff9b::1.2.3.4",
    "2002:102:304::1",
  ];
  for (const text of carriers) {
    const carried = carriedIpv4(parseIp(text)!);
    assert(carried !== null, text);
    assertEquals(formatIp(carried), "1.2.3.4", text);
  }
  for (const text of ["::", "::1", "2001:db8::1.2.3.4", "fe80::1.2.3.4", "1.2.3.4"]) {
    assertEquals(carriedIpv4(parseIp(text)!), null, text);
  }
});
