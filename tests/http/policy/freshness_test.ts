import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { at, START, store } from "./support.ts";
import { type FieldLine, FieldList } from "../../../http/message/field_reader.ts";
import { ageSecondsAt, initialAgeMs } from "../../../http/policy/age.ts";
import { effectiveDirectives } from "../../../http/policy/directives.ts";
import { lifetimeOf } from "../../../http/policy/freshness.ts";
import { DEFAULT_POLICY, type PolicyOptions } from "../../../http/policy/options.ts";

function lifetime(
  lines: FieldLine[],
  status = 200,
  policy: PolicyOptions = DEFAULT_POLICY,
): number {
  const fields = new FieldList(lines);
  return lifetimeOf(status, fields, effectiveDirectives(fields, policy), START, policy).seconds;
}

test("lifetimeOf prefers s-maxage to max-age to Expires (RFC 9111 §4.2.1)", () => {
  const cc = (value: string): FieldLine => ["Cache-Control", value];
  const expires: FieldLine = ["Expires", at(100)];
  const cases: [FieldLine[], number][] = [
    [[cc("max-age=60")], 60],
    [[cc("max-age=60, s-maxage=1")], 1],
    [[cc("s-maxage=1"), cc("max-age=60")], 1],
    [[cc("max-age=0, s-maxage=60"), ["Expires", at(-10)]], 60],
    [[cc("max-age=60"), ["Expires", at(-10)]], 60],
    [[cc("max-age=60"), ["Expires", "0"]], 60],
    [[cc("max-age=0"), expires], 0],
    [[cc("max-age=-60"), expires], 0],
    [[cc("max-age=x"), expires], 0],
    [[cc("s-maxage=x, max-age=60")], 0],
    [[cc("max-age=99999999999")], 2147483648],
    [[expires], 100],
    [[expires, ["Date", at(30)]], 70],
    [[expires, ["Date", at(-30)]], 130],
    [[expires, ["Date", at(100)]], 0],
    [[expires, ["Date", at(200)]], 0],
    [[expires, ["Date", "foo"]], 100],
    [[["Expires", at(0)], ["Date", at(0)]], 0],
    [[["Expires", "0"]], 0],
    [[["Expires", "-1"]], 0],
    [[["Expires", ""]], 0],
    [[["Expires", "Thu, 18 Aug 2050 02:01:18 UTC"]], 0],
    [[expires, ["Expires", at(200)]], 0],
    [[expires, expires], 100],
    [[], 0],
  ];
  for (const [lines, seconds] of cases) {
    assertEquals(lifetime(lines), seconds, JSON.stringify(lines));
  }
});

test("lifetimeOf goes by heuristic only where status or public allows it (RFC 9111 §4.2.2)", () => {
  const old: FieldLine[] = [["Last-Modified", at(-1000)], ["Date", at(0)]];
  for (const status of [200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]) {
    assertEquals(lifetime(old, status), 100, String(status));
  }
  for (const status of [201, 202, 302, 303, 307, 400, 403, 500, 502, 503, 504, 599]) {
    assertEquals(lifetime(old, status), 0, String(status));
    assertEquals(lifetime([...old, ["Cache-Control", "public"]], status), 100, String(status));
  }
  assertEquals(lifetime([["Last-Modified", at(1000)], ["Date", at(0)]]), 0);
  assertEquals(lifetime([["Last-Modified", "foo"]]), 0);
  assertEquals(lifetime([["Last-Modified", at(-1000)], ["Expires", "0"]]), 0);
  const policy = { ...DEFAULT_POLICY, heuristicFraction: 0.5, maxHeuristicSeconds: 300 };
  assertEquals(lifetime(old, 200, policy), 300);
  assertEquals(lifetime(old, 200, { ...policy, heuristicFraction: 0 }), 0);
});

test("lifetimeOf goes by a targeted field in place of Cache-Control and Expires (RFC 9213)", () => {
  const policy = { ...DEFAULT_POLICY, targeted: true };
  const cdn = (value: string): FieldLine => ["CDN-Cache-Control", value];
  const cc: FieldLine = ["Cache-Control", "max-age=10"];
  const cases: [FieldLine[], number][] = [
    [[cdn("max-age=60"), cc], 60],
    [[cdn("max-age=60"), ["Expires", "0"]], 60],
    [[cdn("max-age=0"), cc, ["Expires", at(100)]], 0],
    [[cdn("foobar, max-age=60"), cc], 60],
    [[cdn("foobar"), ["Expires", at(100)]], 0],
    [[cdn('max-age="60"'), cc], 10],
    [[cdn(""), cc], 10],
  ];
  for (const [lines, seconds] of cases) {
    assertEquals(lifetime(lines, 200, policy), seconds, JSON.stringify(lines));
  }
  assertEquals(lifetime([cdn("max-age=60"), cc]), 10);
});

test("initialAgeMs is the largest of what Date, Age and the delay say (RFC 9111 §4.2.3)", () => {
  const age = (lines: FieldLine[], requestMs = START, policy = DEFAULT_POLICY) =>
    initialAgeMs(new FieldList(lines), { requestTimeMs: requestMs, responseTimeMs: START }, policy);
  assertEquals(age([]), 0);
  assertEquals(age([["Date", at(-7200)]]), 7200_000);
  assertEquals(age([["Date", at(50)]]), 0);
  assertEquals(age([["Age", "30"]]), 30_000);
  assertEquals(age([["Age", "30"], ["Date", at(-10)]], START - 5000), 35_000);
  assertEquals(age([["Age", "30"], ["Date", at(-100)]], START - 5000), 100_000);
  assertEquals(age([], START - 5000), 5000);
  assertEquals(age([["Age", "x"]]), Infinity);
  assertEquals(age([["Age", "x"]], START, { ...DEFAULT_POLICY, invalidAge: "ignore" }), 0);
});

test("initialAgeMs takes the part of a second that Date leaves out for no age", () => {
  const times = { requestTimeMs: START + 990, responseTimeMs: START + 999 };
  assertEquals(initialAgeMs(new FieldList([["Date", at(0)]]), times, DEFAULT_POLICY), 9);
});

test("a response whose Age can't be believed is stale from the start, but has an age", () => {
  const stored = store([["Cache-Control", "max-age=60"], ["Age", "0, 0"]]);
  assertEquals([stored.staleAtMs, stored.freshUntilMs], [START, START]);
  assertEquals(ageSecondsAt(stored, START + 1000), 61);
});

test("ageSecondsAt counts on from the initial age", () => {
  const stored = store([["Cache-Control", "max-age=600"], ["Age", "30"]]);
  assertEquals(ageSecondsAt(stored, START), 30);
  assertEquals(ageSecondsAt(stored, START + 2999), 32);
  assertEquals(ageSecondsAt(stored, START + 3000), 33);
  assertEquals(ageSecondsAt(stored, START - 60_000), 0);
  assertEquals(ageSecondsAt(store([["Age", "99999999999"]]), START), 2147483648);
});
