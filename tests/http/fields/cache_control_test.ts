import { assertEquals } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { fields } from "../support.ts";
import {
  INVALID_SECONDS,
  parseDirectives,
  parseRequestDirectives,
  parseResponseDirectives,
  type RequestDirectives,
  type ResponseDirectives,
} from "../../../http/fields/cache_control.ts";
import { parseCdnCacheControl } from "../../../http/fields/cdn_cache_control.ts";
import { parseDeltaSeconds } from "../../../http/fields/delta_seconds.ts";
import { splitList, unquote } from "../../../http/fields/list.ts";
import { parseDictionary } from "../../../http/fields/structured.ts";

test("splitList splits outside quoted strings alone", () => {
  const cases: [string, string[]][] = [
    ["", []],
    [" , ,", []],
    ["a,\t b ,c", ["a", "b", "c"]],
    ['a="b,c", d', ['a="b,c"', "d"]],
    ['a="b\\",c", d', ['a="b\\",c"', "d"]],
    ['a="b, no-store', ['a="b', "no-store"]],
  ];
  for (const [value, members] of cases) assertEquals(splitList(value), members, value);
});

test("unquote takes exactly one quoted string", () => {
  assertEquals(['"a"', '"a\\"b"', '""'].map(unquote), ["a", 'a"b', ""]);
  assertEquals(["a", '"', '"a"b', '"a"b"', '"a\\"'].map(unquote), [null, null, null, null, null]);
});

test("parseDeltaSeconds takes digits, and holds large numbers down", () => {
  const cases: [string, number | null][] = [
    ["0", 0],
    ["003600", 3600],
    ["2147483647", 2147483647],
    ["2147483649", 2147483648],
    ["99999999999999999999999", 2147483648],
    ["-1", null],
    ["1.0", null],
    ["", null],
    ["1e3", null],
    ["'1'", null],
    ["１", null],
  ];
  for (const [text, seconds] of cases) assertEquals(parseDeltaSeconds(text), seconds, text);
});

test("parseResponseDirectives reads directives in any case, quoted or not", () => {
  const cases: [string, Partial<ResponseDirectives>][] = [
    ["max-age=60", { maxAge: 60 }],
    ["MaX-aGe=60", { maxAge: 60 }],
    ['max-age="60"', { maxAge: 60 }],
    ["foobar, max-age=60, x=y", { maxAge: 60 }],
    ["max-age=1, s-maxage=60", { maxAge: 1, sMaxage: 60 }],
    ["max-age=60, max-age=1", { maxAge: 60 }],
    ["max-age=1, max-age=60", { maxAge: 1 }],
    ["max-age=x, max-age=60", { maxAge: INVALID_SECONDS }],
    ['x="max-age=60", max-age=1', { maxAge: 1 }],
    ['max-age=1, x="max-age=60"', { maxAge: 1 }],
    ['x="no-store"', { noStore: false }],
    ['x="\\", no-store, \\"y"', { noStore: false }],
    ['x="y, no-store', { noStore: true }],
    ["max-age", { maxAge: INVALID_SECONDS }],
    ["max-age=", { maxAge: INVALID_SECONDS }],
    ["max-age =60", { maxAge: INVALID_SECONDS }],
    ["max-age= 60", { maxAge: INVALID_SECONDS }],
    ["max-age='60'", { maxAge: INVALID_SECONDS }],
    ["max-age=60.5", { maxAge: INVALID_SECONDS }],
    ["max-age=-60", { maxAge: INVALID_SECONDS }],
    ["xmax-age=60, max-agex=60", { maxAge: null }],
    ["No-StOrE, PUBLIC", { noStore: true, public: true }],
    ["no-store=1", { noStore: true }],
    ["no-cache", { noCache: true }],
    ['no-cache="a, B"', { noCache: false, noCacheFields: ["a", "b"] }],
    ["no-cache=a", { noCache: false, noCacheFields: ["a"] }],
    ['no-cache=""', { noCache: true }],
    ['no-cache=" , "', { noCache: true }],
    ['private=""', { private: true }],
    ['no-cache="a', { noCache: true }],
    ['no-cache="a", no-cache', { noCache: true, noCacheFields: ["a"] }],
    ['private="Set-Cookie"', { private: false, privateFields: ["set-cookie"] }],
    ["private", { private: true }],
    [
      "must-revalidate, proxy-revalidate, must-understand",
      { mustRevalidate: true, proxyRevalidate: true, mustUnderstand: true },
    ],
    [
      "stale-while-revalidate=5, stale-if-error=6",
      { staleWhileRevalidate: 5, staleIfError: 6 },
    ],
  ];
  for (const [value, expected] of cases) {
    const found = parseResponseDirectives(value);
    assertEquals({ ...found, ...expected }, found, value);
  }
  assertEquals(parseResponseDirectives(null).maxAge, null);
});

test("parseDirectives gives every directive with its argument", () => {
  assertEquals(parseDirectives('A=1, b="c,d", e'), [["a", "1"], ["b", "c,d"], ["e", null]]);
});

test("parseRequestDirectives reads Cache-Control, and Pragma only without it", () => {
  const cases: [string | null, string | null, Partial<RequestDirectives>][] = [
    ["max-age=0", null, { maxAge: 0 }],
    ["max-stale", null, { maxStale: Infinity }],
    ["max-stale=5", null, { maxStale: 5 }],
    ["max-stale=x", null, { maxStale: INVALID_SECONDS }],
    ["min-fresh=5, no-store, only-if-cached", null, {
      minFresh: 5,
      noStore: true,
      onlyIfCached: true,
    }],
    ["stale-if-error=9", null, { staleIfError: 9 }],
    ["no-cache", null, { noCache: true }],
    [null, "no-cache", { noCache: true }],
    [null, "x, No-Cache", { noCache: true }],
    [null, "foo", { noCache: false }],
    ["foo", "no-cache", { noCache: false }],
    [null, null, { noCache: false, maxAge: null }],
  ];
  for (const [cacheControl, pragma, expected] of cases) {
    const found = parseRequestDirectives(fields(
      ...(cacheControl === null ? [] : [["Cache-Control", cacheControl] as const]),
      ...(pragma === null ? [] : [["Pragma", pragma] as const]),
    ));
    assertEquals({ ...found, ...expected }, found, `${cacheControl} ${pragma}`);
  }
});

test("parseDictionary reads structured dictionaries, and stops at the first fault", () => {
  const read = (value: string) => {
    const members = parseDictionary(value);
    return members && Object.fromEntries([...members].map(([key, item]) => [key, item.value]));
  };
  assertEquals(read('a, b=?0;x;y=1, c=-5,\td="e\\"f", *g-1.h=tok/en:, i=1.5'), {
    a: true,
    b: false,
    c: -5,
    d: 'e"f',
    "*g-1.h": "tok/en:",
    i: 1.5,
  });
  assertEquals(read('a=(1 "b" c);d, e=:YWI=:, f=@1659578233, g=%"f%c3%bc"')?.a, "");
  assertEquals(read("a=1, b=2, a=3"), { b: 2, a: 3 });
  assertEquals(read("  "), {});
  const faults = [
    "a,",
    "A=1",
    "a =1",
    "a= 1",
    "a=",
    "a=&",
    "a b",
    "a;",
    'a="b',
    "a=1.",
    "a=1.2345",
    "a=1111111111111111",
    "a=(1",
    "a=(1,2)",
    "a=?2",
    "1=a",
    ",a",
    "a=1, &&&",
  ];
  for (const value of faults) assertEquals(read(value), null, value);
});

test("parseCdnCacheControl gives nothing where Cache-Control is to count", () => {
  assertEquals(parseCdnCacheControl("max-age=60, foobar")?.maxAge, 60);
  assertEquals(parseCdnCacheControl("max-age=99999999999")?.maxAge, 2147483648);
  assertEquals(parseCdnCacheControl("no-store")?.noStore, true);
  assertEquals(parseCdnCacheControl("private, no-cache")?.noCache, true);
  assertEquals(parseCdnCacheControl('no-cache="a, B"')?.noCacheFields, ["a", "b"]);
  assertEquals(parseCdnCacheControl('private=""')?.private, true);
  assertEquals(parseCdnCacheControl("must-revalidate=?0")?.mustRevalidate, false);
  for (
    const value of [
      null,
      "",
      "max-age=60, &&&",
      'max-age="60"',
      "max-age=-1",
      "MaX-aGe=60",
      "max-age=1.5",
      "max-age =60",
      "max-age= 60",
      "no-store=1",
    ]
  ) {
    assertEquals(parseCdnCacheControl(value), null, String(value));
  }
});
