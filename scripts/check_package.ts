/**
 * `deno task check:package`: packs the npm package, installs it in an empty folder as anybody would, and uses it there:
 * as a library from strict TypeScript, and as a command.
 *
 * @module
 */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { NPM_FOLDER, writePackage } from "./build_npm.ts";
import { mustRun } from "./lib/command.ts";
import { readProject } from "./lib/project.ts";

/** Uses the library from outside: prints nothing but what the last line says. */
const CONSUMER = `import * as halfway from "@halfway/proxy";
import { formatAddress } from "@halfway/proxy";

const text: string = formatAddress({ hostname: "::1", port: 80 });
// @ts-expect-error: an address has a port, so the types are there and are not any.
const wrong: number = formatAddress({ hostname: "::1" });
console.log(text, typeof wrong, Object.keys(halfway).length > 0);
`;

const PRINTED = "[::1]:80 string true\n";

const TSCONFIG = {
  compilerOptions: {
    strict: true,
    noEmit: false,
    // The declarations of the package are checked with it.
    skipLibCheck: false,
    target: "es2022",
    lib: ["es2022", "esnext.disposable"],
    module: "nodenext",
    moduleResolution: "nodenext",
    types: ["node"],
  },
  files: ["consumer.ts"],
};

/** What must be in the package besides the code. */
const EXPECTED_FILES = ["README.md", "LICENSE", "package.json", "esm/mod.d.ts"];

async function checkPackage(folder: string): Promise<void> {
  const { imports, version } = await readProject();
  const packed = await mustRun(npm(), ["pack", "--json", `--pack-destination=${folder}`], {
    cwd: NPM_FOLDER,
  });
  const [{ filename, files, size }] = JSON.parse(packed) as [PackedPackage];
  const paths = files.map(({ path }) => path);
  const missing = EXPECTED_FILES.filter((path) => !paths.includes(path));
  if (missing.length > 0) throw new Error(`The package lacks ${missing.join(", ")}`);
  say(`${filename}: ${files.length} files, ${Math.ceil(size / 1024)} KiB`);

  const work = join(folder, "work");
  await mkdir(work);
  await writeFile(join(work, "package.json"), '{ "private": true, "type": "module" }\n');
  const tools = ["typescript", "@types/node"].map((name) =>
    `${name}@${imports.get(name)!.version}`
  );
  await mustRun(npm(), [
    "install",
    "--no-audit",
    "--no-fund",
    join(folder, filename),
    ...tools,
  ], { cwd: work });
  say("installed");

  await writeFile(join(work, "consumer.ts"), CONSUMER);
  await writeFile(join(work, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await mustRun(npx(), ["tsc"], { cwd: work });
  expect("the consumer", await mustRun("node", ["consumer.js"], { cwd: work }), PRINTED);
  say("a strict TypeScript consumer compiles and runs");

  const command = (...words: string[]): Promise<string> =>
    mustRun(npx(), ["--no-install", "halfway", ...words], { cwd: work });
  expect("halfway --version", await command("--version"), `halfway ${version}\n`);
  expect("halfway server --help", await command("server", "--help"), "Usage: halfway server");
  await command("demo");
  say("halfway --version, server --help and demo run");
}

/** What `npm pack --json` tells of a package. */
interface PackedPackage {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
  readonly size: number;
}

function expect(what: string, printed: string, part: string): void {
  if (printed.includes(part)) return;
  throw new Error(
    `Expected ${what} to print ${JSON.stringify(part)}, found ${JSON.stringify(printed)}`,
  );
}

function say(text: string): void {
  process.stdout.write(`package: ${text}\n`);
}

function npm(): string {
  return process.platform === "win32" ? "npm.cmd" : "npm";
}

function npx(): string {
  return process.platform === "win32" ? "npx.cmd" : "npx";
}

const folder = await mkdtemp(join(tmpdir(), "halfway-package-"));
try {
  await writePackage();
  await checkPackage(folder);
} catch (error) {
  process.stderr.write(`package: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true });
}
