import fc from "fast-check";
import { assertEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { parseAge } from "../../../http/fields/age.ts";
import { formatCacheStatus } from "../../../http/fields/cache_status.ts";
import { formatHttpDate, parseHttpDate } from "../../../http/fields/date.ts";
import { isStrongEtag, parseEtagList, strongMatch, weakMatch } from "../../../http/fields/etag.ts";
import {
  formatContentRange,
  formatUnsatisfied,
  parseContentRange,
  parseRange,
} from "../../../http/fields/range.ts";
import { parseVary } from "../../../http/fields/vary.ts";
import { appendVia, timesPassed } from "../../../http/fields/via.ts";

const NOW = Date.UTC(2026, 5, 1);

test("parseHttpDate reads the three forms", () => {
  const sixthOfNovember = Date.UTC(1994, 10, 6, 8, 49, 37);
  const cases: [string, number][] = [
    ["Sun, 06 Nov 1994 08:49:37 GMT", sixthOfNovember],
    ["Sunday, 06-Nov-94 08:49:37 GMT", sixthOfNovember],
    ["Sun Nov  6 08:49:37 1994", sixthOfNovember],
    ["SUN, 06 NOV 1994 08:49:37 gmt", sixthOfNovember],
    ["Thursday, 18-Aug-50 02:01:18 GMT", Date.UTC(2050, 7, 18, 2, 1, 18)],
    ["Wednesday, 01-Jan-76 00:00:00 GMT", Date.UTC(2076, 0, 1)],
    ["Saturday, 01-Jan-77 00:00:00 GMT", Date.UTC(1977, 0, 1)],
    ["Sat Aug 18 02:01:18 2050", Date.UTC(2050, 7, 18, 2, 1, 18)],
    ["Tue, 19 Jan 2038 14:14:08 GMT", Date.UTC(2038, 0, 19, 14, 14, 8)],
    ["Sun, 21 Nov 2286 04:46:39 GMT", Date.UTC(2286, 10, 21, 4, 46, 39)],
    ["Thu, 29 Feb 2024 00:00:00 GMT", Date.UTC(2024, 1, 29)],
    ["Sat, 31 Dec 2016 23:59:60 GMT", Date.UTC(2017, 0, 1)],
  ];
  for (const [value, time] of cases) assertEquals(parseHttpDate(value, NOW), time, value);
});

test("parseHttpDate reads nothing else", () => {
  const values = [
    "",
    "0",
    "-1",
    "foo",
    "2026-06-01T00:00:00Z",
    "Thu, 18 Aug 2050 02:01:18 UTC",
    "Thu, 18 Aug 2050 02:01:18 AEST",
    "Thu, 18 Aug 2050 02:01:18 +0000",
    "Thu, 18 Aug 2050 02:01:18",
    "Thu, 18 Aug 50 02:01:18 GMT",
    "Thu 18 Aug 2050 02:01:18 GMT",
    "Thu, 18  Aug  2050 02:01:18 GMT",
    "Thu, 18-Aug-2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02.01.18 GMT",
    "Thu, 18 Aug 2050 2:01:18 GMT",
    "Thu, 8 Aug 2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 24:01:18 GMT",
    "Thu, 18 Aug 2050 02:60:18 GMT",
    "Thu, 30 Feb 2050 02:01:18 GMT",
    "Thu, 00 Feb 2050 02:01:18 GMT",
    "Thu, 18 Foo 2050 02:01:18 GMT",
    "18 Aug 2050 02:01:18 GMT",
    " Thu, 18 Aug 2050 02:01:18 GMT",
    "Thu, 18 Aug 2050 02:01:18 GMT, Thu, 18 Aug 2050 02:01:18 GMT",
  ];
  for (const value of values) assertEquals(parseHttpDate(value, NOW), null, value);
});

test("formatHttpDate writes what parseHttpDate reads, and what the platform writes", () => {
  fc.assert(fc.property(fc.integer({ min: 0, max: 253402300799 }), (second) => {
    const text = formatHttpDate(second * 1000 + 999);
    assertEquals(text, new Date(second * 1000).toUTCString());
    assertEquals(parseHttpDate(text, NOW), second * 1000);
  }));
  assertThrows(() => formatHttpDate(253402300800_000), RangeError);
  assertThrows(() => formatHttpDate(NaN), RangeError);
});

test("parseAge distrusts what is no single number, or follows the letter and ignores it", () => {
  const cases: [string[], number, number][] = [
    [[], 0, 0],
    [["0"], 0, 0],
    [["7200"], 7200, 7200],
    [["2147483649"], 2147483648, 2147483648],
    [["99999999999999"], 2147483648, 2147483648],
    [["abc"], Infinity, 0],
    [["-7200"], Infinity, 0],
    [["7200.0"], Infinity, 0],
    [[""], Infinity, 0],
    [["7200;foo=bar"], Infinity, 0],
    [["7200,0"], 7200, 7200],
    [["0,7200"], 0, 0],
    [["0, 0"], Infinity, 0],
    [["3600, 3600"], Infinity, 3600],
    [["0", "7200"], Infinity, 0],
    [["7200", "0"], Infinity, 7200],
  ];
  for (const [values, distrusted, ignored] of cases) {
    assertEquals(parseAge(values, "distrust"), distrusted, String(values));
    assertEquals(parseAge(values, "ignore"), ignored, String(values));
  }
});

test("parseVary gives sorted lower-case names, or null wherever a star is", () => {
  assertEquals(parseVary([]), []);
  assertEquals(parseVary(["Foo, bar", "", "BAZ ,foo"]), ["bar", "baz", "foo"]);
  for (const values of [["*"], ["*, *"], ["*", "*"], [", *"], ["", "*"], ["*, Foo"], ["Foo, *"]]) {
    assertEquals(parseVary(values), null, String(values));
  }
});

test("parseEtagList keeps commas inside tags, and takes tags as they are", () => {
  const cases: [string, string[]][] = [
    ['"a"', ['"a"']],
    ['"a", W/"b" ,"c"', ['"a"', 'W/"b"', '"c"']],
    ['"a,b"', ['"a,b"']],
    ['"a\\", "b"', ['"a\\"', '"b"']],
    ["*", ["*"]],
    ["abc", ["abc"]],
    ['abc , "d"', ["abc", '"d"']],
    ['w/"a"', ['w/"a"']],
    [', "a",,', ['"a"']],
    ["", []],
    ['"\xfc"', ['"\xfc"']],
  ];
  for (const [value, tags] of cases) assertEquals(parseEtagList(value), tags, value);
});

test("parseEtagList ends with any text", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('"', ",", "W", "/", " ", "a", "\\", "*") }),
      (value) => {
        for (const tag of parseEtagList(value)) assertEquals(value.includes(tag), true);
      },
    ),
  );
});

test("weakMatch and strongMatch follow the table of RFC 9110 §8.8.3.2", () => {
  const cases: [string, string, boolean, boolean][] = [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
    ["1", "1", false, true],
  ];
  for (const [a, b, strong, weak] of cases) {
    assertEquals([strongMatch(a, b), weakMatch(a, b)], [strong, weak], `${a} ${b}`);
  }
  assertEquals(['"a"', '"\xfc"', 'W/"a"', "a", '"a"b"', '"a b"'].map(isStrongEtag), [
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
});

test("parseRange reads byte ranges, and nothing that is not valid", () => {
  assertEquals(parseRange("bytes=0-1"), [{ first: 0, last: 1 }]);
  assertEquals(parseRange("Bytes=5-"), [{ first: 5, last: null }]);
  assertEquals(parseRange("bytes=-5"), [{ suffix: 5 }]);
  assertEquals(parseRange("bytes= 0-0 ,, 2-3"), [{ first: 0, last: 0 }, { first: 2, last: 3 }]);
  const faults = [
    "",
    "bytes",
    "bytes=",
    "bytes=,",
    "bytes=-",
    "bytes=1",
    "bytes=2-1",
    "bytes=a-b",
    "bytes=0 - 1",
    "bytes=--1",
    "bytes=0-1-2",
    "lines=0-1",
    "bytes=0-1, x",
    "bytes=99999999999999999-",
    "bytes 0-1",
  ];
  for (const value of faults) assertEquals(parseRange(value), null, value);
});

test("parseContentRange reads what formatContentRange writes, and nothing that contradicts itself", () => {
  for (const range of [{ first: 0, last: 4, total: 10 }, { first: 3, last: 3, total: null }]) {
    assertEquals(parseContentRange(formatContentRange(range)), range);
  }
  assertEquals(formatUnsatisfied(10), "bytes */10");
  for (
    const value of [
      null,
      "",
      "bytes */10",
      "bytes 5-4/10",
      "bytes 5-10/10",
      "bytes 0-4",
      "items 0-4/10",
      "bytes 0-4/x",
      "ANQCNQ",
    ]
  ) {
    assertEquals(parseContentRange(value), null, String(value));
  }
});

test("formatCacheStatus writes one member in the order of RFC 9211", () => {
  assertEquals(formatCacheStatus("Halfway", { hit: true, ttlSeconds: 3.9 }), "Halfway; hit; ttl=3");
  assertEquals(
    formatCacheStatus("Halfway", {
      forward: "stale",
      forwardStatus: 304,
      ttlSeconds: -2,
      stored: true,
      collapsed: true,
    }),
    "Halfway; fwd=stale; fwd-status=304; ttl=-2; stored; collapsed",
  );
  assertEquals(
    formatCacheStatus("H", { forward: "bypass", detail: 'a"b\\\n' }),
    'H; fwd=bypass; detail="a\\"b\\\\?"',
  );
});

test("appendVia adds this proxy, and timesPassed counts it", () => {
  const via = appendVia(appendVia(null, 1, "other"), 0, "halfway");
  assertEquals(via, "1.1 other, 1.0 halfway");
  assertEquals(timesPassed(via, "Halfway"), 1);
  assertEquals(timesPassed("1.1 halfway, 1.0 other, 1.1 halfway (again)", "halfway"), 2);
  assertEquals(timesPassed("1.1 other (halfway)", "halfway"), 0);
  assertEquals(timesPassed(null, "halfway"), 0);
});
