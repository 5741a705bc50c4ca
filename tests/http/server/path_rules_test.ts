import { assertEquals, assertThrows } from "../../asserts.ts";
import { test } from "../../harness.ts";
import { checkPathRules, matchPathRules } from "../../../http/server/path_rules.ts";

test("matchPathRules holds a pattern without a slash against the name, others against the path", () => {
  const cases: [glob: string, path: string, matches: boolean][] = [
    ["*.html", "index.html", true],
    ["*.html", "a/b/index.html", true],
    ["*.html", "index.htm", false],
    ["*.html", ".html", true],
    ["1.txt", "a/1.txt", true],
    ["/1.txt", "1.txt", true],
    ["/1.txt", "a/1.txt", false],
    ["/*.txt", "a/1.txt", false],
    ["a/*", "a/1.txt", true],
    ["a/*", "a/b/1.txt", false],
    ["a/*", "b/a/1.txt", false],
    ["a/**", "a/b/1.txt", true],
    ["**", "a/b/1.txt", true],
    ["**/x/*", "a/x/1", true],
    ["?.txt", "1.txt", true],
    ["?.txt", "12.txt", false],
    ["a?b/c", "a/b/c", false],
    ["1.txt", "1xtxt", false],
    ["*", "", true],
    ["*a*a*a*b", "a".repeat(2000), false],
  ];
  for (const [glob, path, matches] of cases) {
    assertEquals(matchPathRules([[glob, "v"]], path), matches ? "v" : null, `${glob} ${path}`);
  }
});

test("matchPathRules lets the first match count", () => {
  const rules = [["1.txt", "no-store"], ["*.txt", ""], ["**", "must-revalidate"]] as const;
  assertEquals(matchPathRules(rules, "1.txt"), "no-store");
  assertEquals(matchPathRules(rules, "2.txt"), "");
  assertEquals(matchPathRules(rules, "2.html"), "must-revalidate");
});

test("checkPathRules refuses what could not be sent or matched", () => {
  checkPathRules([["*", 'a, b="c"'], ["x", ""]]);
  for (
    const rule of [["", "a"], ["/", "a"], ["*", "a\r\nB: c"], ["*", "a\0"], ["*", "→"]] as const
  ) {
    assertThrows(() => checkPathRules([rule]), RangeError);
  }
});
