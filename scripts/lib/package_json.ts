/**
 * Makes the `package.json` of the npm package.
 *
 * @module
 */

import type { NpmModule, Project } from "./project.ts";

/** Where the package's parts are, from its root. */
export const LIBRARY = "mod";
/** The program behind the command `halfway`, from the package's root, without its extension. */
export const LAUNCHER = "cli/halfway";

/**
 * Writes the `package.json`.
 *
 * @param project What `deno.json` says.
 * @param packages What the built code imports.
 * @param files What else the package holds besides the code.
 */
export function packageJson(
  project: Project,
  packages: ReadonlyMap<string, NpmModule>,
  files: readonly string[],
): string {
  const names = [...packages.keys()].sort();
  const contents = {
    name: project.name,
    version: project.version,
    description: "A client, a caching proxy halfway, and a server, for several protocols over TCP",
    license: project.license,
    type: "module",
    exports: {
      ".": { types: `./esm/${LIBRARY}.d.ts`, default: `./esm/${LIBRARY}.js` },
      "./package.json": "./package.json",
    },
    types: `./esm/${LIBRARY}.d.ts`,
    bin: { halfway: `esm/${LAUNCHER}.js` },
    files: ["esm", ...files],
    engines: { node: ">=20" },
    dependencies: Object.fromEntries(names.map((name) => [name, packages.get(name)!.version])),
  };
  return `${JSON.stringify(contents, null, 2)}\n`;
}
