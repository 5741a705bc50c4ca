/**
 * Reads what a module imports, and puts other names in the place of those that it imports by.
 *
 * @module
 */

import ts from "typescript";

/** A place in a module that names another one. */
export interface Reference {
  /** `import`, `export … from`, `import()` and `import("…")` in types, or a URL beside the module. */
  readonly kind: "import" | "export" | "dynamic" | "url";
  /** What is named, as it is written. */
  readonly specifier: string;
  /** Line of the name, from 1. */
  readonly line: number;
  /** Where the name starts, without its quotation mark. */
  readonly start: number;
  /** Where the name ends, without its quotation mark. */
  readonly end: number;
  /** The declaration file that a `@ts-types` comment gives; absent where there is none. */
  readonly types?: string;
}

/** Takes a module apart. */
export function parseModule(path: string, text: string): ts.SourceFile {
  const kind = path.endsWith(".js") ? ts.ScriptKind.JS : ts.ScriptKind.TS;
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true, kind);
}

/**
 * Lists what a module names: imports of every kind, and files by `new URL("…", import.meta.url)` or
 * `import.meta.resolve("…")`.
 *
 * @param source The module, taken apart.
 * @returns The references, in their order.
 */
export function listReferences(source: ts.SourceFile): Reference[] {
  const found: Reference[] = [];
  const add = (kind: Reference["kind"], name: ts.Node, statement?: ts.Node): void => {
    if (!ts.isStringLiteralLike(name)) return;
    found.push({
      kind,
      specifier: name.text,
      line: source.getLineAndCharacterOfPosition(name.getStart(source)).line + 1,
      start: name.getStart(source) + 1,
      end: name.end - 1,
      types: statement === undefined ? undefined : typesComment(source, statement),
    });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add("import", node.moduleSpecifier, node);
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
      add("export", node.moduleSpecifier, node);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      add("dynamic", node.argument.literal);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      if (node.arguments.length > 0) add("dynamic", node.arguments[0]);
    } else if (ts.isCallExpression(node) && isMetaProperty(node.expression, "resolve")) {
      if (node.arguments.length > 0) add("url", node.arguments[0]);
    } else if (
      ts.isNewExpression(node) && ts.isIdentifier(node.expression) &&
      node.expression.text === "URL" && node.arguments?.length === 2 &&
      isMetaProperty(node.arguments[1], "url")
    ) {
      add("url", node.arguments[0]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/**
 * Puts other names in the place of those that a module names others by.
 *
 * @param path The module's path, which tells TypeScript from JavaScript.
 * @param text The module.
 * @param rename Gives the new name, or `null` to leave it.
 * @returns The module with the new names.
 */
export function renameReferences(
  path: string,
  text: string,
  rename: (reference: Reference) => string | null,
): string {
  let renamed = "";
  let at = 0;
  for (const reference of listReferences(parseModule(path, text))) {
    const name = rename(reference);
    if (name === null) continue;
    renamed += text.slice(at, reference.start) + name;
    at = reference.end;
  }
  return renamed + text.slice(at);
}

/**
 * Says where a module uses a name that it does not declare as a member: `Deno` in `Deno.listen`, but not in `{ Deno: 1 }`.
 *
 * @returns Lines, from 1.
 */
export function linesNaming(source: ts.SourceFile, name: string): number[] {
  const lines: number[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && node.text === name && !isMemberName(node)) {
      lines.push(source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return lines;
}

function isMemberName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (ts.isPropertyAccessExpression(parent) && parent.name === node &&
    !(ts.isIdentifier(parent.expression) && parent.expression.text === "globalThis")) ||
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node);
}

function isMetaProperty(node: ts.Node, name: string): boolean {
  return ts.isPropertyAccessExpression(node) && node.name.text === name &&
    ts.isMetaProperty(node.expression);
}

function typesComment(source: ts.SourceFile, statement: ts.Node): string | undefined {
  const comments = ts.getLeadingCommentRanges(source.text, statement.pos) ?? [];
  for (const { pos, end } of comments) {
    const types = /^\/\/ @ts-types="([^"]+)"/.exec(source.text.slice(pos, end));
    if (types !== null) return types[1];
  }
  return undefined;
}
