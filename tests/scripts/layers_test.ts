import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { assertEquals } from "../asserts.ts";
import { test } from "../harness.ts";
import { breachText, checkLayers } from "../../scripts/lib/layers.ts";

const EXPORTS = { "deno.json": '{ "exports": { ".": "./mod.ts" } }' };

/** Checks a folder that holds these files, and gives what breaks a rule. */
async function check(files: Readonly<Record<string, string>>): Promise<string[]> {
  const root = await mkdtemp(join(tmpdir(), "halfway-layers-"));
  try {
    for (const [path, text] of Object.entries({ ...EXPORTS, ...files })) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), text);
    }
    return (await checkLayers(root)).map(breachText);
  } finally {
    await rm(root, { recursive: true });
  }
}

test("checkLayers passes what keeps every rule", async () => {
  const found = await check({
    "mod.ts":
      '// Why.\nexport { a } from "./table/a.ts";\nexport type * from "./net/runtime.ts";\n',
    "server.ts": 'import { a } from "./table/a.ts";\nimport "./cli/b.ts";\n',
    "cli/halfway.ts": 'await import("../server.ts");\n',
    "cli/b.ts": 'import "../net/runtime.ts";\nimport process from "node:process";\n',
    "table/a.ts": 'import "../net/runtime.ts";\nexport * from "./c.ts";\nimport "@std/jsonc";\n',
    "table/c.ts":
      "// Deno.listen is named in a comment, and { Deno } in a text.\nexport const c = 'Deno';\n",
    "net/runtime.ts": 'export { listen } from "./runtime_deno.ts";\n',
    "net/runtime_deno.ts": "export const listen = Deno.listen;\n",
    "net/runtime_node.ts": 'import "node:net";\n',
    "http/server/node_files.ts": 'import "node:fs/promises";\n',
    "cli/files.ts": 'import "node:fs/promises";\n',
    "tests/harness.ts": 'import "../net/runtime.ts";\nDeno.test;\n',
    "scripts/x.ts": 'Deno.listen;\nimport "../table/a.ts";\n',
    "npm/made.ts": "Deno;\n",
    "cli/long.ts": `/** Long, because it is one table. */\n${"//\n".repeat(500)}`,
    "cli/full.ts": "//\n".repeat(400),
  });
  assertEquals(found, []);
});

test("checkLayers names file, line, rule and what it found", async () => {
  const cases: readonly [file: string, text: string, expected: string][] = [
    ["net/a.ts", '\nimport "../cli/b.ts";', "2: An import goes downwards only: found ../cli/b.ts"],
    [
      "table/a.ts",
      'import type { B } from "../server.ts";',
      "1: An import goes downwards only: found ../server.ts",
    ],
    [
      "net/a.ts",
      'type A = import("../http/b.ts").B;',
      "1: An import goes downwards only: found ../http/b.ts",
    ],
    [
      "http/policy/a.ts",
      'await import("../../calc/b.ts");',
      "1: table/, calc/ and http/ never import each other: found ../../calc/b.ts",
    ],
    [
      "cache/a.ts",
      'export * from "../net/b.ts";',
      "1: net/, cache/ and observe/ never import each other: found ../net/b.ts",
    ],
    [
      "admin/a.ts",
      'import "../cli/b.ts";',
      "1: admin/ and cli/ never import each other: found ../cli/b.ts",
    ],
    [
      "table/a.ts",
      'import "../tests/b.ts";',
      "1: What runs imports nothing of tests/: found ../tests/b.ts",
    ],
    [
      "cli/a.ts",
      'import "../else/b.ts";',
      "1: Every folder has its place in the rows of scripts/lib/layers.ts: found ../else/b.ts",
    ],
    [
      "cli/a.ts",
      'import "../../b.ts";',
      "1: Nothing outside the project is imported: found ../../b.ts",
    ],
    [
      "table/a.ts",
      'import "node:net";',
      "1: node:net is imported in net/runtime_node.ts only: found node:net",
    ],
    [
      "http/a.ts",
      'import "node:fs/promises";',
      "1: Below the programs node:fs is imported in http/server/node_files.ts, http/store/disk_folder.ts, http/store/open_files.ts only: found node:fs/promises",
    ],
    [
      "cache/a.ts",
      'import "node:fs";',
      "1: Below the programs node:fs is imported in http/server/node_files.ts, http/store/disk_folder.ts, http/store/open_files.ts only: found node:fs",
    ],
    [
      "net/serve.ts",
      "\n\nDeno.listen({ port: 0 });",
      "3: Deno is named in net/runtime_deno.ts and tests/harness.ts only: found Deno",
    ],
    [
      "tests/a_test.ts",
      "globalThis.Deno;",
      "1: Deno is named in net/runtime_deno.ts and tests/harness.ts only: found Deno",
    ],
    [
      "table/a.ts",
      'export { b } from "../net/b.ts";',
      "1: What another folder exports is re-exported by a mod.ts only: found ../net/b.ts",
    ],
    [
      "mod.ts",
      "export const a = 1;",
      "1: A mod.ts re-exports, and does nothing else: found export const a = 1;",
    ],
    [
      "cli/a.ts",
      `// Why.\n${"//\n".repeat(400)}`,
      '401: A file has at most 400 lines, or its first comment says "Long, because …": found 401 lines',
    ],
  ];
  for (const [file, text, expected] of cases) {
    assertEquals(await check({ [file]: text }), [`${file}:${expected}`]);
  }
  assertEquals(
    await check({ "deno.json": '{ "exports": { ".": "./mod.ts", "./a": "./a.ts" } }' }),
    [
      'deno.json:1: All that is public goes through mod.ts: found {".":"./mod.ts","./a":"./a.ts"}',
    ],
  );
});
