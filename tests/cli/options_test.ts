import { readFile } from "node:fs/promises";
import { assert, assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { COMMANDS } from "../../cli/options.ts";
import { type CommandSpec, envName, type OptionSpec, valueKey } from "../../cli/spec.ts";
import { formatValue, parseValue } from "../../cli/values.ts";
import { VERSION } from "../../cli/version.ts";

const ROWS: readonly CommandSpec[] = COMMANDS;

function duplicates(items: readonly string[]): string[] {
  return items.filter((item, i) => items.indexOf(item) !== i);
}

test("COMMANDS name each program and system, option, letter and variable once", () => {
  assertEquals(duplicates(ROWS.map((row) => `${row.program} ${row.system}`)), []);
  for (const { program, system, options } of ROWS) {
    const at = `${program} ${system}`;
    assertEquals(duplicates(options.map((option) => option.name)), [], at);
    assertEquals(duplicates(options.map(valueKey)), [], at);
    assertEquals(duplicates(options.flatMap((option) => option.short ?? [])), [], at);
    assertEquals(duplicates(options.flatMap((option) => envName(option) ?? [])), [], at);
  }
});

test("COMMANDS hold defaults that their own checks let pass, written in the shortest form", () => {
  for (const row of ROWS) {
    for (const option of row.options) {
      if (option.type === "boolean" || option.default === undefined) continue;
      const text = String(option.default);
      assertEquals(formatValue(option, parseValue(option, text)), text, option.name);
    }
  }
});

test("COMMANDS keep to the form of help lines", () => {
  for (const row of ROWS) {
    const texts = [row.summary, ...row.options.map((option) => option.help)];
    for (const text of texts) assert(/^[A-Z].*[^.]$/.test(text), text);
    for (const { name } of row.options) assert(/^[a-z]+(-[a-z]+)*$/.test(name), name);
  }
});

test("envName follows the rule unless the row says otherwise", () => {
  const option: OptionSpec = { name: "idle-timeout", type: "duration", help: "" };
  assertEquals(envName(option), "HALFWAY_IDLE_TIMEOUT");
  assertEquals(envName({ ...option, env: "OTHER" }), "OTHER");
  assertEquals(envName({ ...option, env: false }), null);
  assertEquals(valueKey(option), "idleTimeoutMs");
});

test("VERSION is that of deno.json", async () => {
  let text: string;
  try {
    text = await readFile(new URL("../../deno.json", import.meta.url), "utf8");
  } catch {
    // In the package built for Node there is a package.json instead.
    text = await readFile(new URL("../../package.json", import.meta.url), "utf8");
  }
  assertEquals(JSON.parse(text).version, VERSION);
});
