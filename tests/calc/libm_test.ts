import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { cosRounded, logRounded, powRounded, sinRounded, tanRounded } from "../../calc/libm.ts";
import { rows } from "./fixtures.ts";

const ONE_ARGUMENT: Record<string, (x: number) => number> = {
  sin: sinRounded,
  cos: cosRounded,
  tan: tanRounded,
  log: logRounded,
};

test("libm gives the float nearest to the exact value, in every runtime", async () => {
  for (const [name, x, ...rest] of await rows<[string, number, number, number?]>("libm")) {
    const [expected, result] = name === "pow"
      ? [rest[1], powRounded(x, rest[0])]
      : [rest[0], ONE_ARGUMENT[name](x)];
    assertEquals(result, expected, `${name} ${x} ${rest[0]}`);
  }
});

test("powRounded is JavaScript's power where nothing is rounded", () => {
  const bases = [0, -0, 1, -1, 2, -2, 0.5, -0.5, 3, -3, Infinity, -Infinity, NaN];
  const exponents = [0, -0, 1, 2, 3, -Infinity, Infinity, NaN, 1e300, -1e300];
  for (const base of bases) {
    for (const exponent of exponents) {
      assertEquals(powRounded(base, exponent), base ** exponent, `${base} ** ${exponent}`);
    }
  }
  assertEquals(powRounded(2, -1074), 5e-324);
  assertEquals(powRounded(-8, 1 / 3), NaN);
});
