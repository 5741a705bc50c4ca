import fc from "fast-check";
import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { parseHost } from "../../net/host.ts";
import { formatIp } from "../../net/ip_address.ts";

function addressOf(text: string): string | null {
  const { ip } = parseHost(text);
  return ip === null ? null : formatIp(ip);
}

test("parseHost reads every spelling of an IPv4 address as URLs read it", () => {
  const spelling = fc.tuple(fc.nat(255), fc.constantFrom("d", "o", "x"))
    .map(([value, base]) => spelled(value, base));
  const host = fc.oneof(
    fc.array(spelling, { minLength: 1, maxLength: 4 }).map((parts) => parts.join(".")),
    fc.tuple(fc.nat(0xffff_ffff), fc.constantFrom("d", "o", "x"))
      .map(([value, base]) => spelled(value, base)),
    fc.tuple(spelling, fc.nat(0xff_ffff)).map(([first, rest]) => `${first}.${rest}`),
  );
  fc.assert(fc.property(host, fc.constantFrom("", "."), (text, dot) => {
    assertEquals(addressOf(text + dot), new URL(`http://${text}/`).hostname, text);
  }));
});

function spelled(value: number, base: string): string {
  if (base === "x") return `0x${value.toString(16)}`;
  return base === "o" ? `0${value.toString(8)}` : String(value);
}

test("parseHost knows the ways to hide an address", () => {
  const hidden: [spelling: string, meant: string][] = [
    ["2130706433", "127.0.0.1"],
    ["0177.0.0.1", "127.0.0.1"],
    ["0x7f.1", "127.0.0.1"],
    ["127.1", "127.0.0.1"],
    ["0", "0.0.0.0"],
    ["0X7F000001", "127.0.0.1"],
    ["169.254.43518", "169.254.169.254"],
    ["[::FFFF:7f00:1]", "::ffff:127.0.0.1"],
    ["0:0::1", "::1"],
  ];
  for (const [text, meant] of hidden) assertEquals(addressOf(text), meant, text);
});

test("parseHost brings names to one form", () => {
  for (const text of ["Example.COM", "example.com."]) {
    assertEquals(parseHost(text), { ip: null, name: "example.com" });
  }
  for (const text of ["0xg", "1e3", "a1", "x-0.test", "_dmarc.a", "1.2.3.4.example"]) {
    assertEquals(parseHost(text), { ip: null, name: text });
  }
});

test("parseHost refuses numbers that are no address, zones, and what is no name", () => {
  const bad = [
    "256.1.1.1.1",
    "1.2.3.256",
    "4294967296",
    "08.1",
    "0x",
    "1.0x",
    "example.7",
    "1..2",
    "fe80::1%eth0",
    "[fe80::1%25eth0]",
    "[1.2.3.4]",
    "[::1",
    ":::",
    "",
    ".",
    "a..b",
    "a b",
    "ä.example",
    `${"a.".repeat(200)}a`,
    `${"0".repeat(300)}1`,
  ];
  for (const text of bad) assertThrows(() => parseHost(text), RangeError, "expected ", text);
});
