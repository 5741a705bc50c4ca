import fc from "fast-check";
import { assert, assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcError, PickleError } from "../../calc/errors.ts";
import {
  BinaryExpr,
  call,
  Constant,
  type Expression,
  NAMED_CONSTANTS,
  unary,
} from "../../calc/expression.ts";
import { Fraction } from "../../calc/fraction.ts";
import { BINARY_OPERATORS, NAMED_FUNCTIONS, UNARY_OPERATORS } from "../../calc/operators.ts";
import { parse } from "../../calc/parse.ts";
import { type Answer, readAnswer, readExpression } from "../../calc/pickle_reader.ts";
import { PickleWriter } from "../../calc/pickle_writer.ts";
import { fromHex, rows, toHex } from "./fixtures.ts";

function pickleOf(expression: Expression): Uint8Array {
  const writer = new PickleWriter();
  return writer.buffer.slice(0, writer.writeExpression(expression, 0));
}

function read(pickle: Uint8Array | string): Expression {
  const bytes = typeof pickle === "string" ? latin1(pickle) : pickle;
  return readExpression(bytes, 0, bytes.length);
}

function answer(pickle: string): Answer {
  const bytes = latin1(pickle);
  return readAnswer(bytes, 0, bytes.length);
}

function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

function failure(run: () => unknown): PickleError {
  return assertThrows(run, PickleError);
}

/** Opcodes for an expression of shared nodes: each level adds the one below to itself. */
function doubling(levels: number): string {
  const operator = "ccalculator\nBinaryOperator\n)\x81}(Vsymbol\nV+\nVfunction\nc_operator\nadd\n" +
    "Vassociativity\nccalculator\nAssociativity\n(I0\ntRubp900\n0".slice(0, -1);
  let pickle = `\x80\x02${operator}ccalculator\nConstant\n)\x81}Vvalue\nI1\nsbp0\n`;
  for (let i = 0; i < levels; i++) {
    pickle += "ccalculator\nBinaryExpr\n)\x81}(Voperator\ng900\nVleft_operand\ng" + i +
      "\nVright_operand\ng" + i + `\nubp${i + 1}\n`;
  }
  return pickle + ".";
}

const tree: fc.Arbitrary<Expression> = fc.letrec<{ node: Expression }>((tie) => ({
  node: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.oneof(
      fc.bigInt({ min: -(1n << 90n), max: 1n << 90n }),
      fc.integer().map(BigInt),
      fc.double(),
      fc.boolean(),
      fc.tuple(fc.bigInt(), fc.bigInt({ min: 1n })).map(([n, d]) => new Fraction(n, d)),
    ).map((value) => new Constant(value)),
    fc.constantFrom(...NAMED_CONSTANTS.values()),
    fc.tuple(tie("node"), fc.constantFrom(...BINARY_OPERATORS.values()), tie("node"))
      .map(([left, operator, right]) => new BinaryExpr(left, operator, right)),
    fc.tuple(fc.constantFrom(...UNARY_OPERATORS.values()), tie("node"))
      .map(([operator, operand]) => unary(operator, operand)),
    fc.tuple(fc.constantFrom(...NAMED_FUNCTIONS.values()), fc.array(tie("node")))
      .map(([fn, args]) => call(fn, ...args)),
  ),
})).node;

test("readExpression gives back the tree that was written", () => {
  fc.assert(fc.property(tree, (expression) => {
    assertEquals(read(pickleOf(expression)), expression);
  }));
});

test("readExpression throws nothing but its own errors, whatever the bytes", () => {
  const attempt = (bytes: Uint8Array): void => {
    try {
      read(bytes);
    } catch (error) {
      if (!(error instanceof CalcError)) throw error;
    }
    try {
      readAnswer(bytes, 0, bytes.length);
    } catch (error) {
      if (!(error instanceof CalcError)) throw error;
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), attempt));
  const opcodes = latin1(
    "().FGIJKLMNRVX]abcdeghjlpqrstu}\x80\x81\x85\x86\x87\x88\x89\x8a\x8b\x8c\x8d\x93\x94\x95\n01",
  );
  const letters = fc.array(fc.constantFrom(...opcodes), { maxLength: 200 });
  fc.assert(fc.property(letters, (bytes) => attempt(Uint8Array.from(bytes))));
  fc.assert(fc.property(
    tree,
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
    fc.nat(),
    (expression, changes, length) => {
      const bytes = pickleOf(expression);
      for (const [at, value] of changes) bytes[at % bytes.length] = value;
      attempt(bytes.subarray(0, length % 3 === 0 ? length % (bytes.length + 1) : bytes.length));
    },
  ));
});

test("readExpression refuses every truncation of a real pickle", async () => {
  for (const [, , pickle] of (await rows<[string, number, string]>("protocols")).slice(0, 18)) {
    const bytes = fromHex(pickle);
    for (let length = 0; length < bytes.length; length++) {
      failure(() => read(bytes.subarray(0, length)));
    }
    read(bytes);
  }
});

test("readExpression names a global that is not on the list, and runs nothing", () => {
  for (const [module, name] of [["os", "system"], ["builtins", "eval"], ["math", "factorial"]]) {
    const error = failure(() => read(`c${module}\n${name}\n(Vecho\ntR.`));
    assertEquals(error.fault, "global");
    assertEquals(
      error.message,
      `Received data names ${module}.${name}, which no expression holds`,
    );
    assertEquals(error.status, 400);
  }
  failure(() => read("c__proto__\nconstructor\n."));
  failure(() => read("cbuiltins\n__proto__\n."));
});

test("readExpression refuses calls that are not on the list, of what is on it", () => {
  for (
    const pickle of [
      "cmath\nsin\n(I1\ntR.",
      "cbuiltins\ngetattr\n(cmath\nsin\nV__self__\ntR.",
      "cbuiltins\ngetattr\n(ccalculator\nAssociativity\nV__class__\ntR.",
      "ccalculator\nAssociativity\n(I7\ntR.",
      "crandom\nRandom\n(I1\ntR.",
      "cfractions\nFraction\n(I1\nI0\ntR.",
      "ccopy_reg\n_reconstructor\n(cos\nsystem\nc__builtin__\nobject\nNtR.",
      "ccopy_reg\n_reconstructor\n(cmath\nsin\nc__builtin__\nobject\nNtR.",
      "cmath\nsin\n)\x81.",
    ]
  ) failure(() => read(pickle));
});

test("readExpression tells no pickle from a pickle of something else, in the original's words", () => {
  assertEquals(failure(() => read("hello")).message, "Received data could not be deserialized");
  assertEquals(failure(() => read("")).message, "Received data is not an Expression2");
  assertEquals(failure(() => read("I7\n.")).message, "Received data is not an Expression2");
});

test("readExpression refuses a tree that shares its nodes into an exponential size", () => {
  assertEquals(read(doubling(13)).size, 2 ** 14 - 1);
  const error = failure(() => read(doubling(600)));
  assertEquals([error.fault, error.message], [
    "limit",
    "Expected an expression of at most 20000 nodes",
  ]);
});

test("readExpression refuses nesting beyond 1 000, and survives what is deeper still", () => {
  const nested = (depth: number): Uint8Array => {
    let node: Expression = new Constant(1n);
    for (let i = 1; i < depth; i++) node = unary(UNARY_OPERATORS.get("-")!, node);
    const writer = new PickleWriter();
    return writer.buffer.slice(0, writer.writeExpression(node, 0));
  };
  assertEquals(read(nested(1000)).depth, 1000);
  assertEquals(failure(() => read(nested(1001))).fault, "limit");
  failure(() => read("(".repeat(60_000)));
  failure(() => read("(".repeat(30_000) + "t".repeat(30_000) + "."));
  failure(() => read("]".repeat(30_000) + "a".repeat(29_999) + "."));
});

test("readExpression refuses an object within itself", () => {
  const inItself =
    "ccalculator\nUnaryExpr\n)\x81p0\n}(Voperator\nccalculator\nUnaryOperator\n)\x81" +
    "}(Vsymbol\nV-\nVfunction\nc_operator\nneg\nubVoperand\ng0\nub.";
  assertEquals(failure(() => read(inItself)).fault, "type");
  const listInItself =
    "ccalculator\nFunctionCallExpr\n)\x81}(Vfunction\nccalculator\nFunction\n)\x81" +
    "}(Vname\nVmax\nVfunction\ncbuiltins\nmax\nubVargs\n]p0\ng0\naub.";
  failure(() => read(listInItself));
});

test("readExpression refuses a second state, which would change what was counted", () => {
  const twice = "ccalculator\nConstant\n)\x81}Vvalue\nI1\nsb}Vvalue\nI2\nsb.";
  assertEquals(failure(() => read(twice)).fault, "type");
});

test("readExpression refuses integers of more than 4 300 digits in every form", () => {
  const constant = (value: string): string => `ccalculator\nConstant\n)\x81}Vvalue\n${value}sb.`;
  const nines = "9".repeat(4300);
  assertEquals((read(constant(`L${nines}L\n`)) as Constant).value, BigInt(nines));
  assertThrows(
    () => read(constant(`L1${nines.replaceAll("9", "0")}L\n`)),
    CalcError,
    "4300 digits",
  );
  assertThrows(() => read(constant(`I${"1".repeat(60_000)}\n`)), CalcError, "4300 digits");
  const long = "\x8b\x00\xf0\x00\x00" + "\x7f".repeat(0xf000);
  assertThrows(() => read(constant(long)), CalcError, "4300 digits");
  const almost = "\x8b\xfa\x06\x00\x00" + "\xff".repeat(1785) + "\x7f";
  assertThrows(() => read(constant(almost)), CalcError, "4300 digits");
});

test("readExpression refuses more than 64 KiB, and a memo beyond its limit", () => {
  assertEquals(failure(() => read(new Uint8Array(65_537))).fault, "limit");
  assertEquals(failure(() => read("Np65536\n.")).fault, "limit");
  failure(() => read("Nr\xff\xff\xff\xff."));
});

test("readExpression says in Python's words that a constant is no number", () => {
  const constant = (value: string): string => `ccalculator\nConstant\n)\x81}Vvalue\n${value}sb.`;
  const complex = "cbuiltins\ncomplex\n(F1.0\nF2.0\ntR";
  const text = "Unknown expression type <class 'complex'> cannot be converted to Expression";
  assertThrows(() => read(constant(complex)), CalcError, text);
  assertThrows(() => read(constant("Vx\n")), CalcError, "<class 'str'>");
});

test("readAnswer reads results and exceptions, and nothing else", () => {
  assertEquals(answer("(I6\n]Va\naVb\nat."), { kind: "result", value: 6n, steps: ["a", "b"] });
  const error = answer("cexceptions\nOverflowError\n(I34\nVNumerical result out of range\ntR.");
  assert(error.kind === "error");
  assertEquals(error.exception.toString(), "(34, 'Numerical result out of range')");
  const message = "Received data is not a valid result";
  assertThrows(() => answer("(cbuiltins\ncomplex\n(F1.0\nF2.0\ntR]t."), CalcError, message);
  assertThrows(() => answer("I6\n."), CalcError, message);
});

test("readAnswer refuses texts that sharing makes huge", () => {
  const step = "x".repeat(30_000);
  failure(() => answer(`(I6\n]V${step}\np0\na${"g0\na".repeat(5000)}t.`));
  let nested = `cbuiltins\nValueError\n(V${"x".repeat(1000)}\ntRp0\n`;
  for (let i = 0; i < 60; i++) nested += `cbuiltins\nValueError\n(g${i}\ng${i}\ntRp${i + 1}\n`;
  assertEquals(failure(() => answer(nested + ".")).fault, "limit");
});

test("a pickle of pickles reads as it was written, twice", () => {
  const bytes = pickleOf(parse("1 + 2"));
  const twice = Uint8Array.from([...bytes, ...bytes]);
  assertEquals(toHex(pickleOf(read(twice))), toHex(bytes));
});
