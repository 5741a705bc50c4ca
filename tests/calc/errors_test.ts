import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { builtinException, proxyException, PyException, tooLongError } from "../../calc/errors.ts";
import { Fraction } from "../../calc/fraction.ts";
import { stringRepr } from "../../calc/python_repr.ts";

test("PyException.toString is Python's str", () => {
  assertEquals(builtinException("ValueError").toString(), "");
  assertEquals(builtinException("ValueError", "it's").toString(), "it's");
  assertEquals(builtinException("ValueError", 1.0).toString(), "1.0");
  assertEquals(builtinException("KeyError", "x").toString(), "'x'");
  assertEquals(
    builtinException("OverflowError", 34n, "Numerical result out of range").toString(),
    "(34, 'Numerical result out of range')",
  );
  assertEquals(
    builtinException("TimeoutError", 110n, "Connection timed out").toString(),
    "[Errno 110] Connection timed out",
  );
  assertEquals(
    proxyException(builtinException("TimeoutError", 110n, "Connection timed out")).toString(),
    "('Internal proxy error', TimeoutError(110, 'Connection timed out'))",
  );
  assertEquals(
    builtinException("ValueError", null, true, new Fraction(1n, 2n)).toString(),
    "(None, True, Fraction(1, 2))",
  );
});

test("stringRepr quotes and escapes as Python does", () => {
  const expected: [string, string][] = [
    ["plain", "'plain'"],
    ["it's", '"it\'s"'],
    [`it's "so"`, `'it\\'s "so"'`],
    ["a\nb\t\\", "'a\\nb\\t\\\\'"],
    ["\x00\x7f\xa0é😀", "'\\x00\\x7f\\xa0é😀'"],
    ["\u2028\ufeff", "'\\u2028\\ufeff'"],
  ];
  for (const [text, repr] of expected) assertEquals(stringRepr(text), repr);
});

test("tooLongError has the original's words, also for the length its check lets pass", () => {
  assertEquals(
    tooLongError(471201).message,
    "Invalid total length: 471201 (must be between 12 and 65536 bytes inclusive)",
  );
  assertEquals(
    tooLongError(65536).exception,
    new PyException("struct", "error", ["'H' format requires 0 <= number <= 65535"]),
  );
});
