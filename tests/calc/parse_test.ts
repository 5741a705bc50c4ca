import fc from "fast-check";
import { assert, assertEquals, assertMatch, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { evaluate } from "../../calc/evaluate.ts";
import { type Constant, E, PI } from "../../calc/expression.ts";
import { stringify } from "../../calc/notation.ts";
import { numberText } from "../../calc/python_repr.ts";
import { ExpressionSyntaxError, parse } from "../../calc/parse.ts";

function value(text: string): string {
  return numberText(evaluate(parse(text)).value);
}

function failure(text: string): ExpressionSyntaxError {
  return assertThrows(() => parse(text), ExpressionSyntaxError);
}

test("parse has Python's precedence and associativity", () => {
  const expected: Record<string, string> = {
    "-2 ** 2": "-4",
    "2 ** 3 ** 2": "512",
    "2 ** -1": "0.5",
    "-2 ** -3 ** 2": "-0.001953125",
    "8 - 3 - 2": "3",
    "8 / 4 / 2": "1.0",
    "7 % 4 * 2": "6",
    "2 + 3 * 4 ** 2": "50",
    "- - + -3": "-3",
    "2*-3": "-6",
    "(2 + 3) * 4": "20",
    "-(1 + 2) ** 2": "-9",
    "pow(2, 3) ** 2": "64",
    "max(1, -2 ** 2, min(3, 4))": "3",
  };
  for (const [text, result] of Object.entries(expected)) assertEquals(value(text), result, text);
});

test("parse reads numbers as Python writes them", () => {
  const expected: Record<string, string> = {
    "1_000": "1000",
    ".5": "0.5",
    "5.": "5.0",
    "1e5": "100000.0",
    "1_0.2_5e-1_0": "1.025e-09",
    "1e400": "inf",
    "00": "0",
    "123456789012345678901234567890": "123456789012345678901234567890",
  };
  for (const [text, result] of Object.entries(expected)) {
    assertEquals(numberText((parse(text) as Constant).value), result, text);
  }
  assertEquals((parse("9".repeat(4300)) as Constant).value, 10n ** 4300n - 1n);
});

test("parse knows names in either case", () => {
  assert(parse("pi") === PI && parse("E") === E);
  assertEquals(value("MAX(1, 2) + Sqrt(16)"), "6.0");
});

test("parse gives rand a generator that travels, and the same one each time", () => {
  const state = (text: string): unknown => {
    const node = parse(text);
    assert(node.kind === "call" && node.operator.function.module === "random");
    return node.operator;
  };
  assert(state("rand(1, 10)") === state("rand(2, 3)"));
  const drawn = Number(value("rand(1, 10)"));
  assert(drawn >= 1 && drawn <= 10);
});

test("parse says where a text is wrong", () => {
  const places: Record<string, number> = {
    "": 0,
    "1 +": 3,
    "1 2": 2,
    "1 + * 2": 4,
    "(1 + 2": 0,
    "1 + 2)": 5,
    "max(1, 2": 3,
    "max 1": 4,
    "max(1,)": 6,
    "max(,1)": 4,
    "(1, 2)": 2,
    "foo(1)": 0,
    "2 @ 3": 2,
    "2 // 3": 3,
    "12ab": 2,
    "1__0": 1,
    "007": 0,
    "()": 1,
    "1 + 😀": 4,
    "pi(2)": 2,
    [`1 + ${"9".repeat(4301)}`]: 4,
  };
  for (const [text, place] of Object.entries(places)) {
    assertEquals(failure(text).position, place, text);
  }
});

test("ExpressionSyntaxError.render puts a caret under the place", () => {
  assertEquals(
    failure("1 + * 2").render(),
    '1 + * 2\n    ^\nExpected a number, a name, a sign or (, found "*"',
  );
  const [line, caret] = failure("1 + ".repeat(100) + "\t*" + " - 1".repeat(100)).render(40).split(
    "\n",
  );
  assert(line.length <= 40);
  assertEquals(line[caret.length - 1], "*");
});

test("parse survives any nesting, and says where it is too deep", () => {
  for (const opener of ["(", "-", "max(", "2 ** ", "2 ** -(", "1 + ("]) {
    const error = failure(opener.repeat(100_000) + "1");
    assertMatch(error.message, /^Expected (brackets|operators) nested at most 1000 deep$/);
  }
  failure("1" + " + 1".repeat(100_000));
  failure("1" + ")".repeat(100_000));
  assertEquals(value("(".repeat(1000) + "1" + ")".repeat(1000)), "1");
});

test("parse throws nothing but its own error, and what it gives can be read again", () => {
  const word = fc.constantFrom(
    ...["1", "2.5", "pi", "max", "sin", "(", ")", ",", "+", "-", "*", "**", "/", "%", " "],
  );
  fc.assert(fc.property(fc.array(word, { maxLength: 20 }), (words) => {
    try {
      const text = stringify(parse(words.join("")));
      if (!text.includes("--")) assertEquals(stringify(parse(text)), text);
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
    }
  }));
  fc.assert(fc.property(fc.string(), (text) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof ExpressionSyntaxError)) throw error;
    }
  }));
});
