import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../../asserts.ts";
import { test } from "../../../harness.ts";
import { AccessRules } from "../../../../http/proxy/access/access_rules.ts";
import { parseAccessRule } from "../../../../http/proxy/access/rule.ts";
import { parseHost } from "../../../../net/host.ts";
import { parseIp } from "../../../../net/ip_address.ts";

interface Rules {
  allow?: string[];
  deny?: string[];
  beyondLoopback?: boolean;
}

/** The verdict on a host, on `address` where it is a name; `true` if it may be reached. */
function judge({ allow = [], deny = [], beyondLoopback = true }: Rules, target: string, ip = "") {
  const rules = new AccessRules({ allow, deny, beyondLoopback });
  const [, host, port] = /^(.*):(\d+)$/.exec(target)!;
  const bare = host.replace(/^\[|\]$/g, "");
  const refusal = rules.judgeTarget(bare, Number(port)) ??
    (ip === "" ? null : rules.judgeAddress(parseHost(bare), Number(port), parseIp(ip)!));
  return refusal ?? true;
}

test("parseAccessRule reads hosts of every kind, with and without ports", () => {
  const rules: [text: string, target: string, other: string][] = [
    ["example.com", "example.com:1", "www.example.com:1"],
    ["Example.com.", "EXAMPLE.com:80", "example.org:80"],
    ["*.example.com", "a.b.example.com:80", "example.com:80"],
    ["*.example.com", "a.example.com.:80", "badexample.com:80"],
    ["*:8080", "any.example:8080", "any.example:80"],
    ["example.com:8080", "example.com:8080", "example.com:80"],
    ["192.0.2.1", "192.0.2.1:80", "192.0.2.2:80"],
    ["192.0.2.0/24:80-90", "192.0.2.9:90", "192.0.2.9:91"],
    ["0x8.8.8.8", "8.8.8.8:80", "8.8.4.4:80"],
    ["2001:db8::1", "[2001:db8::1]:80", "[2001:db8::2]:80"],
    ["[2001:db8::1]:80", "[2001:db8::1]:80", "[2001:db8::1]:81"],
    ["2001:db8::/32", "[2001:db8:1::]:80", "[2001:db9::]:80"],
    ["2001:db8::/32:80", "[2001:db8:1::]:80", "[2001:db8:1::]:81"],
    ["[2001:db8::]/32:80", "[2001:db8:1::]:80", "[2001:db8:1::]:81"],
    ["[2001:db8::/32]:80", "[2001:db8:1::]:80", "[2001:db8:1::]:81"],
  ];
  for (const [rule, target, other] of rules) {
    assertEquals(judge({ allow: [rule] }, target), true, `${rule} ${target}`);
    assert(judge({ allow: [rule] }, other) !== true, `${rule} ${other}`);
    assert(judge({ deny: [rule] }, target) !== true, `${rule} ${target}`);
    assertEquals(judge({ deny: [rule] }, other), true, `${rule} ${other}`);
  }
});

test("parseAccessRule refuses what is no rule", () => {
  const bad = [
    "",
    ":80",
    "a:",
    "a:0",
    "a:65536",
    "a:90-80",
    "a:80-",
    "a:b",
    "a*",
    "*a.example",
    "*.*.example",
    "*.10.0.0.1",
    "10.0.0.1/8",
    "10.0.0.0/33",
    "300.1.1.1",
    "fe80::1%eth0",
    "[::1",
    "[example.com]:80",
    "http://example.com",
    "a b",
    "*/8",
  ];
  for (const text of bad) {
    assertThrows(() => parseAccessRule(text), RangeError, "expected a rule such as", text);
  }
});

test("AccessRules let a deny rule win over every allow rule", () => {
  const rules = { allow: ["a.example", "10.0.0.0/8"], deny: ["10.0.0.1", "b.example"] };
  assertEquals(judge(rules, "a.example:80", "10.0.0.2"), true);
  assertStringIncludes(`${judge(rules, "a.example:80", "10.0.0.1")}`, "a --deny-host rule");
  assertStringIncludes(`${judge(rules, "b.example:80", "10.0.0.2")}`, "--deny-host b.example");
});

test("AccessRules with allow rules want one to name the host or its address", () => {
  const rules = { allow: ["a.example", "192.0.2.0/24"] };
  assertEquals(judge(rules, "a.example:80", "8.8.8.8"), true);
  assertEquals(judge(rules, "b.example:80", "192.0.2.1"), true);
  assertStringIncludes(
    `${judge(rules, "b.example:80", "8.8.8.8")}`,
    "--allow-host b.example would allow it",
  );
  // With names alone no address is needed to refuse.
  assert(judge({ allow: ["a.example"] }, "b.example:80") !== true);
});

test("AccessRules refuse by default what is near, and all of this machine where others can ask", () => {
  const always = [
    "169.254.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "192.0.0.192",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "fe80::1",
    "febf::1",
    "fd00:ec2::254",
    "ff02::1",
  ];
  const beyond = [
    "127.0.0.1",
    "127.255.255.255",
    "0.0.0.0",
    "::",
    "::1",
    "10.1.2.3",
    "172.31.0.1",
    "192.168.0.1",
    "100.64.0.1",
    "fc00::1",
    "fec0::1",
    "198.19.0.1",
    "192.0.0.1",
    "64:ff9b:1::a00:1",
  ];
  const free = ["8.8.8.8", "172.32.0.1", "2001:db8::1", "192.0.1.1", "100.128.0.1"];
  const carriers = (ip: string) => {
    if (ip.includes(":")) return [];
    const [a, b, c, d] = ip.split(".").map(Number);
    const hex = `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
    return [`::ffff:${ip}`, `::${ip}`, `64:ff9b::${ip}`, `2002:${hex}::`];
  };
  for (const beyondLoopback of [true, false]) {
    for (
      const [ips, expected] of [[always, false], [beyond, !beyondLoopback], [free, true]] as const
    ) {
      for (const plain of ips) {
        for (const ip of [plain, ...carriers(plain)]) {
          const what = `${ip} ${beyondLoopback}`;
          const target = `${ip.includes(":") ? `[${ip}]` : ip}:80`;
          assertEquals(judge({ beyondLoopback }, target) === true, expected, what);
          assertEquals(judge({ beyondLoopback }, "a.example:80", ip) === true, expected, what);
        }
      }
    }
  }
});

test("AccessRules lift a default by the address or the very name, and by no wildcard", () => {
  const reach = (allow: string[], ip = "10.0.0.1", target = "a.b.example:80") =>
    judge({ allow }, target, ip) === true;
  assert(reach(["a.b.example"]));
  assert(reach(["10.0.0.0/8"]));
  assert(reach(["10.0.0.1:80"]));
  assert(reach(["10.0.0.1", "*"]));
  assert(reach(["127.0.0.1"], "::ffff:127.0.0.1"));
  assert(!reach(["*"]));
  assert(!reach(["*.b.example"]));
  assert(!reach(["*", "a.b.example:81"]));
  assert(!reach(["*", "10.0.0.2"]));
  // Whoever allows all of IPv6 has not thought of what some of it carries.
  assert(!reach(["::/0"], "::ffff:127.0.0.1"));
});

test("AccessRules tell of no address that was not asked for", () => {
  const refusals = [
    judge({}, "inner.example:80", "10.11.12.13"),
    judge({ deny: ["10.11.12.0/24"] }, "inner.example:80", "10.11.12.13"),
    judge({ allow: ["10.11.13.0/24"] }, "inner.example:80", "10.11.12.13"),
  ];
  for (const refusal of refusals) {
    assertStringIncludes(`${refusal}`, "inner.example:80");
    assert(!`${refusal}`.includes("10.1"), `${refusal}`);
  }
  assertStringIncludes(`${refusals[0]}`, "a private address");
  assertStringIncludes(`${refusals[0]}`, "--allow-host inner.example allows it");
});

test("AccessRules remember verdicts without end to targets", () => {
  const rules = new AccessRules({ allow: [], deny: ["a.example"], beyondLoopback: true });
  for (let round = 0; round < 2; round++) {
    for (let i = 0; i < 1_500; i++) {
      assertEquals(rules.judgeTarget(`${i}.b.example`, 80), null);
    }
    assert(rules.judgeTarget("a.example", 80) !== null);
  }
});
