/**
 * What a module is called under Node: `.js` for `.ts`, the npm package for a name of the import map, and the Node form
 * of the few modules that have one.
 *
 * @module
 */

import { posix } from "node:path";
import type { Reference } from "./modules.ts";
import type { NpmModule, Project } from "./project.ts";

/** The modules that differ between the runtimes, and what takes their place. */
const NODE_FORMS: ReadonlyMap<string, string> = new Map([
  ["net/runtime_deno.ts", "net/runtime_node.ts"],
  ["cli/fork_deno.ts", "cli/fork_node.ts"],
  ["tests/harness.ts", "tests/harness_node.ts"],
]);

/**
 * Says which of the project's modules a relative name stands for under Node.
 *
 * @param from The module that holds the name; paths are from the project's root, with `/`.
 * @param specifier The name, such as `./runtime_deno.ts`; one that ends in `.js` stands for the `.ts`.
 */
export function nodeModuleOf(from: string, specifier: string): string {
  const path = posix.join(posix.dirname(from), specifier).replace(/\.js$/, ".ts");
  return NODE_FORMS.get(path) ?? path;
}

/** Says whether a name stands for a file of the project. */
export function isRelative(specifier: string): boolean {
  return specifier.startsWith("./") || specifier.startsWith("../");
}

/**
 * Says which npm module a name stands for.
 *
 * @returns The module, or `null` for what Node has built in.
 * @throws {TypeError} If the import map does not have the name.
 */
export function npmModuleOf(project: Project, from: string, specifier: string): NpmModule | null {
  if (specifier.startsWith("node:")) return null;
  const found = project.imports.get(specifier);
  if (found !== undefined) return found;
  throw new TypeError(`${from} imports ${specifier}, which is not in the imports of deno.json`);
}

/**
 * Makes the name by which a built module calls another one.
 *
 * @param from Where the built module that holds the name is; any root, with `/`.
 * @param to Where the module that is named is, from the same root, ending in `.ts` or `.js`.
 */
export function relativeName(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to).replace(/\.ts$/, ".js");
  return path.startsWith(".") ? path : `./${path}`;
}

/** Says whether a reference to a file beside the module names a module, and not data. */
export function namesModule({ kind, specifier }: Reference): boolean {
  return isRelative(specifier) && (kind !== "url" || specifier.endsWith(".ts"));
}
