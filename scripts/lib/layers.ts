/**
 * The rules on who imports whom, and the check of a folder against them.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import type ts from "typescript";
import { listFiles } from "./files.ts";
import { linesNaming, listReferences, parseModule, type Reference } from "./modules.ts";

/** A place that breaks a rule. */
export interface Breach {
  /** Path from the project's root. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The rule, as a sentence without a full stop. */
  readonly rule: string;
  /** What was found there. */
  readonly found: string;
}

/** From the top to the ground. A folder imports from itself and from rows below its own. */
const ROWS: readonly (readonly string[])[] = [
  ["programs"],
  ["admin", "cli"],
  ["table", "calc", "http"],
  ["net", "cache", "observe"],
];

/** Programs that live in a folder of a lower row, for what they do is closer to it. */
const PROGRAMS_ELSEWHERE = ["cli/halfway.ts"];

/** Code that serves the project and is in no program: it may import all of it. */
const OUTSIDE = ["tests", "scripts", "types"];

const DENO_SOCKETS = "net/runtime_deno.ts";
const NODE_SOCKETS = "net/runtime_node.ts";

/** May import `node:fs` below the programs: what a system keeps on a disk is behind an interface of its own. */
const DISK_FILES = [
  "http/server/node_files.ts",
  "http/store/disk_folder.ts",
  "http/store/open_files.ts",
];

/** May name `Deno`: nothing else runs under two runtimes and needs to. */
const DENO_FILES = [DENO_SOCKETS, "tests/harness.ts"];

const MAX_LINES = 400;
const REASON = /\bLong,? because\b/;

/**
 * Checks a project against the rules.
 *
 * @param root The project's folder.
 * @returns What breaks a rule, by file and line.
 */
export async function checkLayers(root: string): Promise<Breach[]> {
  const breaches: Breach[] = [];
  for (const file of await listFiles(root)) {
    if (!file.endsWith(".ts")) continue;
    const text = await readFile(join(root, file), "utf8");
    const found: Omit<Breach, "file">[] = [
      ...checkLength(text),
      ...file.endsWith(".d.ts") ? [] : checkModule(file, parseModule(file, text)),
    ];
    breaches.push(
      ...found.sort((a, b) => a.line - b.line).map((breach) => ({ file, ...breach })),
    );
  }
  return [...breaches, ...await checkExports(root)];
}

/** Writes a breach as `file:line: rule: what was found`. */
export function breachText({ file, line, rule, found }: Breach): string {
  return `${file}:${line}: ${rule}: found ${found}`;
}

function checkModule(file: string, source: ts.SourceFile): Omit<Breach, "file">[] {
  const found: Omit<Breach, "file">[] = [];
  const folder = folderOf(file);
  const isOutside = OUTSIDE.includes(folder);
  for (const reference of listReferences(source)) {
    const rule = isOutside ? null : ruleBrokenBy(file, reference);
    if (rule !== null) found.push({ line: reference.line, rule, found: reference.specifier });
  }
  if (folder !== "scripts" && !DENO_FILES.includes(file)) {
    const rule = `Deno is named in ${DENO_FILES.join(" and ")} only`;
    for (const line of linesNaming(source, "Deno")) found.push({ line, rule, found: "Deno" });
  }
  if (posix.basename(file) === "mod.ts" && !isOutside) {
    const rule = "A mod.ts re-exports, and does nothing else";
    for (const statement of source.statements) {
      const { line } = source.getLineAndCharacterOfPosition(statement.getStart(source));
      const text = statement.getText(source);
      if (/^export\s[^;]*\sfrom\s/.test(text)) continue;
      found.push({ line: line + 1, rule, found: text.split("\n", 1)[0] });
    }
  }
  return found;
}

function ruleBrokenBy(file: string, { kind, specifier }: Reference): string | null {
  if (specifier === "node:net") {
    return file === NODE_SOCKETS ? null : `node:net is imported in ${NODE_SOCKETS} only`;
  }
  if (/^node:fs(\/|$)/.test(specifier) && rowOf(folderOf(file)) >= rowOf("http")) {
    return DISK_FILES.includes(file)
      ? null
      : `Below the programs node:fs is imported in ${DISK_FILES.join(", ")} only`;
  }
  if (!specifier.startsWith(".")) return null;
  const target = posix.join(posix.dirname(file), specifier);
  const from = folderOf(file);
  const to = folderOf(target);
  if (from === to) return null;
  if (target.startsWith("..")) return "Nothing outside the project is imported";
  if (to === "types") return null;
  if (OUTSIDE.includes(to)) return `What runs imports nothing of ${to}/`;
  const row = rowOf(to);
  if (row < 0) return "Every folder has its place in the rows of scripts/lib/layers.ts";
  if (row < rowOf(from)) return "An import goes downwards only";
  if (row === rowOf(from)) return `${listed(ROWS[row])} never import each other`;
  if (kind === "export" && posix.basename(file) !== "mod.ts") {
    return "What another folder exports is re-exported by a mod.ts only";
  }
  return null;
}

function checkLength(text: string): Omit<Breach, "file">[] {
  const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
  const top = /^(?:#!.*\n)?\s*(?:\/\*[\s\S]*?\*\/|(?:\/\/.*\n)+)/.exec(text)?.[0] ?? "";
  if (lines <= MAX_LINES || REASON.test(top)) return [];
  return [{
    line: MAX_LINES + 1,
    rule: `A file has at most ${MAX_LINES} lines, or its first comment says "Long, because …"`,
    found: `${lines} lines`,
  }];
}

async function checkExports(root: string): Promise<Breach[]> {
  const { exports } = JSON.parse(await readFile(join(root, "deno.json"), "utf8"));
  const found = JSON.stringify(exports);
  if (found === '"./mod.ts"' || found === '{".":"./mod.ts"}') return [];
  return [{ file: "deno.json", line: 1, rule: "All that is public goes through mod.ts", found }];
}

function folderOf(path: string): string {
  if (PROGRAMS_ELSEWHERE.includes(path) || !path.includes("/")) return "programs";
  return path.slice(0, path.indexOf("/"));
}

function rowOf(folder: string): number {
  return ROWS.findIndex((row) => row.includes(folder));
}

function listed(folders: readonly string[]): string {
  const names = folders.map((folder) => `${folder}/`);
  return `${names.slice(0, -1).join(", ")} and ${names[names.length - 1]}`;
}
