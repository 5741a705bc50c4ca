// Prints a great many lines: what a reader that leaves early, or an end right after, makes of them is the test.
import process from "node:process";
import { createOutput } from "../../../cli/output.ts";
import { runProgram } from "../../../cli/run.ts";

await runProgram(async () => {
  const output = createOutput();
  const count = Number(process.argv[2]);
  for (let i = 0; i < count; i++) {
    output.data(`line ${i}`);
    // A program that never waits can't learn that its reader has left.
    if (i % 1000 === 0) await new Promise((resolve) => setTimeout(resolve, 0));
  }
});
