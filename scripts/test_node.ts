/**
 * `deno task test:node`: builds the npm package, and runs the whole suite against it under Node.
 *
 * @module
 */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { writePackage } from "./build_npm.ts";
import { runCommand } from "./lib/command.ts";
import { TESTS_FOLDER, writeNodeTests } from "./lib/node_tests.ts";
import { readProject, ROOT } from "./lib/project.ts";

/** A test that hangs must not hold up all that follows. */
const TEST_TIMEOUT_MS = 120_000;

const tests = await writeNodeTests(await readProject(), await writePackage());
// What the nearest package.json says decides whether Node takes a file for a module.
await writeFile(join(ROOT, TESTS_FOLDER, "package.json"), '{ "type": "module" }\n');
const { code } = await runCommand("node", [
  "--test",
  `--test-timeout=${TEST_TIMEOUT_MS}`,
  "--test-reporter=spec",
  ...process.argv.slice(2),
  ...tests,
], { cwd: ROOT });
process.exitCode = code;
