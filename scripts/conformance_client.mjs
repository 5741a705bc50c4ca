// deno-lint-ignore-file no-console -- the suite speaks by it
/**
 * Runs the tests of `http-cache-tests` against a cache, under Node, for which they are written. Prints one JSON object:
 * for each test `true`, or why it failed.
 *
 *     node scripts/conformance_client.mjs BASE_URL TESTS_AT_A_TIME [TEST_ID]
 */

import { createRequire } from "node:module";
import process from "node:process";
import { getResults, runTests } from "http-cache-tests/client/runner.mjs";
import suites from "http-cache-tests/tests/index.mjs";

// The suite's own client is the one that its expectations were checked with.
const fetch = createRequire(import.meta.resolve("http-cache-tests/package.json"))("node-fetch");
const [base, atATime, id] = process.argv.slice(2);

const chosen = suites.map((suite) => ({
  ...suite,
  tests: suite.tests.filter((test) => id === undefined || test.id === id),
}));
if (id !== undefined) chosen.forEach(({ tests }) => tests.forEach((test) => test.dump = true));

// What a test shows of itself is talk.
const { log } = console;
console.log = console.error;
await runTests(chosen, fetch, false, base, Number(atATime));
log(JSON.stringify(getResults()));
process.exit(0);
