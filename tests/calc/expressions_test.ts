import { assert, assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcEncoder } from "../../calc/encoder.ts";
import { CalcError } from "../../calc/errors.ts";
import { evaluate, Evaluation } from "../../calc/evaluate.ts";
import {
  binary,
  BinaryExpr,
  call,
  Constant,
  type Expression,
  MAX_DEPTH,
  NamedConstant,
  unary,
} from "../../calc/expression.ts";
import { Fraction } from "../../calc/fraction.ts";
import { HEADER_LENGTH } from "../../calc/header.ts";
import { stringify } from "../../calc/notation.ts";
import { ADD, MUL, NAMED_FUNCTIONS, NEG, POW, SUB } from "../../calc/operators.ts";
import { parse } from "../../calc/parse.ts";
import { readExpression } from "../../calc/pickle_reader.ts";
import { PickleWriter } from "../../calc/pickle_writer.ts";
import { numberText } from "../../calc/python_repr.ts";
import { fromHex, rows, toHex } from "./fixtures.ts";

const WRITER = new PickleWriter();

function pickleOf(expression: Expression): string {
  return toHex(WRITER.buffer.subarray(0, WRITER.writeExpression(expression, 0)));
}

/** The data of the answer to an expression: what it comes to and how, or the exception. */
function answerTo(expression: Expression, steps = true): string {
  const options = { unixTime: 0 };
  const encoder = new CalcEncoder();
  try {
    return toHex(encoder.result(evaluate(expression, { steps }), options).subarray(HEADER_LENGTH));
  } catch (error) {
    if (!(error instanceof CalcError)) throw error;
    return toHex(encoder.error(error.exception, error.status, options).subarray(HEADER_LENGTH));
  }
}

function failure(run: () => void): CalcError {
  return assertThrows(run, CalcError);
}

test("parse, pickle and answer are Python's for expressions of all kinds", async () => {
  for (const [text, request, answer] of await rows<string[]>("expressions")) {
    assertEquals(pickleOf(parse(text)), request, text);
    assertEquals(answerTo(parse(text)), answer, text);
    const bytes = fromHex(request);
    assertEquals(pickleOf(readExpression(bytes, 0, bytes.length)), request, text);
  }
});

test("readExpression reads protocols 0 to 5 as the same expression", async () => {
  const expected = new Map<string, string>();
  for (const [text, protocol, pickle] of await rows<[string, number, string]>("protocols")) {
    const bytes = fromHex(pickle);
    const again = pickleOf(readExpression(bytes, 0, bytes.length));
    expected.set(text, expected.get(text) ?? pickleOf(parse(text)));
    assertEquals(again, expected.get(text), `${text} in protocol ${protocol}`);
  }
});

test("rand is drawn from the state that travelled, the same each time", async () => {
  for (const [protocol, pickle, answer] of await rows<[number, string, string]>("random")) {
    const bytes = fromHex(pickle);
    const expression = readExpression(bytes, 0, bytes.length);
    assertEquals(answerTo(expression), answer);
    assertEquals(answerTo(expression), answer);
    if (protocol === 4) assertEquals(pickleOf(expression), pickle);
  }
});

test("steps beyond one packet are an error that names the length they would have had", async () => {
  for (const [text, length] of await rows<[string | [number, number], number]>("oversize")) {
    const expression = typeof text === "string"
      ? parse(text)
      : binary(ADD, ...Array.from({ length: text[1] }, () => BigInt("9".repeat(text[0]))));
    let error: CalcError | undefined;
    try {
      new CalcEncoder().result(evaluate(expression), { unixTime: 0 });
    } catch (thrown) {
      error = thrown as CalcError;
    }
    if (length <= 65535) {
      assertEquals(error, undefined);
      continue;
    }
    assertEquals(
      [error?.message, error?.status],
      [`Invalid total length: ${length} (must be between 12 and 65536 bytes inclusive)`, 500],
    );
  }
});

test("steps of a shared tree are not built before they are refused", () => {
  // 10 241 nodes of 4 000 digits each: 40 MB a step, 5 120 steps.
  let node: Expression = new Constant(BigInt("9".repeat(4000)));
  for (let i = 0; i < 12; i++) node = new BinaryExpr(node, ADD, node);
  const error = failure(() => evaluate(node));
  assertEquals(error.status, 500);
  assert(Number(/\d+/.exec(error.message)![0]) > 1e10);
});

test("Evaluation shows a named constant by name until it is used", () => {
  assertEquals(evaluate(parse("E * 2")).steps[0], "2.718281828459045 * 2");
  assertEquals(evaluate(parse("1 * 2 + E")).steps, [
    "(1 * 2) + E",
    "2 + 2.718281828459045",
    "4.718281828459045",
  ]);
});

test("steps keep every bracket that the original's clean-up would damage", () => {
  assertEquals(evaluate(parse("-(1+2) * -(3+4)")).steps, [
    "-(1 + 2) * -(3 + 4)",
    "-(3) * -(3 + 4)",
    "-3 * -(3 + 4)",
    "-3 * -(7)",
    "-3 * -7",
    "21",
  ]);
  assertEquals(
    evaluate(parse("max(-(1+2),-(3+4),-(5+6))")).steps[0],
    "max(-(1 + 2), -(3 + 4), -(5 + 6))",
  );
  assertEquals(stringify(parse("-(1 + 2) - 3")), "-(1 + 2) - 3");
});

test("a Fraction is pickled as Python 3.11 does", () => {
  // pickle.dumps((Fraction(8, 3), ['8/3']))
  assertEquals(
    answerTo(new Constant(new Fraction(8n, 3n)), false),
    "80049526000000000000008c096672616374696f6e73948c084672616374696f6e9493944b084b03869452945d948694" +
      "2e",
  );
});

test("binary folds to the left, but powers to the right", () => {
  assertEquals(stringify(binary(SUB, 1n, 2n, 3n)), "(1 - 2) - 3");
  assertEquals(stringify(binary(POW, 2n, 3n, 2n)), "2 ** (3 ** 2)");
  assertThrows(() => binary(ADD, 1n), RangeError);
});

test("every kind of number is a constant", () => {
  const max = NAMED_FUNCTIONS.get("max")!;
  assertEquals(evaluate(call(max, true, 0.5)).steps, ["max(True, 0.5)", "True"]);
  assertEquals(evaluate(binary(MUL, new Fraction(4n, 3n), 2n)).steps, ["4/3 * 2", "8/3"]);
  assertEquals(evaluate(unary(NEG, -0)).steps, ["-(-0.0)", "0.0"]);
});

test("Evaluation stops when its budget is spent, and counts only its own slices", () => {
  let now = 0;
  const products = Array.from({ length: 2000 }, () => binary(MUL, 2n, 3n));
  const heavy = call(NAMED_FUNCTIONS.get("max")!, ...products);
  const evaluation = new Evaluation(heavy, {
    steps: false,
    budgetMs: 50,
    now: () => now += 10,
  });
  assertEquals(evaluation.run(10), false);
  now += 1_000_000;
  const error = failure(() => {
    while (!evaluation.run(10));
  });
  assertEquals(error.exception.name, "TimeoutError");
  assertEquals(error.status, 400);
});

test("Evaluation in slices comes to the same result as at once", () => {
  const expression = parse("max(" + Array.from({ length: 400 }, (_, i) => `${i}*2`).join() + ")");
  const at = new Evaluation(expression, { steps: false, now: () => 0 });
  let slices = 1;
  let now = 0;
  const sliced = new Evaluation(expression, { steps: false, budgetMs: 1e9, now: () => now++ });
  while (!sliced.run(1)) slices++;
  assert(at.run() && slices > 1);
  assertEquals(sliced.result(), at.result());
  assertEquals(at.result().value, 798n);
});

test("an expression beyond the limits is refused before it is walked", () => {
  let deep: Expression = new Constant(1n);
  for (let i = 0; i < 100_000; i++) deep = new BinaryExpr(deep, ADD, deep);
  failure(() => evaluate(deep));
  failure(() => stringify(deep));
  failure(() => new CalcEncoder().request(deep, { unixTime: 0 }));
  let allowed: Expression = new Constant(1n);
  for (let i = 1; i < MAX_DEPTH; i++) allowed = unary(NEG, allowed);
  assertEquals(evaluate(allowed, { steps: false }).value, -1n);
  assertEquals(failure(() => evaluate(unary(NEG, allowed))).message.includes("1000"), true);
});

test("a long constant in many places is written out once, and the answer refused in time", () => {
  let now = 0;
  const long = new Constant(BigInt("9".repeat(4000)));
  const max = call(NAMED_FUNCTIONS.get("max")!, ...Array.from({ length: 19_000 }, () => long));
  const evaluation = new Evaluation(max, { budgetMs: 1e9, now: () => now++ });
  let slices = 0;
  const error = failure(() => {
    while (!evaluation.run(1)) slices++;
  });
  assertEquals(error.message.startsWith("Invalid total length: 7"), true);
  assert(slices > 2);
});

test("nan is a number like any other", () => {
  const infinity = new Constant(Infinity);
  assertEquals(answerTo(new Constant(NaN)), "8004950e00000000000000477ff80000000000005d9486942e");
  assertEquals(numberText(evaluate(binary(SUB, infinity, infinity)).value), "nan");
});

test("a shared node is written once, and read back as one", () => {
  const shared = parse("3 * 4");
  const pickle = fromHex(pickleOf(binary(ADD, shared, shared)));
  const read = readExpression(pickle, 0, pickle.length) as BinaryExpr;
  assert(read.operands[0] === read.operands[1]);
  assertEquals(evaluate(read).steps, ["(3 * 4) + (3 * 4)", "12 + (3 * 4)", "12 + 12", "24"]);
});

test("CalcEncoder.request names the length of an expression that does not fit", () => {
  const many = binary(ADD, ...Array.from({ length: 900 }, () => 10n ** 120n));
  const error = failure(() => new CalcEncoder().request(many, { unixTime: 0 }));
  assertEquals([error.status, error.message.startsWith("Invalid total length: ")], [500, true]);
});

test("a named constant of the user's own is shown by its name", () => {
  const answer = new NamedConstant("ANSWER", 42n);
  assertEquals(stringify(binary(ADD, 1n, answer)), "1 + ANSWER");
});
