/**
 * Compiles the project for Node: JavaScript modules and their declarations, checked against Node's own types, so that
 * what Node 20 lacks is a type error here.
 *
 * @module
 */

import { join, posix } from "node:path";
import ts from "typescript";
import { linesNaming, listReferences, parseModule, renameReferences } from "./modules.ts";
import { isRelative, nodeModuleOf, npmModuleOf, relativeName } from "./node_names.ts";
import { type NpmModule, type Project, ROOT } from "./project.ts";

/** A project compiled for Node. */
export interface NodeBuild {
  /** What was made, by its path within `esm/`. */
  readonly files: ReadonlyMap<string, string>;
  /** The modules of the project that went in, from its root. */
  readonly sources: ReadonlySet<string>;
  /** The npm packages that the files import, by name. */
  readonly packages: ReadonlyMap<string, NpmModule>;
}

/** Read by the compiler besides the modules themselves. */
const AMBIENT = "types/import_meta.d.ts";

/**
 * Compiles modules and all that they import.
 *
 * @param project What `deno.json` says.
 * @param roots The modules, from the project's root.
 * @throws {TypeError} If there are type errors, or something would not run under Node; the message lists them.
 */
export function buildForNode(project: Project, roots: readonly string[]): NodeBuild {
  const options = compilerOptions(project);
  const host = ts.createCompilerHost(options);
  const untyped = new Set<string>();
  host.resolveModuleNameLiterals = (names, containing, _redirect, _options, file) =>
    names.map((name) =>
      resolveModule(project, containing, name.text, file, options, host, untyped)
    );
  const program = ts.createProgram(
    [...roots, AMBIENT].map((path) => join(ROOT, path)),
    options,
    host,
  );

  const files = new Map<string, string>();
  const sources = new Set<string>();
  const packages = new Map<string, NpmModule>();
  const emitted = program.emit(undefined, (name, text, _mark, _onError, from) => {
    const source = posix.relative(ROOT, from?.[0].fileName ?? "");
    const path = posix.relative(join(ROOT, "npm/esm"), name);
    sources.add(source);
    files.set(path, renameForNode(path, source, text));
  });
  const diagnostics = [...ts.getPreEmitDiagnostics(program), ...emitted.diagnostics];
  if (diagnostics.length > 0) throw new TypeError(formatDiagnostics(diagnostics));
  return { files, sources, packages };

  function renameForNode(path: string, source: string, text: string): string {
    const plain = text.replace(/^\/\/ @ts-types=.*\n/gm, "");
    const named = linesNaming(parseModule(path, plain), "Deno");
    if (named.length > 0) throw new TypeError(`${source} names Deno, which Node does not have`);
    return renameReferences(path, plain, ({ specifier }) => {
      if (isRelative(specifier)) {
        return relativeName(source, nodeModuleOf(source, specifier));
      }
      const found = npmModuleOf(project, source, specifier);
      if (found === null) return null;
      if (path.endsWith(".d.ts") && untyped.has(specifier)) {
        throw new TypeError(`${source} shows a type of ${specifier}, which has none under Node`);
      }
      packages.set(found.name, found);
      return found.specifier;
    });
  }
}

/**
 * Turns a module into JavaScript without checking its types.
 *
 * @param path The module's path, for error messages.
 * @param text The module.
 */
export function transpile(path: string, text: string): string {
  const { outputText } = ts.transpileModule(text, {
    fileName: path,
    compilerOptions: {
      target: ts.ScriptTarget.ES2023,
      module: ts.ModuleKind.ESNext,
      verbatimModuleSyntax: true,
      newLine: ts.NewLineKind.LineFeed,
    },
  });
  return outputText;
}

function compilerOptions(project: Project): ts.CompilerOptions {
  const { options, errors } = ts.convertCompilerOptionsFromJson(
    {
      strict: true,
      // Not in deno.json, since the examples in comments come with imports that not all of them use.
      noUnusedLocals: true,
      noUnusedParameters: true,
      ...project.compilerOptions,
      target: "ES2023",
      // No DOM: what Node shares with browsers is in Node's own types.
      lib: ["ES2023", "ESNext.Disposable"],
      types: ["node"],
      typeRoots: [join(ROOT, "node_modules/@types")],
      module: "ESNext",
      moduleResolution: "Bundler",
      verbatimModuleSyntax: true,
      rewriteRelativeImportExtensions: true,
      declaration: true,
      newLine: "lf",
      rootDir: ROOT,
      outDir: join(ROOT, "npm/esm"),
    },
    ROOT,
  );
  if (errors.length > 0) throw new TypeError(formatDiagnostics(errors));
  return options;
}

function resolveModule(
  project: Project,
  containing: string,
  specifier: string,
  file: ts.SourceFile,
  options: ts.CompilerOptions,
  host: ts.CompilerHost,
  untyped: Set<string>,
): ts.ResolvedModuleWithFailedLookupLocations {
  const from = posix.relative(ROOT, containing);
  if (from.startsWith("..") || from.startsWith("node_modules/") || specifier.startsWith("node:")) {
    return ts.resolveModuleName(specifier, containing, options, host);
  }
  if (isRelative(specifier)) return found(nodeModuleOf(from, specifier), ts.Extension.Ts);
  const reference = listReferences(parseModule(from, file.text))
    .find((reference) => reference.specifier === specifier);
  if (reference?.types !== undefined) {
    untyped.add(specifier);
    return found(posix.join(posix.dirname(from), reference.types), ts.Extension.Dts);
  }
  const npm = npmModuleOf(project, from, specifier);
  return ts.resolveModuleName(npm?.specifier ?? specifier, containing, options, host);
}

function found(path: string, extension: string): ts.ResolvedModuleWithFailedLookupLocations {
  const resolvedUsingTsExtension = extension === ts.Extension.Ts;
  return {
    resolvedModule: { resolvedFileName: join(ROOT, path), extension, resolvedUsingTsExtension },
  };
}

function formatDiagnostics(diagnostics: readonly ts.Diagnostic[]): string {
  return ts.formatDiagnostics(ts.sortAndDeduplicateDiagnostics([...diagnostics]), {
    getCanonicalFileName: (path) => path,
    getCurrentDirectory: () => ROOT,
    getNewLine: () => "\n",
  });
}
