import fc from "fast-check";
import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import type { OptionSpec } from "../../cli/spec.ts";
import { formatValue, parseBytes, parseDuration, parseValue, quote } from "../../cli/values.ts";

test("parseDuration reads milliseconds, seconds, minutes and hours, and nothing without a unit", () => {
  const good = [["0", 0], ["500ms", 500], ["10s", 10_000], ["1.5s", 1500], ["5m", 300_000], [
    "2h",
    7_200_000,
  ]] as const;
  for (const [text, ms] of good) assertEquals(parseDuration(text), ms, text);
  for (const text of ["", "10", "s", "-1s", "1 s", "1d", "1e3s", "1.s", "99999999999999999h"]) {
    assertThrows(() => parseDuration(text), RangeError, "expected a time such as", text);
  }
});

test("parseBytes reads binary and decimal units, and whole bytes without one", () => {
  const good = [["0", 0], ["512", 512], ["512B", 512], ["64KiB", 65_536], ["1.5MiB", 1_572_864], [
    "10MB",
    10_000_000,
  ], ["1GiB", 1_073_741_824]] as const;
  for (const [text, bytes] of good) assertEquals(parseBytes(text), bytes, text);
  for (const text of ["", "1.5", "-1", "64K", "64 KiB", "KiB", "64kib", "9999999999999999GiB"]) {
    assertThrows(() => parseBytes(text), RangeError, "expected a size such as", text);
  }
});

test("parseValue says what was expected and what was found", () => {
  const base = { name: "x", help: "" } as const;
  const cases: [OptionSpec, string, string][] = [
    [{ ...base, type: "integer", min: 0, max: 9 }, "10", "expected 0 to 9, found 10"],
    [{ ...base, type: "integer", min: 1 }, "0", "expected at least 1, found 0"],
    [{ ...base, type: "integer" }, "1.5", 'expected an integer, found "1.5"'],
    [{ ...base, type: "integer" }, "9007199254740993", "expected an integer"],
    [{ ...base, type: "integer" }, "", 'expected an integer, found ""'],
    [{ ...base, type: "number", max: 1 }, "1.5", "expected at most 1, found 1.5"],
    [{ ...base, type: "duration", min: "1ms", max: "1m" }, "2m", "expected 1ms to 1m, found 2m"],
    [{ ...base, type: "bytes", min: "16" }, "15", "expected at least 16, found 15"],
    [{ ...base, type: "boolean" }, "maybe", 'expected true or false, found "maybe"'],
    [
      { ...base, type: "choice", choices: ["lru", "fifo"] },
      "fifi",
      'expected lru or fifo, found "fifi"; did you mean fifo?',
    ],
    [{ ...base, type: "file" }, "", "expected a value, found nothing"],
  ];
  for (const [option, text, message] of cases) {
    assertThrows(() => parseValue(option, text), RangeError, message);
  }
});

test("formatValue writes what parseValue reads back", () => {
  const base = { name: "x", help: "" } as const;
  const duration: OptionSpec = { ...base, type: "duration" };
  const bytes: OptionSpec = { ...base, type: "bytes" };
  fc.assert(fc.property(fc.nat(), (value) => {
    assertEquals(parseValue(duration, formatValue(duration, value)), value);
    assertEquals(parseValue(bytes, formatValue(bytes, value)), value);
  }));
  const address: OptionSpec = { ...base, type: "address" };
  for (const text of ["127.0.0.1:1", "[::1]:6002"]) {
    assertEquals(formatValue(address, parseValue(address, text)), text);
  }
});

test("quote lets no control character through and cuts", () => {
  assertEquals(quote("a\x1b[2J\x9b\n"), '"a\\u001b[2J\\u009b\\n"');
  assertEquals(quote("x".repeat(100)).length, 63);
});
