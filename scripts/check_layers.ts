/**
 * `deno task check:layers`: says which file breaks a rule on who imports whom.
 *
 * @module
 */

import process from "node:process";
import { fileURLToPath } from "node:url";
import { breachText, checkLayers } from "./lib/layers.ts";

const breaches = await checkLayers(fileURLToPath(new URL("..", import.meta.url)));
for (const breach of breaches) process.stderr.write(`${breachText(breach)}\n`);
process.stdout.write(
  `layers: ${breaches.length === 0 ? "every rule kept" : `${breaches.length} broken`}\n`,
);
process.exitCode = breaches.length === 0 ? 0 : 1;
