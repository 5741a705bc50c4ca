/**
 * Turns the tests into JavaScript that runs against the built package.
 *
 * @module
 */

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { listFiles } from "./files.ts";
import { renameReferences } from "./modules.ts";
import { namesModule, nodeModuleOf, npmModuleOf, relativeName } from "./node_names.ts";
import { type NodeBuild, transpile } from "./node_build.ts";
import { type Project, ROOT } from "./project.ts";

/** Where the tests go, from the project's root; packages are found from there, as from `npm/`. */
export const TESTS_FOLDER = ".cache/node";

/** Tests with programs of others, which take their time and say nothing new of Node: they run under Deno alone. */
const DENO_ONLY = "tests/clients/";

/**
 * Writes all tests, what they import that is not in the package, and every data file of the project at its place.
 *
 * @param project What `deno.json` says.
 * @param build The package that is tested.
 * @returns The test modules, from the project's root.
 */
export async function writeNodeTests(project: Project, build: NodeBuild): Promise<string[]> {
  const all = (await listFiles(ROOT)).filter((path) => !path.startsWith(DENO_ONLY));
  await rm(join(ROOT, TESTS_FOLDER), { recursive: true, force: true });
  for (const path of all.filter((path) => !path.endsWith(".ts"))) {
    await copyFile(join(ROOT, path), await placeFor(path));
  }
  const wanted = all.filter((path) => path.startsWith("tests/") && /(?<!\.d)\.ts$/.test(path));
  const written = new Set<string>();
  for (let path = wanted.pop(); path !== undefined; path = wanted.pop()) {
    if (written.has(path)) continue;
    written.add(path);
    const script = transpile(path, await readFile(join(ROOT, path), "utf8"));
    const from = path;
    const renamed = renameReferences(from.replace(/\.ts$/, ".js"), script, (reference) => {
      const { kind, specifier } = reference;
      if (namesModule(reference)) {
        const target = nodeModuleOf(from, specifier);
        if (build.sources.has(target)) {
          return relativeName(`${TESTS_FOLDER}/${from}`, `npm/esm/${target}`);
        }
        wanted.push(target);
        return relativeName(from, target);
      }
      return kind === "url" ? null : npmModuleOf(project, from, specifier)?.specifier ?? null;
    });
    await writeFile(await placeFor(path.replace(/\.ts$/, ".js")), renamed);
  }
  return [...written].filter((path) => path.endsWith("_test.ts")).sort()
    .map((path) => `${TESTS_FOLDER}/${path.replace(/\.ts$/, ".js")}`);
}

async function placeFor(path: string): Promise<string> {
  const place = join(ROOT, TESTS_FOLDER, path);
  await mkdir(dirname(place), { recursive: true });
  return place;
}
