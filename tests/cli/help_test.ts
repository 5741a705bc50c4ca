import { assert, assertEquals, assertStringIncludes } from "../asserts.ts";
import { test } from "../harness.ts";
import { ERROR_MEANINGS } from "../../net/errors.ts";
import { EXIT_CODES, helpPage, overviewPage } from "../../cli/help.ts";
import { COMMANDS } from "../../cli/options.ts";
import { type CommandSpec, envName } from "../../cli/spec.ts";
import { columns, createStyle, pad, textWidth, wrap } from "../../cli/text.ts";

const ROWS: readonly CommandSpec[] = COMMANDS;

test("helpPage names every option with its variable, default and example, within the width", () => {
  for (const row of ROWS) {
    for (const width of [60, 80, 100]) {
      const page = helpPage(row, { width });
      const flowing = page.replace(/\s+/g, " ");
      for (const option of row.options) {
        assertStringIncludes(page, option.name);
        assertStringIncludes(flowing, option.help);
        assertStringIncludes(flowing, envName(option) ?? "");
        if (option.type !== "boolean" && option.default !== undefined) {
          assertStringIncludes(flowing, `default ${option.default}`);
        }
      }
      for (const { command } of row.examples) assertStringIncludes(page, `halfway ${command}`);
      // An example is one line, to be copied whole.
      const wide = page.split("\n").filter((line) => !line.startsWith("  halfway "))
        .filter((line) => textWidth(line) > width);
      assertEquals(wide, []);
    }
  }
});

test("helpPage has colours only when asked, and the same text with them", () => {
  const plain = helpPage(ROWS[0]);
  const coloured = helpPage(ROWS[0], { color: true });
  assert(!plain.includes("\x1b") && coloured.includes("\x1b[1m"));
  // deno-lint-ignore no-control-regex -- it takes the colours out
  assertEquals(coloured.replace(/\x1b\[\d+m/g, ""), plain);
});

test("EXIT_CODES explain every exit code of the error table", () => {
  const codes = EXIT_CODES.map(([code]) => code);
  for (const { exitCode } of Object.values(ERROR_MEANINGS)) assert(codes.includes(exitCode));
});

test("overviewPage names every program", () => {
  for (const { program, system } of ROWS) {
    const word = system === "table" ? `[${system}]` : system;
    assertStringIncludes(overviewPage(), `  ${program} ${word}`);
  }
});

test("textWidth counts cells, not code units", () => {
  const cases: [string, number][] = [
    ["", 0],
    ["abc", 3],
    ["é", 1],
    ["e\u0301", 1],
    ["日本", 4],
    ["ﾊ", 1],
    ["👩‍👩‍👧", 2],
    ["→ x", 3],
    ["\x1b[31mred\x1b[39m", 3],
  ];
  for (const [text, width] of cases) assertEquals(textWidth(text), width, JSON.stringify(text));
});

test("columns puts cells under each other by their width in cells", () => {
  assertEquals(columns([["a", "1"], ["日本", "22"], ["c"]], { align: ["left", "right"] }), [
    "a      1",
    "日本  22",
    "c",
  ]);
  assertEquals([pad("日", 4), pad("日", 4, "right"), pad("long", 2)], ["日  ", "  日", "long"]);
});

test("wrap breaks at blanks and leaves a long word alone", () => {
  assertEquals(wrap("one two three", 7), ["one two", "three"]);
  assertEquals(wrap("a verylongword b", 5), ["a", "verylongword", "b"]);
  assertEquals(wrap("", 5), [""]);
});

test("createStyle colours or leaves alone", () => {
  assertEquals(createStyle(true).red("x"), "\x1b[31mx\x1b[39m");
  assertEquals(createStyle(false).red("x"), "x");
});
