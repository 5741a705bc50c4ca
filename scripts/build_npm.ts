/**
 * `deno task build:npm`: writes the npm package to `npm/`. With `--check` it writes nothing, and besides type errors it
 * tells of dependencies that nothing imports.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import process from "node:process";
import { mustRun } from "./lib/command.ts";
import { listFiles } from "./lib/files.ts";
import { listReferences, parseModule } from "./lib/modules.ts";
import { buildForNode, type NodeBuild } from "./lib/node_build.ts";
import { LAUNCHER, LIBRARY, packageJson } from "./lib/package_json.ts";
import { type Project, readProject, ROOT } from "./lib/project.ts";

/** What the package holds besides the code, where the project has it. */
const DOCUMENTS = ["README.md", "LICENSE", "CHANGELOG.md"];

/** The package's folder. */
export const NPM_FOLDER: string = join(ROOT, "npm");

/**
 * Builds the package and writes it.
 *
 * @returns What was built.
 * @throws {TypeError} If there are type errors.
 */
export async function writePackage(): Promise<NodeBuild> {
  const project = await readProject();
  const build = await compile(project);
  const documents = DOCUMENTS.filter((name) => existsSync(join(ROOT, name)));
  await rm(NPM_FOLDER, { recursive: true, force: true });
  await mkdir(NPM_FOLDER);
  for (const [path, text] of build.files) {
    const isLauncher = path === `${LAUNCHER}.js`;
    const target = join(NPM_FOLDER, "esm", path);
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, isLauncher ? `#!/usr/bin/env node\n${text}` : text);
    if (isLauncher) await chmod(target, 0o755);
  }
  for (const name of documents) await copyFile(join(ROOT, name), join(NPM_FOLDER, name));
  await writeFile(
    join(NPM_FOLDER, "package.json"),
    packageJson(project, build.packages, documents),
  );
  return build;
}

async function compile(project: Project): Promise<NodeBuild> {
  // The compiler and Node look for packages in a folder, where Deno alone would not put them.
  await mustRun(process.execPath, ["install", "--quiet", "--node-modules-dir=auto"], { cwd: ROOT });
  return buildForNode(project, [`${LIBRARY}.ts`, `${LAUNCHER}.ts`]);
}

/** Lists the names of the import map that no file of the project imports. Types alone are named by no import. */
async function listUnused(project: Project): Promise<string[]> {
  const used = new Set<string>();
  for (const path of await listFiles(ROOT)) {
    if (!path.endsWith(".ts")) continue;
    const source = parseModule(path, await readFile(join(ROOT, path), "utf8"));
    for (const { specifier } of listReferences(source)) used.add(specifier);
  }
  return [...project.imports.keys()].filter((name) =>
    !used.has(name) && !name.startsWith("@types/")
  );
}

async function main(args: readonly string[]): Promise<number> {
  try {
    if (!args.includes("--check")) {
      const { files, packages } = await writePackage();
      process.stdout.write(
        `npm: ${files.size} files, dependencies ${[...packages.keys()].sort().join(", ")}\n`,
      );
      return 0;
    }
    const project = await readProject();
    await compile(project);
    const unused = await listUnused(project);
    for (const name of unused) process.stderr.write(`deno.json: nothing imports ${name}\n`);
    if (unused.length === 0) process.stdout.write("npm: no type errors, no dependency unused\n");
    return unused.length === 0 ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
