/**
 * What `deno.json` says of the project: the one place for name, version and dependencies, which all else is made from.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The project's folder, with its slash. */
export const ROOT: string = fileURLToPath(new URL("../..", import.meta.url));

/** A module of an npm package. */
export interface NpmModule {
  /** The package's name. */
  readonly name: string;
  /** Its exact version. */
  readonly version: string;
  /** What Node imports it by: the name, and the path within the package where there is one. */
  readonly specifier: string;
}

/** The parts of `deno.json` that the scripts read. */
export interface Project {
  /** The package's name. */
  readonly name: string;
  /** The package's version. */
  readonly version: string;
  /** The licence's short name. */
  readonly license: string;
  /** How the code is type-checked. */
  readonly compilerOptions: Readonly<Record<string, unknown>>;
  /** What the code imports by, and the npm module that it stands for. */
  readonly imports: ReadonlyMap<string, NpmModule>;
}

/** Reads `deno.json`. */
export async function readProject(): Promise<Project> {
  const config = JSON.parse(await readFile(join(ROOT, "deno.json"), "utf8"));
  const imports = Object.entries(config.imports as Record<string, string>);
  return {
    name: config.name,
    version: config.version,
    license: config.license,
    compilerOptions: config.compilerOptions,
    imports: new Map(imports.map(([alias, target]) => [alias, parseNpmSpecifier(target)])),
  };
}

/**
 * Reads a specifier such as `npm:deno-std@1.4.0/assert/mod.js`.
 *
 * @throws {TypeError} If it is of another kind, or its version is not exact.
 */
export function parseNpmSpecifier(text: string): NpmModule {
  const parts = /^npm:((?:@[^/@]+\/)?[^/@]+)@(\d+\.\d+\.\d+[^/]*)(\/.*)?$/.exec(text);
  if (parts === null) {
    throw new TypeError(`Expected npm:NAME@EXACT.VERSION in the import map, found ${text}`);
  }
  const [, name, version, path = ""] = parts;
  return { name, version, specifier: name + path };
}
