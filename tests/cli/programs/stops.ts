// Waits for a signal. The drain ends by itself when the argument is "drains", else only when it is cut short.
import process from "node:process";
import { runProgram } from "../../../cli/run.ts";
import { watchStopSignals } from "../../../cli/signals.ts";

await runProgram(async () => {
  let cutShort = (): void => {};
  const closed = new Promise<void>((resolve) => cutShort = resolve);
  const keepAlive = setInterval(() => {}, 1000);
  const watch = watchStopSignals({
    drainTimeoutMs: 10_000,
    drain: () => process.argv[2] === "drains" ? Promise.resolve() : closed,
    close: () => cutShort(),
    talk: (text) => void process.stderr.write(`${text}\n`),
  });
  process.stderr.write("ready\n");
  const code = await watch.exitCode;
  clearInterval(keepAlive);
  return code;
});
