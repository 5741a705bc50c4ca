// Opens a program's command as the programs do.
import process from "node:process";
import { openCommand } from "../../../cli/command.ts";
import { runProgram } from "../../../cli/run.ts";

await runProgram(async () => {
  const opened = await openCommand("client", process.argv.slice(2));
  if (opened === null) return;
  opened.output.json({ ...opened.parsed.values, positionals: opened.parsed.positionals });
});
