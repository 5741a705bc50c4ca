// Shows each line that it reads.
import { createOutput } from "../../../cli/output.ts";
import { promptLines } from "../../../cli/prompt.ts";
import { runProgram } from "../../../cli/run.ts";

await runProgram(async () => {
  const output = createOutput();
  for await (const line of promptLines({ prompt: "> ", historyFile: null })) output.json({ line });
});
