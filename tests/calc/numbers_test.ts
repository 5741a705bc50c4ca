import fc from "fast-check";
import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import { CalcError } from "../../calc/errors.ts";
import { Fraction } from "../../calc/fraction.ts";
import { FUNCTIONS } from "../../calc/functions.ts";
import { bitLength, intDivide } from "../../calc/integer.ts";
import { isLess, type PyNumber } from "../../calc/numbers.ts";
import { floatRepr } from "../../calc/python_repr.ts";
import { fromHex, fromText, rows, toText } from "./fixtures.ts";

function find(name: string): (args: readonly PyNumber[]) => PyNumber {
  if (name === "lt") return ([a, b]) => isLess(a, b);
  for (const module of name === "pow" ? ["builtins"] : ["_operator", "math", "builtins"]) {
    const fn = FUNCTIONS.get(module)!.get(name);
    if (fn) return fn.call;
  }
  throw new Error(`No function ${name}`);
}

/** What a call comes to, as the fixtures write it. */
function outcome(name: string, args: readonly string[]): string {
  try {
    return toText(find(name)(args.map(fromText)));
  } catch (error) {
    if (!(error instanceof CalcError)) throw error;
    const { name, args } = error.exception;
    if (String(args[0]).startsWith("Exceeds the limit")) return "!digits";
    return `!${name}:${error.message}`;
  }
}

test("operators give Python's numbers and errors", async () => {
  for (const [name, left, right, expected] of await rows<string[]>("operators")) {
    assertEquals(outcome(name, [left, right]), expected, `${name} ${left} ${right}`);
  }
});

test("functions give Python's numbers and errors for any number of arguments", async () => {
  for (const [name, args, expected] of await rows<[string, string[], string]>("functions")) {
    assertEquals(outcome(name, args), expected, `${name} ${args}`);
  }
});

test("floatRepr writes Python's digits", async () => {
  for (const [bits, expected] of await rows<[string, string]>("float_repr")) {
    const value = new DataView(fromHex(bits).buffer).getFloat64(0);
    assertEquals(floatRepr(value), expected);
  }
});

test("floatRepr can be read back", () => {
  fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
    assertEquals(Object.is(Number(floatRepr(value)), value), true);
  }));
});

test("intDivide is the nearest float to the quotient", () => {
  const part = fc.bigInt({ min: 1n, max: 1n << 900n });
  fc.assert(fc.property(part, part, (left, right) => {
    const quotient = intDivide(left, right);
    if (quotient < 1e-290 || quotient > 1e290) return;
    // Twice the distance to the exact quotient is at most the gap to the next float.
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, quotient);
    view.setBigUint64(0, view.getBigUint64(0) + 1n);
    const next = view.getFloat64(0);
    const [exact, above] = [exactly(quotient), exactly(next)];
    const distance = distanceTo(new Fraction(left, right), exact);
    const gap = distanceTo(above, exact);
    assertEquals(isLess(new Fraction(gap.numerator, gap.denominator * 2n), distance), false);
  }));
});

function exactly(value: number): Fraction {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const mantissa = (bits & 0xfffffffffffffn) | 0x10000000000000n;
  const exponent = ((bits >> 52n) & 0x7ffn) - 1075n;
  return exponent >= 0n
    ? new Fraction(mantissa << exponent)
    : new Fraction(mantissa, 1n << -exponent);
}

function distanceTo(a: Fraction, b: Fraction): Fraction {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return new Fraction(difference < 0n ? -difference : difference, a.denominator * b.denominator);
}

test("bitLength counts as many bits as there are", () => {
  fc.assert(fc.property(fc.bigInt(), (value) => {
    const size = value < 0n ? -value : value;
    assertEquals(bitLength(value), size === 0n ? 0 : size.toString(2).length);
  }));
});

test("an integer of more than 4 300 digits is refused, by whatever operation it would come", () => {
  const most = `i:${"9".repeat(4300)}`;
  assertEquals(outcome("add", [most, "i:0"]), most);
  assertEquals(outcome("add", [most, "i:1"]), "!digits");
  assertEquals(outcome("sub", [`i:-${"9".repeat(4300)}`, "i:1"]), "!digits");
  assertEquals(outcome("mul", [most, most]), "!digits");
  assertEquals(outcome("pow", ["i:9", `i:${9n ** 9n}`]), "!digits");
  assertEquals(outcome("mul", [most, `q:1/${"7".repeat(4300)}`]).startsWith("q:"), true);
  assertEquals(outcome("add", [most, `q:1/${"7".repeat(4300)}`]), "!digits");
});

test("a power that would be complex is refused, as Python does when even that is too large", () => {
  const complex = "Unknown expression type <class 'complex'> cannot be converted to Expression";
  assertEquals(outcome("pow", ["f:-8.0", "f:0.5"]), `!TypeError:${complex}`);
  assertEquals(outcome("pow", ["f:-1e300", "f:2.5"]), "!OverflowError:complex exponentiation");
});

test("a power of three huge numbers is refused rather than computed", () => {
  const huge = `i:${"7".repeat(4300)}`;
  assertThrows(() => find("pow")([huge, huge, huge].map(fromText)), CalcError, "too long");
});
