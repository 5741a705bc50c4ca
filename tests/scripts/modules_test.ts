import { assertEquals, assertThrows } from "../asserts.ts";
import { test } from "../harness.ts";
import {
  linesNaming,
  listReferences,
  parseModule,
  renameReferences,
} from "../../scripts/lib/modules.ts";
import { nodeModuleOf, relativeName } from "../../scripts/lib/node_names.ts";
import { parseNpmSpecifier } from "../../scripts/lib/project.ts";

const MODULE = `// import "./comment.ts";
import a, { b } from "./a.ts";
import type { C } from "./c.ts";
// @ts-types="../types/std.d.ts"
import { d } from "@std/d";
export * from "./e.ts";
export { f };
const text = 'import "./text.ts"';
type G = import("./g.ts").G;
const h = await import("./h.ts");
const i = new URL("./i.ts", import.meta.url);
const j = import.meta.resolve("./j.ts");
const k = new URL("./k.ts", "http://k/");
`;

test("listReferences finds what a module names, and not what comments and texts hold", () => {
  const found = listReferences(parseModule("m.ts", MODULE));
  assertEquals(found.map(({ kind, specifier, line }) => `${line} ${kind} ${specifier}`), [
    "2 import ./a.ts",
    "3 import ./c.ts",
    "5 import @std/d",
    "6 export ./e.ts",
    "9 dynamic ./g.ts",
    "10 dynamic ./h.ts",
    "11 url ./i.ts",
    "12 url ./j.ts",
  ]);
  assertEquals(found.filter(({ types }) => types !== undefined).map(({ types }) => types), [
    "../types/std.d.ts",
  ]);
});

test("renameReferences changes the names alone", () => {
  const renamed = renameReferences(
    "m.ts",
    MODULE,
    ({ specifier }) => specifier === "./h.ts" || specifier === "@std/d" ? "other" : null,
  );
  assertEquals(renamed, MODULE.replace("./h.ts", "other").replace("@std/d", "other"));
});

test("linesNaming tells a global from a member and a word", () => {
  const text = "// Deno\nDeno.exit;\nconst x = { Deno: 'Deno' };\nx.Deno;\nglobalThis.Deno;\n";
  assertEquals(linesNaming(parseModule("m.ts", text), "Deno"), [2, 5]);
});

test("nodeModuleOf puts the Node form of a module in its place", () => {
  assertEquals(nodeModuleOf("net/runtime.ts", "./runtime_deno.js"), "net/runtime_node.ts");
  assertEquals(nodeModuleOf("tests/net/a_test.ts", "../harness.ts"), "tests/harness_node.ts");
  assertEquals(nodeModuleOf("net/serve.ts", "../observe/observer.ts"), "observe/observer.ts");
});

test("relativeName leads from one built module to another", () => {
  assertEquals(relativeName("net/a.ts", "net/b.ts"), "./b.js");
  assertEquals(
    relativeName(".cache/node/tests/a.ts", "npm/esm/net/b.ts"),
    "../../../npm/esm/net/b.js",
  );
});

test("parseNpmSpecifier takes exact versions only", () => {
  assertEquals(parseNpmSpecifier("npm:@a/b@1.2.3/c/d.js"), {
    name: "@a/b",
    version: "1.2.3",
    specifier: "@a/b/c/d.js",
  });
  for (const wrong of ["npm:a@^1.2.3", "npm:a", "jsr:@a/b@1.2.3", "https://a/b.ts"]) {
    assertThrows(() => parseNpmSpecifier(wrong), TypeError, wrong);
  }
});
